// What the bare loops over a trace share: embedding, norms, products, Hadamard, head.
#pragma once

#include <cmath>
#include <vector>

#include "models/embedding/embedding_function.h"
#include "models/gemm/gemm_function.h"
#include "models/hadamard/hadamard_function.h"
#include "models/norm/norm_function.h"
#include "traces/trace.h"

namespace mambasic::bench {

class BareModel {
public:
    explicit BareModel(const traces::Trace& trace)
        : trace_(trace), dims_(trace.info().dims), rows_(trace.info().tokens) {
        norm_config_.sum.tree_width = 8;
        hidden_.resize(rows_ * d());
        residual_.resize(rows_ * d());
        normed_.resize(rows_ * d());
        in_proj_.resize(rows_ * dims_.in_proj_width());
        conv_.resize(rows_ * dims_.conv_channels());
        history_.resize(std::size_t{dims_.conv_channels()} * dims_.d_conv);
        carry_.resize(e() * dims_.d_state);
        state_.resize(e() * dims_.d_state);
        y_.resize(rows_ * e());
        rotated_.resize(rows_ * e());
        logits_.resize(dims_.vocab);
    }
    virtual ~BareModel() = default;

    void run() {
        const traces::Head head = trace_.head();
        models::embedding_compute({{rows_, d()},
                                   trace_.tokens(),
                                   head.embedding_weight,
                                   head.embedding_scales,
                                   hidden_.data()});
        for (std::uint32_t i = 0; i < trace_.info().layers; ++i) {
            history_.assign(history_.size(), 0);
            carry_.assign(carry_.size(), 0.0F);
            layer(i);
        }
        const std::size_t last = (rows_ - 1) * d();
        norm(1, last, head.norm_f_weight, head.norm_f_output_scale, false);
        linear(head.lm_head, {&normed_[last], d(), 1}, one_row_half(head.lm_head), nullptr,
               logits_.data());
    }

protected:
    struct Rows {
        const std::int8_t* codes;
        std::size_t stride;
        std::size_t count;
    };

    virtual void layer(std::uint32_t index) = 0;

    std::size_t d() const { return dims_.d_model; }
    std::size_t e() const { return dims_.d_inner; }
    static bool is_w4(const traces::Linear& w) { return w.kind == traces::LinearKind::W4; }

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

    static void linear(const traces::Linear& w, Rows x, models::Epilogue epilogue,
                       std::int8_t* codes, arith::Half* halves) {
        models::GemmTile tile;
        tile.shape = {x.count, w.n, w.k};
        tile.x = x.codes;
        tile.x_stride = x.stride;
        tile.weight = w.weight;
        tile.epilogue = epilogue;
        tile.a = w.a;
        tile.b = w.b;
        tile.alpha = w.alpha;
        tile.column = w.column;
        tile.mode = is_w4(w) ? models::MacMode::Int4 : models::MacMode::Int8;
        tile.out_int8 = codes;
        tile.out_half = halves;
        tile.out_stride = w.n;
        models::gemm_compute({}, tile);
    }

    /// Hadamard and out_proj: what both families end a layer with.
    void finish(const std::vector<arith::Half>& y, double had_scale, const traces::Linear& w) {
        const auto scale =
            static_cast<float>((1.0 / std::sqrt(static_cast<double>(e()))) / had_scale);
        models::hadamard_compute({}, {{rows_, e()}, y.data(), scale, false, rotated_.data()});
        const models::Epilogue epilogue =
            is_w4(w) ? models::Epilogue::HalfColumns : models::Epilogue::HalfWeightFirst;
        linear(w, {rotated_.data(), e(), rows_}, epilogue, nullptr, hidden_.data());
    }

    const traces::Trace& trace_;
    const traces::Dims dims_;
    const std::size_t rows_;
    std::vector<arith::Half> hidden_, y_, logits_;
    std::vector<float> residual_, carry_;
    std::vector<std::int8_t> normed_, in_proj_, conv_, rotated_, history_, state_;

private:
    static models::Epilogue one_row_half(const traces::Linear& w) {
        return is_w4(w) ? models::Epilogue::HalfColumns : models::Epilogue::HalfAlpha;
    }

    models::NormConfig norm_config_;
};

}  // namespace mambasic::bench
