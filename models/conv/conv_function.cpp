#include "models/conv/conv_function.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/conv/conv_kernels.h"
#include "models/conv/conv_x.h"
#include "models/nonlinear/nonlinear_function.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(ConvKernels, kConvKernels)

namespace {

constexpr std::uint64_t kTaps = 4;
constexpr std::uint64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread

using Sections = std::array<ConvSection, kConvSections>;

std::uint64_t channels_of(const Sections& sections) {
    std::uint64_t sum = 0;
    for (const ConvSection& section : sections) sum += section.channels;
    return sum;
}

Sections sections_of(const ConvTile& tile) {
    if (channels_of(tile.sections) > 0) return tile.sections;
    return {{{tile.shape.channels, tile.input_scale, tile.weight_scale, tile.bias_scale}}};
}

ConvOrder order_of(const ConvTile& tile) {
    if (!tile.per_tap_scaling) return ConvOrder::Sum;
    return tile.bias_after_first_tap ? ConvOrder::PerTapBiasAfterFirst : ConvOrder::PerTap;
}

// What of each section is among the block's channels, counted from its first.
void cut_sections(const Sections& sections, std::uint64_t channel, ConvBlock& block) {
    auto first = -static_cast<std::int64_t>(channel);
    for (std::size_t i = 0; i < kConvSections; ++i) {
        const std::int64_t end = first + static_cast<std::int64_t>(sections[i].channels);
        block.spans[i] = {std::max<std::int64_t>(first, 0), std::min(end, block.channels),
                          sections[i].weight_scale * sections[i].input_scale,
                          sections[i].bias_scale};
        first = end;
    }
}

ConvBlock block_of(const ConvTile& tile, std::uint64_t sequence, std::uint64_t channel) {
    ConvBlock block{};
    block.tokens = static_cast<std::int64_t>(tile.shape.tokens);
    block.channels = static_cast<std::int64_t>(tile.shape.channels - channel);
    if (block.channels > kConvBlock) block.channels = kConvBlock;
    block.order = order_of(tile);
    cut_sections(sections_of(tile), channel, block);
    block.x = tile.x + sequence * tile.x_sequence_stride + channel;
    block.x_stride = static_cast<std::int64_t>(tile.x_stride);
    block.history = tile.history + (sequence * tile.shape.channels + channel) * kTaps;
    block.weight = tile.weight + channel * kTaps;
    block.bias = tile.bias + channel;
    if (tile.output_scales != nullptr) block.output_scales = tile.output_scales + channel;
    if (tile.output != nullptr) {
        block.output = tile.output + sequence * tile.output_sequence_stride + channel;
    }
    block.output_stride = static_cast<std::int64_t>(tile.output_stride);
    return block;
}

void count_making(const XOps& ops, std::uint64_t elements, Counts& counts) {
    counts[Event::Fp32Div] += ops.divisions * elements;
    counts[Event::QuantizeInt8] += ops.int8_codes() * elements;
    counts[Event::QuantizeInt4] += ops.small_codes * elements;
    counts[Event::CodeMulBit] += kInt8Bits * ops.multiplications * elements;
    counts[Event::Int32Add] += (ops.comparisons + ops.listed) * elements;
    counts[Event::PackCode] += ops.packs * elements;
}

}  // namespace

// Per section: S = weight_scale * input_scale (1 mul); per channel: the bias scaled (1 code mul)
// and in per-tap mode four taps scaled (4 code mul). Per output: prefill 4 int8 MACs and 1 fma,
// decode 4 fma; Mamba2's decode scales no bias beforehand and has the first tap as a product of its
// own. Then SiLU, the division by the output scale, the quantizer, or what other codes take in
// their place. The traffic of the histories is the cost side's (conv_history_traffic), reading the
// output scales the scale table's.
Counts conv_count(const ConvTile& tile) {
    const ConvShape& shape = tile.shape;
    const ConvOrder order = order_of(tile);
    const std::uint64_t outputs = shape.sequences * shape.tokens * shape.channels;
    std::uint64_t sections = 0;
    for (const ConvSection& section : sections_of(tile)) sections += section.channels > 0 ? 1 : 0;
    Counts counts;
    counts[Event::Int8Mac] = order == ConvOrder::Sum ? kTaps * outputs : 0;
    counts[Event::Fp32Fma] = order == ConvOrder::Sum ? outputs : kTaps * outputs;
    const std::uint64_t codes =
        (order == ConvOrder::Sum ? 0 : kTaps * shape.channels) +
        (order == ConvOrder::PerTapBiasAfterFirst ? outputs : shape.channels);
    counts[Event::Fp32Mul] = sections;
    counts[Event::CodeMulBit] = kInt8Bits * codes;
    counts[Event::Silu] = outputs;
    const std::uint64_t rows = shape.sequences * shape.tokens;
    const std::uint64_t x = rows * (tile.x_out.use.int8() ? shape.channels : tile.x_out.channels);
    count_making(x_make_ops(tile.x_out.use), x, counts);
    count_making(bc_make_ops(tile.x_out.use), outputs - x, counts);
    return counts;
}

Counts conv_compute(const ConvConfig& /*config*/, const NonlinearConfig& nonlinear,
                    const ConvTile& tile) {
    const ConvShape& shape = tile.shape;
    MAMBASIC_CHECK(channels_of(sections_of(tile)) == shape.channels,
                   "conv sections that do not cover their tile");
    const ConvKernels& kernels = active_kConvKernels();
    const UnitView silu = unit_view(UnitFunction::Silu, nonlinear.silu);
    const auto blocks = static_cast<std::int64_t>((shape.channels + kConvBlock - 1) / kConvBlock);
    const std::int64_t work = static_cast<std::int64_t>(shape.sequences) * blocks;
    const bool parallel = shape.sequences * shape.tokens * shape.channels >= kParallelElements;
    ConvRows rows(tile);
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (parallel)
    {
        Scratch scratch(kConvScratchFloats);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < work; ++i) {
            const auto sequence = static_cast<std::uint64_t>(i / blocks);
            const auto channel = static_cast<std::uint64_t>(i % blocks * kConvBlock);
            ConvBlock block = block_of(tile, sequence, channel);
            const ConvX x = rows.block(sequence, channel, block.channels);
            if (!tile.x_out.use.int8()) block.x_out = &x;
            block.silu = silu;
            block.scratch = scratch.data();
            saturated += kernels.run(block);
        }
    }
    const XRowTotals totals = rows.finish(parallel);
    Counts counts = conv_count(tile);
    counts[Event::Saturated] = saturated + totals.saturated;
    counts[Event::Flagged] = totals.flagged;
    return counts;
}

}  // namespace mambasic::models
