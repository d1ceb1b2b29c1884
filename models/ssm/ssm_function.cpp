#include "models/ssm/ssm_function.h"

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/nonlinear/nonlinear_function.h"
#include "models/ssm/ssm_kernels.h"
#include "models/x_code/x_layout.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(SsmKernel, kSsmPrefill)
MAMBASIC_KERNEL_SET(SsmKernel, kSsmDecode)

namespace {

constexpr std::uint64_t kParallelUpdates = 1 << 18;  // fewer are not worth waking a thread

SsmRow row_of(const SsmOperand& operand, std::uint64_t sequence, std::uint64_t channel) {
    return {operand.data + sequence * operand.sequence_stride + channel,
            static_cast<std::int64_t>(operand.stride), operand.scale};
}

void point_at_scales(const SsmTile& tile, std::uint64_t channel, SsmBlock& block) {
    block.state_scale = tile.weights.state_scale;
    if (tile.cells.cells == nullptr) return;
    if (tile.cells.u != nullptr) block.u_scales = tile.cells.u + channel;
    block.state_scales = tile.cells.state;
    block.cells = tile.cells.cells + channel;
}

// Everything but the scratch of one sequence's block of channels.
SsmBlock block_of(const SsmTile& tile, std::uint64_t sequence, std::uint64_t channel) {
    const SsmShape& shape = tile.shape;
    const SsmWeights& w = tile.weights;
    const std::uint64_t states = (sequence * shape.channels + channel) * shape.states;
    SsmBlock block{};
    block.tokens = static_cast<std::int64_t>(shape.tokens);
    block.states = static_cast<std::int64_t>(shape.states);
    block.channels = static_cast<std::int64_t>(shape.channels - channel);
    if (block.channels > kSsmBlock) block.channels = kSsmBlock;
    if (tile.x_in.use.int8()) block.u = row_of(tile.u, sequence, channel);
    block.dt = row_of(tile.dt, sequence, channel);
    block.b = row_of(tile.b, sequence, 0);
    block.c = row_of(tile.c, sequence, 0);
    block.z = row_of(tile.z, sequence, channel);
    block.a_log = w.a_log + channel * shape.states;
    block.d = w.d + channel;
    block.dt_bias = w.dt_bias + channel;
    block.a_scale = w.a_scale;
    block.d_scale = w.d_scale;
    block.dt_bias_scale = w.dt_bias_scale;
    point_at_scales(tile, channel, block);
    block.softplus_form = tile.softplus;
    block.quantize_state = tile.last_tile;
    block.carry = tile.carry == nullptr ? nullptr : tile.carry + states;
    block.state = tile.state == nullptr ? nullptr : tile.state + states;
    block.y = tile.y + sequence * tile.y_sequence_stride + channel;
    block.y_stride = static_cast<std::int64_t>(tile.y_stride);
    return block;
}

}  // namespace

// What the core does, element by element. A product added into a sum counts as one multiply-add,
// whatever the order of the sum.
//   per tile, channel:         D and dt_bias dequantized                            2 mul
//   per tile, channel, state:  A = -exp(scale * code)                               1 mul, 1 exp
//   per token, state:          B and C dequantized                                  2 mul
//   prefill, per token, channel: u, dt*u, D*u, z, out*z                             5 mul
//                              dt's argument 1 fma; softplus; gate (silu unit); y to FP16
//   prefill, per token, channel, state: A*dt, (dt*u)*B                              2 mul, 1 exp
//                              recurrence, y                                        2 fma
//   prefill, after the last token, per channel, state: /scale, quantize             1 div
//   decode, per token, channel: x, z, y*gate                                        3 mul
//                              dt's argument, x*D + y 2 fma; softplus; silu; y to FP16
//   decode, per token, channel, state: s, A*dt, B*dt, (B*dt)*x                      4 mul, 1 exp
//                              recurrence, y 2 fma; /scale, quantize                1 div
// The traffic of the state store is the cost side's (ssm_state_traffic).
Counts ssm_count(const SsmShape& shape, bool decode, bool last_tile, const XInput& x) {
    const std::uint64_t weights = shape.channels * shape.states;
    const std::uint64_t states = shape.sequences * weights;
    const std::uint64_t rows = shape.sequences * shape.tokens;
    const std::uint64_t outputs = rows * shape.channels;
    const std::uint64_t updates = outputs * shape.states;
    const std::uint64_t stored = decode ? updates : (last_tile ? states : 0);
    Counts counts;
    counts[Event::Fp32Mul] = 2 * shape.channels + weights + 2 * rows * shape.states +
                             outputs * (decode ? 3 : 5) + updates * (decode ? 4 : 2);
    counts[Event::Fp32Fma] = outputs * (decode ? 2 : 1) + 2 * updates;
    counts[Event::Exp] = weights + updates;
    counts[Event::Softplus] = outputs;
    counts[Event::Silu] = outputs;
    counts[Event::HalfConvert] = outputs;
    counts[Event::Fp32Div] = stored;
    counts[Event::QuantizeInt8] = stored;
    if (x.use.code.x_values()) counts[Event::Fp32Mul] -= outputs;  // u is there
    count_decoding(x.use, outputs, counts);
    return counts;
}

Counts ssm_compute(const SsmConfig& config, const NonlinearConfig& nonlinear, const SsmTile& tile) {
    const SsmShape& shape = tile.shape;
    const SsmKernel& kernel = tile.decode ? active_kSsmDecode() : active_kSsmPrefill();
    const UnitView exp = unit_view(UnitFunction::Exp, nonlinear.exp);
    const UnitView softplus = unit_view(UnitFunction::Softplus, nonlinear.softplus);
    const UnitView silu = unit_view(UnitFunction::Silu, nonlinear.silu);
    const auto width = static_cast<std::int64_t>(config.sum.tree_width);
    const auto floats = static_cast<std::size_t>(
        ssm_scratch_floats(static_cast<std::int64_t>(shape.states), width));
    const auto blocks = static_cast<std::int64_t>((shape.channels + kSsmBlock - 1) / kSsmBlock);
    const std::int64_t work = static_cast<std::int64_t>(shape.sequences) * blocks;
    const XScaleRows scales(tile.x_in, tile.x_in.use.int8() ? 0 : shape.channels);
    const bool parallel =
        shape.sequences * shape.tokens * shape.channels * shape.states >= kParallelUpdates;
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (parallel)
    {
        Scratch scratch(floats);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < work; ++i) {
            const auto sequence = static_cast<std::uint64_t>(i / blocks);
            const auto channel = static_cast<std::uint64_t>(i % blocks * kSsmBlock);
            SsmBlock block = block_of(tile, sequence, channel);
            block.x = x_source(tile.x_in, scales.row(), sequence, channel);
            block.exp = exp;
            block.softplus = softplus;
            block.silu = silu;
            block.tree_width = width;
            block.scratch = scratch.data();
            saturated += kernel.run(block);
        }
    }
    Counts counts = ssm_count(shape, tile.decode, tile.last_tile, tile.x_in);
    counts[Event::Saturated] = saturated;
    return counts;
}

}  // namespace mambasic::models
