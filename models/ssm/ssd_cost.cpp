#include "models/ssm/ssd_cost.h"

#include <algorithm>

#include "models/nonlinear/nonlinear_cost.h"

// The lanes work as in the scan (ssm_cost.cpp): groups of channel_lanes channels and state_lanes
// states, one group a cycle, a handful of groups rotating through all tokens of the tile with its
// states in registers, so the recurrence shows only where the tile has fewer groups than
// recurrence_ii_cycles:
//   update = (tokens - 1) * max(groups, ii) + groups.
// What is rare here is the nonlinear work: a softplus and an exponential for each head and token,
// not for each update, and an exponential of A_log for each head of the tile. B dt is one product
// for each (head, token, state), made as the state lanes take it. A tree wider than the state lanes
// is summed over several cycles: partial trees meet in a chain of adders, two of equal weight at a
// time, which keeps the tree's order and the pace.
// Dividers make codes of states at one a channel lane, as in the scan; with so few exponentials
// they bind a decode step. The latencies show once: softplus beside exp(A_log), then the decay's
// exp, then the pipeline.

namespace mambasic::models {

namespace {

std::uint64_t state_groups(const SsmConfig& config, const SsdShape& shape) {
    return ceil_div(shape.states, config.state_lanes);
}

std::uint64_t steps_to_double(std::uint64_t from, std::uint64_t to) {
    std::uint64_t steps = 0;
    for (; from < to; from *= 2) ++steps;
    return steps;
}

void add_sum(const SsmConfig& config, AreaParts& area) {
    const double channels = config.channel_lanes;
    const double updates = channels * config.state_lanes;
    const std::uint32_t width = config.ssd_sum.tree_width;
    if (width == 0) {
        area.logic.push_back({"output fma chain", Primitive::Fp32Fma, updates});
        return;
    }
    // A tree within the lanes, or all lanes as one tree and an adder for each doubling after it;
    // one adder sums the blocks.
    const double inside = std::min(width, config.state_lanes);
    const double trees = updates / inside;
    const auto after = static_cast<double>(steps_to_double(config.state_lanes, width));
    area.logic.push_back({"output multipliers", Primitive::Fp32Multiplier, updates});
    area.logic.push_back({"output trees and sums", Primitive::Fp32Adder,
                          trees * (inside - 1) + channels * (after + 1)});
}

}  // namespace

SsmCycles ssd_cycles(const SsmConfig& config, const NonlinearConfig& nonlinear,
                     const SsdShape& shape, std::uint64_t codes) {
    const std::uint64_t steps = shape.sequences * shape.tokens * shape.heads;
    if (steps == 0 || shape.head_dim == 0 || shape.states == 0) return {};
    const std::uint64_t groups = shape.sequences *
                                 ceil_div(shape.channels(), config.channel_lanes) *
                                 state_groups(config, shape);
    const std::uint64_t interval = std::max<std::uint64_t>(groups, config.recurrence_ii_cycles);
    const std::uint64_t exp_latency = nonlinear.exp.latency_cycles;
    SsmCycles cycles;
    cycles.update = (shape.tokens - 1) * interval + groups;
    cycles.exp = ceil_div(steps + shape.heads, config.exp_units);
    cycles.softplus = ceil_div(steps, config.softplus_units);
    cycles.divide = ceil_div(codes, config.channel_lanes);
    cycles.latency = std::max<std::uint64_t>(nonlinear.softplus.latency_cycles, exp_latency) +
                     exp_latency + config.pipeline_cycles;
    return cycles;
}

SramTraffic ssd_traffic(const SsdShape& shape, const XInput& x) {
    constexpr std::uint64_t kHalf = 2;
    const std::uint64_t rows = shape.sequences * shape.tokens;
    SramTraffic traffic;
    traffic.weight_read_bytes = shape.heads * (2 + kHalf);  // A_log, D, dt bias
    const std::uint64_t of_x = x_part_bytes(x.use.code, x.channels, x.first, shape.channels());
    const std::uint64_t of_bc = 2 * shape.groups() * shape.states * (x.use.code.values() ? 4 : 1);
    traffic.activation_read_bytes = rows * (of_x + shape.heads + of_bc);
    traffic.activation_write_bytes = rows * shape.channels() * kHalf;
    return traffic;
}

std::uint64_t ssd_group_steps(const SsmConfig& config, const SsdShape& shape, std::uint64_t codes) {
    if (shape.channels() == 0) return 0;
    const std::uint64_t updates = shape.sequences * shape.tokens * state_groups(config, shape);
    return std::max(updates, ceil_div(codes, shape.channels()));
}

AreaParts ssd_area(const SsmConfig& config, const NonlinearConfig& nonlinear) {
    const double channels = config.channel_lanes;
    const double states = config.state_lanes;
    const double updates = channels * states;
    constexpr double kStateBits = 32;
    AreaParts area;
    // Per update: (B dt) x; the state fma; the scale of a state's code. Per state lane: B dt; the
    // scales of B and C. Per channel: x's scale, the D term's fma. Once: A dt and dt's fma; the
    // scales of a head's two codes. States are divided by their scale by one divider a channel
    // lane, and pass FP16 after a prefill.
    const double scaled = updates + 2 * states + channels + 2;
    area.logic = {{"update multipliers", Primitive::Fp32Multiplier, updates},
                  {"state fma", Primitive::Fp32Fma, updates},
                  {"B multipliers", Primitive::Fp32Multiplier, states},
                  {"code multipliers", Primitive::CodeMultiplierBit, kInt8Bits * scaled},
                  {"channel fma", Primitive::Fp32Fma, channels},
                  {"decay multiplier", Primitive::Fp32Multiplier, 1},
                  {"bias fma", Primitive::Fp32Fma, 1},
                  {"state dividers", Primitive::Fp32Divider, channels},
                  {"state quantizers", Primitive::QuantizeUnit, channels},
                  {"FP16 converters", Primitive::HalfConverter, 2 * channels},
                  {"rotating states", Primitive::RegisterBit,
                   kStateBits * updates * config.recurrence_ii_cycles}};
    add_sum(config, area);
    const auto add_units = [&](NonlinearFunction function, double count) {
        for (const LogicPart& part : nonlinear_parts(nonlinear, function, count)) {
            area.logic.push_back(part);
        }
    };
    add_units(NonlinearFunction::Exp, config.exp_units);
    add_units(NonlinearFunction::Softplus, config.softplus_units);
    area.memory = {ssm_state_store(config)};
    return area;
}

}  // namespace mambasic::models
