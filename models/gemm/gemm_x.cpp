#include "models/gemm/gemm_x.h"

#include "models/common/units.h"
#include "models/dequant_mux/x_layout.h"

namespace mambasic::models {

namespace {

constexpr std::uint64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread

void stage_codes(const XInput& in, std::uint64_t k, std::uint64_t row, StagedX& staged) {
    std::vector<std::int8_t> flags(k);
    std::int8_t* x = staged.x.data() + row * k;
    x_codes_of_row(in, k, row, x, flags.data());
    if (staged.flagged.empty()) return;
    std::int8_t* flagged = staged.flagged.data() + row * k;
    for (std::uint64_t c = 0; c < k; ++c) {
        flagged[c] = flags[c] != 0 ? x[c] : std::int8_t{0};
        x[c] = flags[c] != 0 ? std::int8_t{0} : x[c];
    }
}

std::uint64_t vector_lanes(const GemmConfig& config) {
    return std::uint64_t{config.rows} * config.cols / config.vector_adder_tree_width;
}

}  // namespace

StagedX stage_x(const GemmTile& tile) {
    const XUse& use = tile.x_in.use;
    const GemmShape& shape = tile.shape;
    StagedX staged;
    staged.x.resize(shape.m * shape.k);
    if (use.requantized()) {
        x_requantize(tile.x_in, shape.k, shape.m, staged.x.data());
        return staged;
    }
    if (use.code.dual()) staged.flagged.resize(shape.m * shape.k);
    const auto rows = static_cast<std::int64_t>(shape.m);
#pragma omp parallel for schedule(static) if (shape.m * shape.k >= kParallelElements)
    for (std::int64_t row = 0; row < rows; ++row) {
        stage_codes(tile.x_in, shape.k, static_cast<std::uint64_t>(row), staged);
    }
    return staged;
}

void count_gemm_x(const GemmConfig& config, const GemmShape& shape, const XUse& use,
                  Counts& counts) {
    const std::uint64_t elements = shape.m * shape.k * gemm_input_sweeps(config, shape);
    const std::uint64_t outputs = shape.m * shape.n;
    if (use.requantized()) {
        count_decoding(use, elements, counts);
        counts[Event::Fp32Mul] += use.code.x_values() ? 0 : elements;
        counts[Event::Fp32Div] += elements;
        counts[Event::QuantizeInt8] += elements;
        return;
    }
    counts[Event::PackCode] += elements;
    counts[Event::Fp32Mul] += outputs;
    if (!use.code.dual()) return;
    counts[Event::Int32Add] *= 2;
    counts[Event::Fp32Fma] += outputs;
}

std::uint64_t gemm_input_sweeps(const GemmConfig& config, const GemmShape& shape) {
    const bool vector = gemm_uses_vector_mode(config, shape);
    return ceil_div(shape.n, vector ? vector_lanes(config) : config.cols);
}

}  // namespace mambasic::models
