#include "models/gemm/gemm_cost.h"

#include <algorithm>

#include "models/common/error.h"

// Weight-stationary. A pass holds a block of R rows (k) and C columns (n). Loading it takes R
// cycles. The m activation rows enter one a cycle, skewed: row t leaves column c in cycle
// t + (R - 1) + c after the first entered, so the last of m rows leaves after m + R + C - 2 cycles.
//   single buffer: passes do not overlap; each takes I = R + (m + R + C - 2) = 2R + C + m - 2.
//   double buffer: the next block is loaded while this one works, and its rows follow directly
//   behind: passes start I = max(m, R) apart; the first load and the last skew show once.
// The passes over k of one column group accumulate into m x C INT32 sums; after the last of them
// the epilogue takes the sums row by row, ceil(C / E) cycles a row, while the next group computes.
//
// Output-stationary. A pass computes R rows (m) by C columns (n): k operands stream through, the
// last MAC is done after k + R + C - 2 cycles.
//   single: I = k + R + C - 2.  double: sums move to a second register and the next pass follows
//   directly: I = k. Sums leave through all R rows, one row a cycle.
//
// Two stages: group j has its first row ready at ready + j I and its epilogue takes B_j. The last
// output is out at max(ready + sum B, ready + (groups - 1) I + B_last): the epilogue is the
// bottleneck all along, or not at all. (With B between for partial groups in the middle of an
// output-stationary run a third case exists; it differs by less than one group's epilogue.)
//
// SCALE-Sim's formulas are the single-buffered ones with one epilogue lane a column; it prints the
// index of the last cycle, counted from 0, hence its "- 1" (tests/fidelity).
//
// Vector. R C MACs form L = floor(R C / W) dot-product lanes of W; L outputs take ceil(k / W)
// cycles, then log2(W) levels of adder tree and the epilogue of ceil(L / E) cycles.

namespace mambasic::models {

namespace {

std::uint64_t products_per_mac(const GemmConfig& c, MacMode mode) {
    return mode == MacMode::Int4 ? c.int4_macs_per_mac : 1;
}

struct Stages {
    std::uint64_t ready = 0;  // cycles until the first row of the first group is computed
    std::uint64_t groups = 0;
    std::uint64_t interval = 0;  // between groups
    std::uint64_t drains = 0;    // epilogue cycles of all groups
    std::uint64_t last_drain = 0;
};

std::uint64_t makespan(const Stages& s) {
    return s.ready + std::max(s.drains, (s.groups - 1) * s.interval + s.last_drain);
}

// Of `total` items in blocks of `block`: how many the last block holds.
std::uint64_t last_block(std::uint64_t total, std::uint64_t block) {
    return total - (ceil_div(total, block) - 1) * block;
}

// Epilogue cycles of one row over all columns, in groups of `cols`.
std::uint64_t row_drain(const GemmConfig& c, std::uint64_t n) {
    return (ceil_div(n, c.cols) - 1) * ceil_div(c.cols, c.epilogue_lanes) +
           ceil_div(last_block(n, c.cols), c.epilogue_lanes);
}

std::uint64_t k_passes(const GemmConfig& c, const GemmShape& s, MacMode mode) {
    return ceil_div(s.k, c.rows * products_per_mac(c, mode));
}

// m at most accumulator_rows.
std::uint64_t weight_stationary(const GemmConfig& c, const GemmShape& s, MacMode mode) {
    const std::uint64_t interval = c.weight_buffer == WeightBuffer::Double
                                       ? std::max<std::uint64_t>(s.m, c.rows)
                                       : 2ULL * c.rows + c.cols + s.m - 2;
    const std::uint64_t passes = k_passes(c, s, mode);
    Stages stages;
    stages.ready = (passes - 1) * interval + 2ULL * c.rows + c.cols - 2;
    stages.groups = ceil_div(s.n, c.cols);
    stages.interval = passes * interval;
    stages.drains = s.m * row_drain(c, s.n);
    stages.last_drain = s.m * ceil_div(last_block(s.n, c.cols), c.epilogue_lanes);
    return makespan(stages);
}

std::uint64_t weight_stationary_chunks(const GemmConfig& c, const GemmShape& s, MacMode mode) {
    MAMBASIC_CHECK(c.accumulator_rows > 0, "a GemmConfig without accumulators");
    const std::uint64_t chunks = ceil_div(s.m, c.accumulator_rows);
    const GemmShape full{c.accumulator_rows, s.n, s.k};
    const GemmShape rest{last_block(s.m, c.accumulator_rows), s.n, s.k};
    const std::uint64_t before = chunks == 1 ? 0 : (chunks - 1) * weight_stationary(c, full, mode);
    return before + weight_stationary(c, rest, mode);
}

std::uint64_t output_stationary(const GemmConfig& c, const GemmShape& s, MacMode mode) {
    const std::uint64_t stream = ceil_div(s.k, products_per_mac(c, mode));
    Stages stages;
    stages.interval =
        c.weight_buffer == WeightBuffer::Double ? stream : stream + c.rows + c.cols - 2;
    stages.ready = stream + c.cols - 2;
    stages.groups = ceil_div(s.m, c.rows) * ceil_div(s.n, c.cols);
    stages.drains = ceil_div(s.m, c.rows) * c.rows * row_drain(c, s.n);
    stages.last_drain = c.rows * ceil_div(last_block(s.n, c.cols), c.epilogue_lanes);
    return makespan(stages);
}

std::uint64_t vector_lanes(const GemmConfig& c) {
    MAMBASIC_CHECK(c.vector_adder_tree_width > 0, "a GemmConfig without adder trees");
    return static_cast<std::uint64_t>(c.rows) * c.cols / c.vector_adder_tree_width;
}

std::uint64_t tree_depth(std::uint64_t width) {
    std::uint64_t depth = 0;
    while ((1ULL << depth) < width) ++depth;
    return depth;
}

std::uint64_t vector_product(const GemmConfig& c, const GemmShape& s, MacMode mode) {
    const std::uint64_t lanes = vector_lanes(c);
    const std::uint64_t width = c.vector_adder_tree_width * products_per_mac(c, mode);
    Stages stages;
    stages.interval = ceil_div(s.k, width);
    stages.ready = stages.interval + tree_depth(width) - 1;
    stages.groups = ceil_div(s.n, lanes);
    stages.last_drain = ceil_div(last_block(s.n, lanes), c.epilogue_lanes);
    stages.drains = (stages.groups - 1) * ceil_div(lanes, c.epilogue_lanes) + stages.last_drain;
    return makespan(stages);
}

// The expander (gemm_function.h) of an array that multiplies int8. A column takes one weight a
// cycle, a lane W; a table's eight entries must be there when the 128 weights of the group before
// are used up: ceil(8 W / 128) multipliers a lane. A table is double, and wide lanes see more than
// one group a cycle. Packed MACs have one fma a column or lane for the sums of groups instead.
void add_int4_parts(const GemmConfig& c, AreaParts& area) {
    const bool vector = c.one_row == OneRowMode::Vector;
    const std::uint64_t lanes = vector ? vector_lanes(c) : 0;
    const std::uint64_t width = vector ? c.vector_adder_tree_width : 0;
    const auto scalers = static_cast<double>(std::max<std::uint64_t>(c.cols, lanes));
    area.logic.push_back({"group scale converters", Primitive::HalfConverter, scalers});
    if (c.multiplies_int4()) {
        area.logic.push_back({"group scale fma", Primitive::Fp32Fma, scalers});
        return;
    }
    const auto products = static_cast<double>(
        std::max<std::uint64_t>(c.cols, lanes * ceil_div(kInt4Magnitudes * width, kInt4Group)));
    const auto tables = static_cast<double>(
        2 * std::max<std::uint64_t>(c.cols, lanes * ceil_div(width, kInt4Group)));
    constexpr double kTableBits = 8.0 * kInt4Magnitudes;
    area.logic.push_back(
        {"expander multipliers", Primitive::CodeMultiplierBit, kInt4MagnitudeBits * products});
    area.logic.push_back({"expander quantizers", Primitive::QuantizeUnit, products});
    area.logic.push_back({"expander tables", Primitive::RegisterBit, kTableBits * tables});
}

// Weight-stationary: a pass walks down the rows by the k that its block holds, and its sums leave
// row by row, a column group wide. Output-stationary: all rows of the block stream along k.
void add_walks(const GemmConfig& config, const GemmShape& shape, MacMode mode,
               SramTraffic& traffic) {
    if (gemm_uses_vector_mode(config, shape)) return;
    const bool weights_stay = config.dataflow == Dataflow::WeightStationary;
    const std::uint64_t rows = weights_stay ? config.accumulator_rows : config.rows;
    const std::uint64_t lanes = weights_stay ? config.rows * products_per_mac(config, mode) : 1;
    traffic.read_walk = {lanes, rows, gemm_input_sweeps(config, shape)};
    traffic.write_walk = {config.cols, rows, 1};
}

}  // namespace

Cycles gemm_cycles(const GemmConfig& config, const GemmShape& shape, MacMode mode) {
    if (shape.m == 0 || shape.n == 0 || shape.k == 0) return {0};
    std::uint64_t cycles = 0;
    if (gemm_uses_vector_mode(config, shape)) {
        cycles = vector_product(config, shape, mode);
    } else if (config.dataflow == Dataflow::WeightStationary) {
        cycles = weight_stationary_chunks(config, shape, mode);
    } else {
        cycles = output_stationary(config, shape, mode);
    }
    return {cycles + config.epilogue_latency_cycles};
}

std::uint64_t gemm_weight_bytes(const GemmShape& shape, MacMode mode, Epilogue epilogue) {
    constexpr std::uint64_t kHalf = 2;
    constexpr std::uint64_t kFloat = 4;
    const std::uint64_t columns = has_columns(epilogue) ? kFloat * shape.n : 0;
    if (mode == MacMode::Int8) return shape.n * shape.k + columns;
    return ceil_div(shape.n * shape.k, 2) + kHalf * shape.n * ceil_div(shape.k, kInt4Group) +
           columns;
}

SramTraffic gemm_traffic(const GemmConfig& config, const GemmShape& shape, MacMode mode,
                         Epilogue epilogue, const XInput& x) {
    SramTraffic traffic;
    // Weights come once for each group of rows that the accumulators (or the array) hold, and the
    // scales with them.
    traffic.weight_read_bytes =
        gemm_weight_bytes(shape, mode, epilogue) * gemm_weight_loads(config, shape);
    traffic.activation_write_bytes = shape.m * shape.n * (is_half(epilogue) ? 2 : 1);
    const bool words = x.use.requantized() || x.use.multiplied();
    const std::uint64_t row = words ? x_row_bytes(x.use.code, shape.k) : shape.k;
    traffic.activation_read_bytes = shape.m * row * gemm_input_sweeps(config, shape);
    add_walks(config, shape, mode, traffic);
    return traffic;
}

StoreTraffic gemm_accumulator_traffic(const GemmConfig& config, const GemmShape& shape,
                                      MacMode mode, const XInput& x) {
    constexpr std::uint64_t kSumBytes = 4;
    const bool in_array =
        gemm_uses_vector_mode(config, shape) || config.dataflow == Dataflow::OutputStationary;
    if (in_array) return {};
    // Every pass writes its sums; every pass but the first reads them back, and so does the
    // epilogue.
    const std::uint64_t sums = x.use.multiplied() && x.use.code.dual() ? 2 : 1;
    const std::uint64_t bytes =
        kSumBytes * sums * shape.m * shape.n * k_passes(config, shape, mode);
    return {bytes, bytes};
}

MemoryPart gemm_accumulators(const GemmConfig& config) {
    constexpr double kBytesPerKib = 1024;
    constexpr std::uint32_t kSumBits = 32;
    if (config.dataflow == Dataflow::OutputStationary) return {"accumulators", 0, 0, 2, kSumBits};
    // Two halves: the epilogue empties one while the array fills the other.
    return {"accumulators", static_cast<double>(config.cols),
            2.0 * 4.0 * config.accumulator_rows / kBytesPerKib, 2, kSumBits};
}

AreaParts gemm_area(const GemmConfig& config) {
    const double macs = static_cast<double>(config.rows) * config.cols;
    const double lanes = config.epilogue_lanes;
    const bool packed = config.int4_macs_per_mac == 2;
    AreaParts area;
    area.logic = {{"MACs", packed ? Primitive::PackedMacPe : Primitive::Int8MacPe, macs},
                  {"epilogue multipliers", Primitive::Fp32Multiplier, 2 * lanes},
                  {"epilogue quantizers", Primitive::QuantizeUnit, lanes},
                  {"epilogue FP16 converters", Primitive::HalfConverter, lanes}};
    if (config.weight_buffer == WeightBuffer::Double) {
        // Weight-stationary: the next weight. Output-stationary: the sum that drains.
        const double bits = config.dataflow == Dataflow::WeightStationary ? 8 : 32;
        area.logic.push_back({"second buffers", Primitive::RegisterBit, bits * macs});
    }
    if (config.dataflow == Dataflow::WeightStationary) {
        area.logic.push_back(
            {"accumulator adders", Primitive::Int32Adder, static_cast<double>(config.cols)});
        area.memory.push_back(gemm_accumulators(config));
    }
    if (config.one_row == OneRowMode::Vector) {
        const double width = config.vector_adder_tree_width;
        const auto trees = static_cast<double>(vector_lanes(config));
        area.logic.push_back({"adder trees", Primitive::Int32Adder, trees * (width - 1)});
    }
    if (config.int4_weights) add_int4_parts(config, area);
    return area;
}

}  // namespace mambasic::models
