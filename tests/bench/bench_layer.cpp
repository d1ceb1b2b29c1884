// A bare loop of one Mamba1 layer's arithmetic on random data: no SystemC, no trace, no
// bookkeeping. The floor that `mambasic run` is compared with. Prints the best of several
// repetitions.
//
//   bench_layer [tokens] [d_model] [tile]      default 512 768 512 (mamba-130m)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

#include "models/common/isa.h"
#include "models/conv/conv_function.h"
#include "models/gemm/gemm_function.h"
#include "models/hadamard/hadamard_function.h"
#include "models/norm/norm_function.h"
#include "models/ssm/ssm_function.h"

namespace {

using namespace mambasic;

std::vector<std::int8_t> codes(std::size_t count, std::uint32_t seed) {
    std::mt19937 engine(seed);
    std::vector<std::int8_t> values(count);
    for (auto& v : values) v = static_cast<std::int8_t>(engine() & 0xFFU);
    return values;
}

std::vector<arith::Half> halves(std::size_t count, std::uint32_t seed) {
    std::vector<arith::Half> values;
    for (const std::int8_t code : codes(count, seed)) {
        values.push_back(arith::to_half(static_cast<float>(code) * 0.02F));
    }
    return values;
}

struct Layer {
    std::uint64_t tokens, d, e, states = 16, rank, narrow;
    std::vector<arith::Half> hidden, norm_weight, y, out;
    std::vector<float> residual, carry, conv_scales;
    std::vector<std::int8_t> u, xz, w_in, w_x, w_dt, w_out, conv_w, conv_b, x, history, proj, dt,
        a_log, d_skip, dt_bias, state, rotated;

    Layer(std::uint64_t count, std::uint64_t d_model)
        : tokens(count), d(d_model), e(2 * d_model), rank(d_model / 16), narrow(rank + 32) {
        hidden = halves(tokens * d, 1);
        norm_weight = halves(d, 2);
        residual.assign(tokens * d, 0.5F);
        u.resize(tokens * d);
        xz.resize(tokens * 2 * e);
        w_in = codes(2 * e * d, 3);
        w_x = codes(narrow * e, 4);
        w_dt = codes(e * rank, 5);
        w_out = codes(d * e, 6);
        conv_w = codes(e * 4, 7);
        conv_b = codes(e, 8);
        conv_scales.assign(e, 0.02F);
        x.resize(tokens * e);
        history.assign(e * 4, 0);
        proj.resize(tokens * narrow);
        dt.resize(tokens * e);
        a_log = codes(e * states, 9);
        d_skip = codes(e, 10);
        dt_bias = codes(e, 11);
        carry.assign(e * states, 0.0F);
        state.assign(e * states, 0);
        y.resize(tokens * e);
        rotated.resize(tokens * e);
        out.resize(tokens * d);
    }

    bool decode() const { return tokens == 1; }

    void norm(std::uint64_t t, std::uint64_t n) {
        models::NormConfig config;
        config.sum.tree_width = 8;
        models::norm_compute(config, {{n, d},
                                      &hidden[t * d],
                                      &residual[t * d],
                                      &residual[t * d],
                                      norm_weight.data(),
                                      1e-5F,
                                      0.02F,
                                      &u[t * d]});
    }
    void gemm(const std::int8_t* input, std::uint64_t stride, const std::int8_t* weight,
              models::GemmShape shape, std::int8_t* to_int8, arith::Half* to_half) {
        const auto epilogue = to_half != nullptr ? models::Epilogue::HalfWeightFirst
                                                 : models::Epilogue::Int8WeightFirst;
        models::GemmTile tile;
        tile.shape = shape;
        tile.x = input;
        tile.x_stride = stride;
        tile.weight = weight;
        tile.epilogue = epilogue;
        tile.a = 0.37F;
        tile.b = 0.0004F;
        tile.out_int8 = to_int8;
        tile.out_half = to_half;
        tile.out_stride = shape.n;
        models::gemm_compute({}, tile);
    }
    void in_proj(std::uint64_t t, std::uint64_t n) {
        gemm(&u[t * d], d, w_in.data(), {n, 2 * e, d}, &xz[t * 2 * e], nullptr);
    }
    void conv(std::uint64_t t, std::uint64_t n) {
        models::ConvTile tile;
        tile.shape = {1, n, e};
        tile.per_tap_scaling = decode();
        tile.x = &xz[t * 2 * e];
        tile.x_stride = 2 * e;
        tile.history = history.data();
        tile.weight = conv_w.data();
        tile.bias = conv_b.data();
        tile.input_scale = 0.03F;
        tile.weight_scale = 0.007F;
        tile.bias_scale = 0.004F;
        tile.output_scales = conv_scales.data();
        tile.output = &x[t * e];
        tile.output_stride = e;
        models::conv_compute({}, {}, tile);
    }
    void x_proj(std::uint64_t t, std::uint64_t n) {
        gemm(&x[t * e], e, w_x.data(), {n, narrow, e}, &proj[t * narrow], nullptr);
    }
    void dt_proj(std::uint64_t t, std::uint64_t n) {
        gemm(&proj[t * narrow], narrow, w_dt.data(), {n, e, rank}, &dt[t * e], nullptr);
    }
    void ssm(std::uint64_t t, std::uint64_t n) {
        models::SsmTile tile;
        tile.shape = {1, n, e, states};
        tile.decode = decode();
        tile.last_tile = t + n == tokens;
        tile.u = {&x[t * e], e, 0, 0.02F};
        tile.dt = {&dt[t * e], e, 0, 0.03F};
        tile.b = {&proj[t * narrow + rank], narrow, 0, 0.02F};
        tile.c = {&proj[t * narrow + rank + 16], narrow, 0, 0.02F};
        tile.z = {&xz[t * 2 * e + e], 2 * e, 0, 0.03F};
        tile.weights = {a_log.data(), d_skip.data(), dt_bias.data(), 0.02F, 0.01F, 0.03F, 0.1F};
        tile.carry = carry.data();
        tile.state = state.data();
        tile.y = &y[t * e];
        tile.y_stride = e;
        models::ssm_compute({}, {}, tile);
    }
    void hadamard(std::uint64_t t, std::uint64_t n) {
        models::hadamard_compute({}, {{n, e}, &y[t * e], 0.5F, false, &rotated[t * e]});
    }
    void out_proj(std::uint64_t t, std::uint64_t n) {
        gemm(&rotated[t * e], e, w_out.data(), {n, d, e}, nullptr, &out[t * d]);
    }
};

struct Best {
    double wall_ms = 1e30;
    double cpu_ms = 1e30;  // of all threads together: what a busy machine leaves comparable
};

Best best_of(const std::function<void()>& run) {
    Best best;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t cpu = std::clock();
        run();
        const double cpu_ms = static_cast<double>(std::clock() - cpu) * 1e3 / CLOCKS_PER_SEC;
        const std::chrono::duration<double, std::milli> spent =
            std::chrono::steady_clock::now() - start;
        best.wall_ms = std::min(best.wall_ms, spent.count());
        best.cpu_ms = std::min(best.cpu_ms, cpu_ms);
        if (i > 5 && std::chrono::steady_clock::now() - begin > std::chrono::seconds(1)) break;
    }
    return best;
}

using Step = void (Layer::*)(std::uint64_t, std::uint64_t);

void measure(Layer& layer, std::uint64_t tile) {
    struct Row {
        const char* name;
        Step step;
        double giga;  // of operations
        const char* unit;
    };
    const auto l = static_cast<double>(layer.tokens) * 1e-9;
    const auto d = static_cast<double>(layer.d);
    const auto e = static_cast<double>(layer.e);
    const auto narrow = static_cast<double>(layer.narrow);
    const auto rank = static_cast<double>(layer.rank);
    const Row rows[] = {{"norm", &Layer::norm, l * d, "G elements/s"},
                        {"in_proj", &Layer::in_proj, 4 * l * d * e, "GOPS"},
                        {"conv", &Layer::conv, l * e, "G elements/s"},
                        {"x_proj", &Layer::x_proj, 2 * l * e * narrow, "GOPS"},
                        {"dt_proj", &Layer::dt_proj, 2 * l * e * rank, "GOPS"},
                        {"ssm", &Layer::ssm, l * e * 16, "Gexp/s"},
                        {"hadamard", &Layer::hadamard, l * e, "G elements/s"},
                        {"out_proj", &Layer::out_proj, 2 * l * d * e, "GOPS"}};
    const auto all = [&](Step step) {
        for (std::uint64_t t = 0; t < layer.tokens; t += tile) {
            (layer.*step)(t, std::min(tile, layer.tokens - t));
        }
    };
    const models::GemmWeightCache cache;
    for (const Row& row : rows) {
        const Best best = best_of([&] { all(row.step); });
        std::printf("  %-9s %9.3f ms (cpu %9.3f) %9.2f %s\n", row.name, best.wall_ms, best.cpu_ms,
                    row.giga / best.wall_ms * 1e3, row.unit);
    }
    const Best layer_best = best_of([&] {
        for (const Row& row : rows) all(row.step);
    });
    std::printf("  %-9s %9.3f ms (cpu %9.3f)\n", "layer", layer_best.wall_ms, layer_best.cpu_ms);
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t tokens = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 512;
    const std::uint64_t d_model = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 768;
    const std::uint64_t tile = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : tokens;
    Layer layer(tokens, d_model);
    for (const models::Isa isa : {models::Isa::Baseline, models::Isa::Avx2, models::Isa::Avx512}) {
        if (!models::isa_available(isa)) continue;
        models::use_isa(isa);
        for (const auto engine : {models::GemmEngine::Best, models::GemmEngine::Kernels}) {
            models::use_gemm_engine(engine);
            std::printf("%s, %s, %llu tokens, d_model %llu, tiles of %llu\n", models::name_of(isa),
                        engine == models::GemmEngine::Best ? "best GEMM" : "own GEMM",
                        static_cast<unsigned long long>(tokens),
                        static_cast<unsigned long long>(d_model),
                        static_cast<unsigned long long>(tile));
            measure(layer, tile);
        }
    }
    return 0;
}
