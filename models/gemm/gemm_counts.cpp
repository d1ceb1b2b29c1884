// What a product is made of, by its shape alone.
#include <algorithm>

#include "models/common/units.h"
#include "models/gemm/gemm_function.h"

namespace mambasic::models {

namespace {

bool has_two_factors(Epilogue epilogue) {
    return epilogue != Epilogue::Int8Alpha && epilogue != Epilogue::HalfAlpha;
}

std::uint64_t vector_lanes(const GemmConfig& config) {
    return std::uint64_t{config.rows} * config.cols / config.vector_adder_tree_width;
}

// Native products scale the sum of each group of k for each output; an expander makes the eight
// products of a table entry, each rounded to a code, for each group of each column that it loads.
void count_int4_scaling(const GemmConfig& config, const GemmShape& shape, Counts& counts) {
    const std::uint64_t groups = ceil_div(shape.k, kInt4Group);
    const std::uint64_t scales = groups * shape.n * gemm_weight_loads(config, shape);
    counts[Event::HalfConvert] += scales;
    if (config.multiplies_int4()) {
        counts[Event::Fp32Fma] += groups * shape.m * shape.n;
        return;
    }
    counts[Event::CodeMulBit] += kInt4MagnitudeBits * kInt4Magnitudes * scales;
    counts[Event::QuantizeInt8] += kInt4Magnitudes * scales;
}

// A MAC's event has one of its two sums in; the other one is clocked with it. In the one-row mode a
// product runs through one of the two trees, and what gathers the second tree's sums adds all
// along.
void count_second_sums(const GemmConfig& config, const GemmShape& shape, Counts& counts) {
    const std::uint64_t outputs = shape.m * shape.n;
    if (!gemm_uses_vector_mode(config, shape)) {
        counts[Event::RegisterWord] += shape.k * outputs;
        return;
    }
    const std::uint64_t steps = ceil_div(shape.k, std::uint64_t{config.vector_adder_tree_width});
    counts[Event::RegisterWord] += steps * outputs;
    counts[Event::Int32Add] += steps * outputs;
}

// What happens to x on its way into the array, every time that it enters; and what two sums take
// where there was one: every MAC selects the sum that it adds to and the sum that it hands on.
void count_gemm_x(const GemmConfig& config, const GemmShape& shape, const XUse& use,
                  Counts& counts) {
    const std::uint64_t elements = shape.m * shape.k * gemm_input_sweeps(config, shape);
    const std::uint64_t outputs = shape.m * shape.n;
    if (use.requantized()) {
        count_decoding(use, elements, counts);
        counts[Event::CodeMulBit] += x_scaled_bits(use.code) * elements;
        counts[Event::Fp32Div] += elements;
        counts[Event::QuantizeInt8] += elements;
        return;
    }
    counts[Event::PackCode] += elements;
    counts[Event::Fp32Mul] += outputs;
    if (!use.code.dual()) return;
    counts[Event::ScaleSelect] += 2 * shape.k * outputs;  // as wide as a sum
    counts[Event::Int32Add] *= 2;
    count_second_sums(config, shape, counts);
    counts[Event::Fp32Fma] += outputs;
}

}  // namespace

bool is_half(Epilogue epilogue) {
    return epilogue == Epilogue::HalfWeightFirst || epilogue == Epilogue::HalfAlpha ||
           epilogue == Epilogue::HalfColumns;
}

bool has_columns(Epilogue epilogue) {
    return epilogue == Epilogue::Int8Columns || epilogue == Epilogue::Int8ColumnsAlpha ||
           epilogue == Epilogue::HalfColumns;
}

bool gemm_uses_vector_mode(const GemmConfig& config, const GemmShape& shape) {
    return shape.m == 1 && config.one_row == OneRowMode::Vector;
}

std::uint64_t gemm_input_sweeps(const GemmConfig& config, const GemmShape& shape) {
    const bool vector = gemm_uses_vector_mode(config, shape);
    return ceil_div(shape.n, vector ? vector_lanes(config) : config.cols);
}

std::uint64_t gemm_weight_loads(const GemmConfig& config, const GemmShape& shape) {
    if (gemm_uses_vector_mode(config, shape)) return 1;
    const std::uint64_t held =
        config.dataflow == Dataflow::WeightStationary ? config.accumulator_rows : config.rows;
    return ceil_div(shape.m, std::max<std::uint64_t>(held, 1));
}

// Per output: k MACs; 2 multiplies (1 with alpha); quantize or convert to FP16. A weight-stationary
// array holds `rows` weights of k at a time (twice as many native INT4) and adds the partial sums
// of its passes outside; an output-stationary array and the one-row vector mode accumulate inside
// their MACs.
Counts gemm_count(const GemmConfig& config, const GemmShape& shape, Epilogue epilogue, MacMode mode,
                  const XInput& x) {
    const std::uint64_t outputs = shape.m * shape.n;
    const bool native = mode == MacMode::Int4 && config.multiplies_int4();
    const std::uint64_t held = std::uint64_t{config.rows} * (native ? config.int4_macs_per_mac : 1);
    const bool passes = config.dataflow == Dataflow::WeightStationary &&
                        !gemm_uses_vector_mode(config, shape) && held > 0 && shape.k > held;
    Counts counts;
    counts[native ? Event::Int4Mac : Event::Int8Mac] = outputs * shape.k;
    counts[Event::Int32Add] = passes ? (ceil_div(shape.k, held) - 1) * outputs : 0;
    counts[Event::Fp32Mul] = outputs * (has_two_factors(epilogue) ? 2 : 1);
    counts[is_half(epilogue) ? Event::HalfConvert : Event::QuantizeInt8] = outputs;
    if (x.use.requantized() || x.use.multiplied()) count_gemm_x(config, shape, x.use, counts);
    if (mode == MacMode::Int4) count_int4_scaling(config, shape, counts);
    return counts;
}

}  // namespace mambasic::models
