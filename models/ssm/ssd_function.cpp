#include "models/ssm/ssd_function.h"

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/common/units.h"
#include "models/nonlinear/nonlinear_function.h"
#include "models/ssm/ssd_kernels.h"
#include "models/x_code/x_layout.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(SsdKernel, kSsdPrefill)
MAMBASIC_KERNEL_SET(SsdKernel, kSsdDecode)

namespace {

constexpr std::uint64_t kParallelUpdates = 1 << 18;  // fewer are not worth waking a thread

SsdCodes codes_of(const SsdOperand& operand, std::uint64_t sequence, std::uint64_t first) {
    return {operand.data + sequence * operand.sequence_stride + first,
            static_cast<std::int64_t>(operand.stride)};
}

SsdNumbers numbers_of(const SsdValues& values, std::uint64_t sequence, std::uint64_t first) {
    return {values.data + sequence * values.sequence_stride + first,
            static_cast<std::int64_t>(values.stride)};
}

void point_at_head(const SsdTile& tile, std::uint64_t sequence, std::uint64_t head,
                   SsdBlock& block) {
    const SsdWeights& w = tile.weights;
    const std::uint64_t group = tile.shape.group_of(head);
    block.dt = codes_of(tile.dt, sequence, head);
    const std::uint64_t first = group * tile.shape.states;
    if (tile.x_in.use.code.values()) {
        block.b_values = numbers_of(tile.b_values, sequence, first);
        block.c_values = numbers_of(tile.c_values, sequence, first);
    } else {
        block.b = codes_of(tile.b, sequence, first);
        block.c = codes_of(tile.c, sequence, first);
        block.b_scale = tile.scales.b[group];
        block.c_scale = tile.scales.c[group];
    }
    block.a_log = w.a_log[head];
    block.d = w.d[head];
    block.dt_bias = w.dt_bias[head];
    block.a_scale = w.a_scale;
    block.d_scale = w.d_scale;
    block.dt_scale = w.dt_scale;
}

void point_at_rows(const SsdTile& tile, std::uint64_t sequence, std::uint64_t channel,
                   SsdBlock& block) {
    const std::uint64_t states =
        sequence * tile.state_sequence_stride + channel * tile.shape.states;
    if (tile.x_in.use.int8()) {
        block.x = codes_of(tile.x, sequence, channel);
        block.x_scales = tile.scales.x + channel;
    } else {
        block.x_in = x_source(tile.x_in, tile.x_in.scales, sequence, channel);
    }
    block.state_scales = tile.scales.state;
    block.cells = tile.scales.cells + channel;
    block.state_columns = static_cast<std::int64_t>(tile.scales.state_columns);
    block.carry = tile.carry == nullptr ? nullptr : tile.carry + states;
    block.state = tile.state + states;
    block.y = tile.y + sequence * tile.y_sequence_stride + channel;
    block.y_stride = static_cast<std::int64_t>(tile.y_stride);
}

/// What is the same for all blocks of a tile.
SsdBlock common_block(const SsmConfig& config, const NonlinearConfig& nonlinear,
                      const SsdTile& tile) {
    SsdBlock block{};
    block.tokens = static_cast<std::int64_t>(tile.shape.tokens);
    block.states = static_cast<std::int64_t>(tile.shape.states);
    block.exp = unit_view(UnitFunction::Exp, nonlinear.exp);
    block.softplus = unit_view(UnitFunction::Softplus, nonlinear.softplus);
    block.softplus_form = tile.softplus;
    block.tree_width = static_cast<std::int64_t>(config.ssd_sum.tree_width);
    block.quantize_state = tile.last_tile;
    return block;
}

/// Block `index` of the tile: sequences, then heads, then blocks of rows.
void point_at(const SsdTile& tile, std::uint64_t index, SsdBlock& block) {
    const auto rows = static_cast<std::uint64_t>(kSsdRows);
    const std::uint64_t blocks = ceil_div(tile.shape.head_dim, rows);
    const std::uint64_t first = index % blocks * rows;
    const std::uint64_t head = index / blocks % tile.shape.heads;
    const std::uint64_t sequence = index / blocks / tile.shape.heads;
    const std::uint64_t left = tile.shape.head_dim - first;
    block.rows = static_cast<std::int64_t>(left < rows ? left : rows);
    point_at_head(tile, sequence, head, block);
    point_at_rows(tile, sequence, head * tile.shape.head_dim + first, block);
}

}  // namespace

// Each head: A's argument, D and dt's bias once; each head and token: dt's fma and softplus, A dt
// and its exp, and B dt for every state. B and C are scaled once for each SSD group. Each row and
// token: x and the D term. Each update: (B dt) x, the state fma, the product with C and the sum.
Counts ssd_count(const SsmConfig& config, const SsdShape& shape, bool decode, bool last_tile,
                 const XInput& x) {
    const std::uint64_t rows = shape.sequences * shape.tokens;
    const std::uint64_t steps = rows * shape.heads;
    const std::uint64_t outputs = rows * shape.channels();
    const std::uint64_t updates = outputs * shape.states;
    const std::uint64_t stored =
        decode ? updates : (last_tile ? shape.sequences * shape.channels() * shape.states : 0);
    const std::uint64_t width = config.ssd_sum.tree_width;
    Counts counts;
    counts[Event::Fp32Mul] = 2 * shape.heads + steps * (1 + shape.states) +
                             2 * rows * shape.groups() * shape.states + outputs + updates +
                             (decode ? updates : 0) + (width > 0 ? updates : 0);
    counts[Event::Fp32Fma] = steps + outputs + updates + (width > 0 ? 0 : updates);
    // A tree's adders work on its padding too.
    if (width > 0) counts[Event::Fp32Add] = outputs * (ceil_div(shape.states, width) * width - 1);
    counts[Event::Exp] = shape.heads + steps;
    counts[Event::Softplus] = steps;
    counts[Event::HalfConvert] = shape.heads + outputs + (decode ? 0 : stored);
    counts[Event::Fp32Div] = stored;
    counts[Event::QuantizeInt8] = stored;
    // What is there in FP32 already.
    if (x.use.code.x_values()) counts[Event::Fp32Mul] -= outputs;
    if (x.use.code.values()) {
        counts[Event::Fp32Mul] -= 2 * rows * shape.groups() * shape.states;
    }
    count_decoding(x.use, outputs, counts);
    return counts;
}

Counts ssd_compute(const SsmConfig& config, const NonlinearConfig& nonlinear, const SsdTile& tile) {
    const SsdShape& shape = tile.shape;
    const SsdKernel& kernel = tile.decode ? active_kSsdDecode() : active_kSsdPrefill();
    const SsdBlock common = common_block(config, nonlinear, tile);
    const auto floats = static_cast<std::size_t>(
        ssd_scratch_floats(common.states, common.tree_width, common.tokens));
    const auto blocks =
        static_cast<std::int64_t>(shape.sequences * shape.heads *
                                  ceil_div(shape.head_dim, static_cast<std::uint64_t>(kSsdRows)));
    const bool parallel =
        shape.sequences * shape.tokens * shape.channels() * shape.states >= kParallelUpdates;
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (parallel)
    {
        Scratch scratch(floats);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < blocks; ++i) {
            SsdBlock block = common;
            point_at(tile, static_cast<std::uint64_t>(i), block);
            block.scratch = scratch.data();
            saturated += kernel.run(block);
        }
    }
    Counts counts = ssd_count(config, shape, tile.decode, tile.last_tile, tile.x_in);
    counts[Event::Saturated] = saturated;
    return counts;
}

}  // namespace mambasic::models
