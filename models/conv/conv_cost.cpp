#include "models/conv/conv_cost.h"

#include <algorithm>

#include "models/nonlinear/nonlinear_cost.h"

// A group of `lanes` channels runs through all tokens of the tile before the next group begins: its
// weights, bias and last three inputs stay in registers, every input is read once, and one token of
// the group is finished a cycle. The groups follow each other without a bubble.

namespace mambasic::models {

namespace {
constexpr std::uint64_t kTaps = 4;

bool codes_bc(const XUse& use) { return !use.feeds_x_proj && bc_make_ops(use).divisions > 0; }

// Not where all of it stays FP32.
bool codes_anything(const XUses& uses) {
    return uses.empty() || std::any_of(uses.begin(), uses.end(), [](const XUse& use) {
               return codes_bc(use) || x_make_ops(use).divisions > 0;
           });
}

// Not where all that is coded has 4 or 5 bits either.
bool codes_int8(const XUses& uses) {
    return uses.empty() || std::any_of(uses.begin(), uses.end(), [](const XUse& use) {
               return codes_bc(use) || x_make_ops(use).int8_codes() > 0;
           });
}

}  // namespace

Cycles conv_cycles(const ConvConfig& config, const NonlinearConfig& nonlinear,
                   const ConvShape& shape) {
    const std::uint64_t steps =
        shape.sequences * shape.tokens * ceil_div(shape.channels, config.lanes);
    if (steps == 0) return {0};
    return {steps + config.pipeline_cycles + nonlinear.silu.latency_cycles};
}

SramTraffic conv_traffic(const ConvShape& shape, const XOutput& x) {
    const std::uint64_t rows = shape.sequences * shape.tokens;
    const std::uint64_t of_x = x.use.int8() ? shape.channels : x.channels;
    const std::uint64_t of_bc = (shape.channels - of_x) * (x.use.code.values() ? 4 : 1);
    const std::uint64_t copy = x.use.copied() ? of_x : 0;
    return {shape.channels * (kTaps + 1), rows * shape.channels,
            rows * (x_row_bytes(x.use.code, of_x) + copy + of_bc)};
}

// The histories lie in the activation scratchpad, where the schedule allocates them, one word of
// four codes a channel; they pass its ports and cost what its bytes cost. The window registers hold
// them during the tile: a word in before its first token, a word out after its last.
SramTraffic conv_history_traffic(const ConvShape& shape, bool zeros) {
    const std::uint64_t words = shape.tokens == 0 ? 0 : shape.sequences * shape.channels;
    return {0, zeros ? 0 : words * kTaps, words * kTaps};
}

AreaParts conv_area(const ConvConfig& config, const NonlinearConfig& nonlinear, const XUses& uses) {
    const double lanes = config.lanes;
    const double coding = codes_anything(uses) ? lanes : 0;
    const double coding_int8 = codes_int8(uses) ? lanes : 0;
    // Weights, bias, older inputs, and the output scale that was looked up for the lane.
    constexpr double kBitsHeld = 8 * (kTaps + 1 + (kTaps - 1)) + 32;
    // In decode a lane may begin a channel every cycle: four taps and the bias to scale. Mamba2's
    // has a product beside its four fma instead of the bias.
    constexpr double kScaled = kTaps + 1;
    AreaParts area;
    // Prefill sums integers and scales the sum; decode scales every tap, so a lane has both.
    area.logic = {{"tap MACs", Primitive::Int8MacPe, lanes * kTaps},
                  {"tap fma", Primitive::Fp32Fma, lanes * kTaps},
                  {"scale multipliers", Primitive::CodeMultiplierBit, lanes * kScaled * kInt8Bits},
                  {"section scale multiplier", Primitive::Fp32Multiplier, 1},
                  {"output dividers", Primitive::Fp32Divider, coding},
                  {"quantizers", Primitive::QuantizeUnit, coding_int8},
                  {"window and weights", Primitive::RegisterBit, lanes * kBitsHeld}};
    for (const LogicPart& part : nonlinear_parts(nonlinear, NonlinearFunction::Silu, lanes)) {
        area.logic.push_back(part);
    }
    return area;
}

}  // namespace mambasic::models
