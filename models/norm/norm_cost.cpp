#include "models/norm/norm_cost.h"

#include <algorithm>

#include "models/nonlinear/nonlinear_cost.h"

// Two passes over a row, each with its own datapath. Pass 1 adds the residual and sums squares:
// ceil(width / lanes) cycles, or longer where the running FP32 sum is the limit: one dependent
// addition for each block of the tree (for each element when sequential), sum_ii cycles apart.
// Pass 2 scales and quantizes: ceil(width / lanes). Pass 2 of a row runs beside pass 1 of the next,
// which is never shorter, so rows start pass 1 apart and pass 2 and the latencies show once:
//   rows * pass1 + (pipeline + rsqrt) + pass2 + pipeline.

namespace mambasic::models {

Cycles norm_cycles(const NormConfig& config, const NonlinearConfig& nonlinear,
                   const NormShape& shape) {
    if (shape.rows == 0 || shape.width == 0) return {0};
    const std::uint64_t terms = std::max<std::uint32_t>(config.sum.tree_width, 1);
    const std::uint64_t pass2 = ceil_div(shape.width, config.lanes);
    const std::uint64_t pass1 =
        std::max(pass2, ceil_div(shape.width, terms) * config.sum_ii_cycles);
    return {shape.rows * pass1 + config.pipeline_cycles + nonlinear.rsqrt.latency_cycles + pass2 +
            config.pipeline_cycles};
}

SramTraffic norm_traffic(const NormShape& shape, bool has_residual_in) {
    constexpr std::uint64_t kHalf = 2;
    constexpr std::uint64_t kFloat = 4;
    const std::uint64_t elements = shape.rows * shape.width;
    SramTraffic traffic;
    traffic.weight_read_bytes = elements * kHalf;
    // Pass 1 reads hidden and residual and writes the new residual; pass 2 reads that and writes
    // the codes.
    traffic.activation_read_bytes = elements * (kHalf + (has_residual_in ? kFloat : 0) + kFloat);
    traffic.activation_write_bytes = elements * (kFloat + 1);
    return traffic;
}

AreaParts norm_area(const NormConfig& config, const NonlinearConfig& nonlinear) {
    const double lanes = config.lanes;
    AreaParts area;
    area.logic = {{"residual adders", Primitive::Fp32Adder, lanes},
                  {"FP16 converters", Primitive::HalfConverter, 2 * lanes},
                  {"scale multipliers", Primitive::Fp32Multiplier, 2 * lanes},
                  {"output dividers", Primitive::Fp32Divider, lanes},
                  {"quantizers", Primitive::QuantizeUnit, lanes},
                  {"mean divider", Primitive::Fp32Divider, 1}};
    if (config.sum.tree_width == 0) {
        area.logic.push_back({"running sum", Primitive::Fp32Fma, 1});
    } else {
        const double width = config.sum.tree_width;
        area.logic.push_back({"squares", Primitive::Fp32Multiplier, width});
        area.logic.push_back({"adder tree and running sum", Primitive::Fp32Adder, width});
    }
    for (const LogicPart& part : nonlinear_parts(nonlinear, NonlinearFunction::Rsqrt, 1)) {
        area.logic.push_back(part);
    }
    return area;
}

}  // namespace mambasic::models
