#include "models/ssm/ssm_cost.h"

#include <algorithm>
#include <numeric>

#include "models/nonlinear/nonlinear_cost.h"

// One token of one sequence is G = ceil(channels / channel_lanes) * ceil(states / state_lanes)
// groups of updates; the lanes start one group a cycle. Groups are independent across channels,
// states and the S sequences of the tile. A handful of at least recurrence_ii groups rotates
// through all tokens with its states in registers, then the next handful: the lanes never wait.
// Only where the whole tile has fewer groups does the recurrence show:
//   update = (tokens - 1) * max(S G, ii) + S G.
// Every update needs one exponential, and A = -exp(A_log) one for each (channel, state) of the
// tile; every (token, channel) one softplus and one SiLU. The units work beside the lanes, so the
// slowest resource sets the pace. So do the dividers, one a channel lane, for the states that
// become codes: all of a decode tile, and those of a prefill's last tile, a handful's beside the
// next one's updates (not modelled: the last handful's, which nothing hides). The latencies show
// once: softplus beside exp(A_log), then the update's exp, then the rest of the pipeline; the
// gate's SiLU runs beside all of that.

namespace mambasic::models {

namespace {

// Heads that a group of lanes works in at most; a group begins a multiple of their common divisor
// into a head.
std::uint64_t heads_of_lanes(std::uint64_t lanes, std::uint64_t head_dim) {
    return 1 + ceil_div(lanes - std::gcd(lanes, head_dim), head_dim);
}

}  // namespace

Cycles SsmCycles::total() const {
    return {std::max({update, exp, softplus, silu, divide}) + latency};
}

SsmCycles ssm_cycles(const SsmConfig& config, const NonlinearConfig& nonlinear,
                     const SsmShape& shape, std::uint64_t codes) {
    const std::uint64_t rows = shape.sequences * shape.tokens;
    if (rows == 0 || shape.channels == 0 || shape.states == 0) return {};
    const std::uint64_t groups = shape.sequences * ceil_div(shape.channels, config.channel_lanes) *
                                 ceil_div(shape.states, config.state_lanes);
    const std::uint64_t interval = std::max<std::uint64_t>(groups, config.recurrence_ii_cycles);
    const std::uint64_t exponentials = (rows + 1) * shape.channels * shape.states;
    const std::uint64_t exp_latency = nonlinear.exp.latency_cycles;
    const std::uint64_t operands =
        std::max<std::uint64_t>(nonlinear.softplus.latency_cycles, exp_latency);
    SsmCycles cycles;
    cycles.update = (shape.tokens - 1) * interval + groups;
    cycles.exp = ceil_div(exponentials, config.exp_units);
    cycles.softplus = ceil_div(rows * shape.channels, config.softplus_units);
    cycles.silu = ceil_div(rows * shape.channels, config.silu_units);
    cycles.divide = ceil_div(codes, config.channel_lanes);
    cycles.latency = std::max<std::uint64_t>(operands + exp_latency + config.pipeline_cycles,
                                             nonlinear.silu.latency_cycles);
    return cycles;
}

std::uint64_t ssm_codes(const SsmShape& shape, bool decode, bool last_tile) {
    return decode || last_tile ? shape.sequences * shape.channels * shape.states : 0;
}

// The slowest resource's share of a tile in which every group has all its lanes; the units begin
// the next group's work in the cycle after this one's.
std::uint64_t ssm_group_steps(const SsmConfig& config, const SsmShape& shape, std::uint64_t codes) {
    if (shape.channels == 0) return 0;
    const std::uint64_t rows = shape.sequences * shape.tokens;
    const std::uint64_t channels = std::min<std::uint64_t>(shape.channels, config.channel_lanes);
    return std::max({rows * ceil_div(shape.states, config.state_lanes),
                     (rows + 1) * channels * shape.states / config.exp_units,
                     rows * channels / config.softplus_units, rows * channels / config.silu_units,
                     codes / shape.channels});
}

SramTraffic ssm_traffic(const SsmShape& shape, const XInput& x) {
    constexpr std::uint64_t kHalf = 2;
    const std::uint64_t rows = shape.sequences * shape.tokens;
    SramTraffic traffic;
    traffic.weight_read_bytes = shape.channels * (shape.states + 2);  // A_log, D, dt bias
    const std::uint64_t u = x_part_bytes(x.use.code, x.channels, x.first, shape.channels);
    traffic.activation_read_bytes =
        rows * (u + 2 * shape.channels + 2 * shape.states);  // u, dt, z, B, C
    traffic.activation_write_bytes = rows * shape.channels * kHalf;
    return traffic;
}

// The states of a group stay in the rotating registers for all tokens of the tile (above), so the
// store is read and written once a tile, not once a token. A prefill carries FP32 from tile to
// tile: its first tile begins with zeroed registers and reads nothing, its last one writes the int8
// codes it leaves behind. A decode tile is one token, with int8 codes in and out.
StoreTraffic ssm_state_traffic(const SsmShape& shape, const SsmPosition& position) {
    constexpr std::uint64_t kCode = 1;
    constexpr std::uint64_t kFloat = 4;
    const std::uint64_t states = shape.sequences * shape.channels * shape.states;
    if (shape.tokens == 0) return {};
    if (position.decode) return {states * kCode, states * kCode};
    return {position.first_tile ? 0 : states * kFloat,
            states * (position.last_tile ? kCode : kFloat)};
}

MemoryPart ssm_state_store(const SsmConfig& config) {
    // One bank a channel lane, as wide as its state lanes; it fills and empties beside each other.
    constexpr std::uint32_t kFloatBits = 32;
    const double banks = config.channel_lanes;
    return {"state store", banks, config.state_store_kib / banks, 2,
            kFloatBits * config.state_lanes};
}

// The table is read once for every cell that a group of channels enters; a cell's scales then stay
// for all of the group's updates. Every channel of a head may be of another of its dim groups.
// Not modelled: a second set, for the group that is next.
LogicPart ssm_state_scale_registers(const SsmConfig& config, const TableNeeds& needs) {
    constexpr std::uint64_t kScaleBits = 32;
    const std::uint64_t lanes = config.channel_lanes;
    std::uint64_t bits = 0;
    for (const TableNeed& need : needs) {
        const ScaleTableShape& s = need.shape;
        if (s.kind == LookupKind::Register) continue;
        const std::uint64_t cells = std::min(
            {lanes, std::uint64_t{s.cells()}, heads_of_lanes(lanes, s.head_dim) * s.dim_groups});
        bits = std::max(bits, cells * s.state_columns * kScaleBits);
    }
    return {"state scales", Primitive::RegisterBit, static_cast<double>(bits)};
}

AreaParts ssm_area(const SsmConfig& config, const NonlinearConfig& nonlinear) {
    const double channels = config.channel_lanes;
    const double updates = channels * config.state_lanes;
    const double width = config.sum.tree_width;
    constexpr double kStateBits = 32;
    AreaParts area;
    // Per update: A dt, B dt and its product with u; the state fma; the scale of a state's code.
    // Per state lane: the scales of B and C. Per channel: du, D u and the gate; the scales of u, z,
    // D and dt's bias; dt's fma. Per exp unit: A's scale. States are divided by their scale by one
    // divider a channel lane.
    const double scaled = updates + 2.0 * config.state_lanes + 4 * channels + config.exp_units;
    area.logic = {{"update multipliers", Primitive::Fp32Multiplier, 3 * updates},
                  {"state fma", Primitive::Fp32Fma, updates},
                  {"channel multipliers", Primitive::Fp32Multiplier, 3 * channels},
                  {"code multipliers", Primitive::CodeMultiplierBit, kInt8Bits * scaled},
                  {"bias fma", Primitive::Fp32Fma, channels},
                  {"state dividers", Primitive::Fp32Divider, channels},
                  {"state quantizers", Primitive::QuantizeUnit, channels},
                  {"FP16 converters", Primitive::HalfConverter, channels},
                  {"rotating states", Primitive::RegisterBit,
                   kStateBits * updates * config.recurrence_ii_cycles}};
    if (config.sum.tree_width == 0) {
        area.logic.push_back({"output fma chain", Primitive::Fp32Fma, updates});
    } else {
        area.logic.push_back({"output multipliers", Primitive::Fp32Multiplier, updates});
        area.logic.push_back({"output trees and sums", Primitive::Fp32Adder,
                              updates / width * (width - 1) + channels});
    }
    const auto add_units = [&](NonlinearFunction function, double count) {
        for (const LogicPart& part : nonlinear_parts(nonlinear, function, count)) {
            area.logic.push_back(part);
        }
    };
    add_units(NonlinearFunction::Exp, config.exp_units);
    add_units(NonlinearFunction::Softplus, config.softplus_units);
    add_units(NonlinearFunction::Silu, config.silu_units);
    area.memory = {ssm_state_store(config)};
    return area;
}

}  // namespace mambasic::models
