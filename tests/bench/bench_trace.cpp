// The floor that `mambasic run` is measured against: the same arithmetic over the same trace as a
// bare loop. Whole sequences, no tiles, no SystemC, no schedule, no counts kept. Prefill only.
//
//   bench_trace TRACE
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <vector>

#include "models/conv/conv_function.h"
#include "models/embedding/embedding_function.h"
#include "models/gemm/gemm_function.h"
#include "models/hadamard/hadamard_function.h"
#include "models/norm/norm_function.h"
#include "models/ssm/ssm_function.h"
#include "traces/trace.h"

namespace {

using namespace mambasic;
using models::Epilogue;

class BareModel {
public:
    explicit BareModel(const traces::Trace& trace)
        : trace_(trace), dims_(trace.info().dims), rows_(trace.info().tokens) {
        norm_config_.sum.tree_width = 8;
        hidden_.resize(rows_ * d());
        residual_.resize(rows_ * d());
        normed_.resize(rows_ * d());
        xz_.resize(rows_ * 2 * e());
        u_.resize(rows_ * e());
        proj_.resize(rows_ * dims_.x_proj_width());
        dt_.resize(rows_ * e());
        y_.resize(rows_ * e());
        rotated_.resize(rows_ * e());
        logits_.resize(dims_.vocab);
    }

    void run() {
        const traces::Head head = trace_.head();
        models::embedding_compute({{rows_, d()},
                                   trace_.tokens(),
                                   head.embedding_weight,
                                   head.embedding_scales,
                                   hidden_.data()});
        for (std::uint32_t i = 0; i < trace_.info().layers; ++i)
            layer(trace_.mamba1_layer(i), i == 0);
        const std::size_t last = (rows_ - 1) * d();
        norm(1, last, head.norm_f_weight, head.norm_f_output_scale, false);
        linear(head.lm_head, {&normed_[last], d(), 1}, Epilogue::HalfAlpha, nullptr,
               logits_.data());
    }

private:
    std::size_t d() const { return dims_.d_model; }
    std::size_t e() const { return dims_.d_inner; }

    void norm(std::uint64_t rows, std::size_t at, const arith::Half* weight, float scale,
              bool first) {
        models::norm_compute(norm_config_, {{rows, d()},
                                            &hidden_[at],
                                            first ? nullptr : &residual_[at],
                                            &residual_[at],
                                            weight,
                                            trace_.info().epsilon,
                                            scale,
                                            &normed_[at]});
    }

    struct Rows {
        const std::int8_t* codes;
        std::size_t stride;
        std::size_t count;
    };

    static void linear(const traces::Linear& w, Rows x, Epilogue epilogue, std::int8_t* codes,
                       arith::Half* halves) {
        models::gemm_compute({}, {{x.count, w.n, w.k},
                                  x.codes,
                                  x.stride,
                                  w.weight,
                                  epilogue,
                                  w.a,
                                  w.b,
                                  w.alpha,
                                  false,
                                  codes,
                                  halves,
                                  w.n});
    }

    void layer(const traces::Mamba1Layer& w, bool first) {
        norm(rows_, 0, w.norm_weight, w.norm_output_scale, first);
        linear(w.in_proj, {normed_.data(), d(), rows_}, Epilogue::Int8InputFirst, xz_.data(),
               nullptr);
        conv(w);
        linear(w.x_proj, {u_.data(), e(), rows_}, Epilogue::Int8WeightFirst, proj_.data(), nullptr);
        linear(w.dt_proj, {proj_.data(), dims_.x_proj_width(), rows_}, Epilogue::Int8InputFirst,
               dt_.data(), nullptr);
        scan(w);
        const auto scale =
            static_cast<float>((1.0 / std::sqrt(static_cast<double>(e()))) / w.had_scale);
        models::hadamard_compute({}, {{rows_, e()}, y_.data(), scale, false, rotated_.data()});
        linear(w.out_proj, {rotated_.data(), e(), rows_}, Epilogue::HalfWeightFirst, nullptr,
               hidden_.data());
    }

    void conv(const traces::Mamba1Layer& w) {
        history_.assign(e() * dims_.d_conv, 0);
        models::ConvTile tile;
        tile.shape = {1, rows_, e()};
        tile.x = xz_.data();
        tile.x_stride = 2 * e();
        tile.history = history_.data();
        tile.weight = w.conv_weight;
        tile.bias = w.conv_bias;
        tile.input_scale = w.conv_input_scale;
        tile.weight_scale = w.conv_weight_scale;
        tile.bias_scale = w.conv_bias_scale;
        tile.output_scale = w.conv_output_scale;
        tile.output = u_.data();
        tile.output_stride = e();
        models::conv_compute({}, {}, tile);
    }

    void scan(const traces::Mamba1Layer& w) {
        const std::size_t narrow = dims_.x_proj_width();
        carry_.assign(e() * dims_.d_state, 0.0F);
        state_.resize(e() * dims_.d_state);
        models::SsmTile tile;
        tile.shape = {1, rows_, e(), dims_.d_state};
        tile.last_tile = true;
        tile.u = {u_.data(), e(), 0, w.u_scale};
        tile.dt = {dt_.data(), e(), 0, w.dt_scale};
        tile.b = {&proj_[dims_.dt_rank], narrow, 0, w.b_scale};
        tile.c = {&proj_[dims_.dt_rank + dims_.d_state], narrow, 0, w.c_scale};
        tile.z = {&xz_[e()], 2 * e(), 0, w.z_scale};
        tile.weights = {w.a_log,          w.d, w.dt_bias, w.a_scale, w.d_scale, w.dt_bias_scale,
                        w.ssm_state_scale};
        tile.carry = carry_.data();
        tile.state = state_.data();
        tile.y = y_.data();
        tile.y_stride = e();
        models::ssm_compute({}, {}, tile);
    }

    const traces::Trace& trace_;
    const traces::Dims dims_;
    const std::size_t rows_;
    models::NormConfig norm_config_;
    std::vector<arith::Half> hidden_, y_, logits_;
    std::vector<float> residual_, carry_;
    std::vector<std::int8_t> normed_, xz_, u_, proj_, dt_, rotated_, history_, state_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "bench_trace TRACE\n");
        return 2;
    }
    try {
        const traces::Trace trace = traces::Trace::open(argv[1]);
        if (trace.info().phase != traces::Phase::Prefill || trace.info().batch != 1) {
            std::fprintf(stderr, "bench_trace takes a prefill of one sequence\n");
            return 2;
        }
        BareModel(trace).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
    return 0;
}
