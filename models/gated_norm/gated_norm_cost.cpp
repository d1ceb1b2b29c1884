#include "models/gated_norm/gated_norm_cost.h"

#include <algorithm>

#include "models/nonlinear/nonlinear_cost.h"

// Two passes over a group of a row (width / groups elements), each with its own datapath. Pass 1
// multiplies y by silu(z), puts the product aside and sums squares: ceil(elements / lanes) cycles,
// or longer where the running FP32 sum is the limit: one dependent addition for each block of the
// tree (for each element when sequential), sum_ii cycles apart. Pass 2 takes the products again and
// scales them: ceil(elements / lanes). Pass 2 of a group runs beside pass 1 of the next, which is
// never shorter, so groups start pass 1 apart and pass 2 and the latencies show once:
//   rows * groups * pass1 + (pipeline + silu + rsqrt) + pass2 + pipeline.

namespace mambasic::models {

Cycles gated_norm_cycles(const GatedNormConfig& config, const NonlinearConfig& nonlinear,
                         const GatedNormShape& shape) {
    if (shape.rows == 0 || shape.width == 0) return {0};
    const std::uint64_t elements = ceil_div(shape.width, shape.groups);
    const std::uint64_t terms = std::max<std::uint32_t>(config.sum.tree_width, 1);
    const std::uint64_t pass2 = ceil_div(elements, config.lanes);
    const std::uint64_t pass1 = std::max(pass2, ceil_div(elements, terms) * config.sum_ii_cycles);
    const std::uint64_t latency = 2ULL * config.pipeline_cycles + nonlinear.silu.latency_cycles +
                                  nonlinear.rsqrt.latency_cycles;
    return {shape.rows * shape.groups * pass1 + pass2 + latency};
}

SramTraffic gated_norm_traffic(const GatedNormShape& shape) {
    constexpr std::uint64_t kHalf = 2;
    constexpr std::uint64_t kFloat = 4;
    const std::uint64_t elements = shape.rows * shape.width;
    SramTraffic traffic;
    traffic.weight_read_bytes = elements * kHalf;
    // Pass 1 reads y and z and writes their FP32 product; pass 2 reads that and writes the output.
    traffic.activation_read_bytes = elements * (kHalf + 1 + kFloat);
    traffic.activation_write_bytes = elements * (kFloat + kHalf);
    return traffic;
}

AreaParts gated_norm_area(const GatedNormConfig& config, const NonlinearConfig& nonlinear) {
    const double lanes = config.lanes;
    AreaParts area;
    // y and weight come from FP16, the output goes there; z_scale, gate, root and weight multiply.
    area.logic = {{"FP16 converters", Primitive::HalfConverter, 3 * lanes},
                  {"z multipliers", Primitive::CodeMultiplierBit, lanes * kInt8Bits},
                  {"multipliers", Primitive::Fp32Multiplier, 3 * lanes},
                  {"mean divider", Primitive::Fp32Divider, 1}};
    if (config.sum.tree_width == 0) {
        area.logic.push_back({"running sum", Primitive::Fp32Fma, 1});
    } else {
        const double width = config.sum.tree_width;
        area.logic.push_back({"squares", Primitive::Fp32Multiplier, width});
        area.logic.push_back({"adder tree and running sum", Primitive::Fp32Adder, width});
    }
    for (const LogicPart& part : nonlinear_parts(nonlinear, NonlinearFunction::Silu, lanes)) {
        area.logic.push_back(part);
    }
    for (const LogicPart& part : nonlinear_parts(nonlinear, NonlinearFunction::Rsqrt, 1)) {
        area.logic.push_back(part);
    }
    return area;
}

}  // namespace mambasic::models
