#include "models/conv/conv_function.h"

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/conv/conv_kernels.h"
#include "models/nonlinear/nonlinear_function.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(ConvKernels, kConvKernels)

namespace {

constexpr std::uint64_t kTaps = 4;
constexpr std::uint64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread

ConvBlock block_of(const ConvTile& tile, std::uint64_t sequence, std::uint64_t channel) {
    ConvBlock block{};
    block.tokens = static_cast<std::int64_t>(tile.shape.tokens);
    block.channels = static_cast<std::int64_t>(tile.shape.channels - channel);
    if (block.channels > kConvBlock) block.channels = kConvBlock;
    block.per_tap_scaling = tile.per_tap_scaling;
    block.x = tile.x + sequence * tile.x_sequence_stride + channel;
    block.x_stride = static_cast<std::int64_t>(tile.x_stride);
    block.history = tile.history + (sequence * tile.shape.channels + channel) * kTaps;
    block.weight = tile.weight + channel * kTaps;
    block.bias = tile.bias + channel;
    block.input_scale = tile.input_scale;
    block.weight_scale = tile.weight_scale;
    block.bias_scale = tile.bias_scale;
    block.output_scale = tile.output_scale;
    block.output = tile.output + sequence * tile.output_sequence_stride + channel;
    block.output_stride = static_cast<std::int64_t>(tile.output_stride);
    return block;
}

}  // namespace

// Per tile: S = weight_scale * input_scale; per channel: the bias scaled (1 mul) and in per-tap
// mode four taps scaled (4 mul). Per output: prefill 4 int8 MACs and 1 fma, decode 4 fma; then
// SiLU, the division by the output scale, the quantizer. The traffic of the histories is the cost
// side's (conv_history_traffic), reading the output scale the scale table's.
Counts conv_count(const ConvShape& shape, bool per_tap_scaling) {
    const std::uint64_t outputs = shape.sequences * shape.tokens * shape.channels;
    Counts counts;
    counts[Event::Int8Mac] = per_tap_scaling ? 0 : kTaps * outputs;
    counts[Event::Fp32Fma] = per_tap_scaling ? kTaps * outputs : outputs;
    counts[Event::Fp32Mul] = 1 + shape.channels * (per_tap_scaling ? 1 + kTaps : 1);
    counts[Event::Silu] = outputs;
    counts[Event::Fp32Div] = outputs;
    counts[Event::QuantizeInt8] = outputs;
    return counts;
}

Counts conv_compute(const ConvConfig& /*config*/, const NonlinearConfig& nonlinear,
                    const ConvTile& tile) {
    const ConvShape& shape = tile.shape;
    const ConvKernels& kernels = active_kConvKernels();
    const UnitView silu = unit_view(UnitFunction::Silu, nonlinear.silu);
    const auto blocks = static_cast<std::int64_t>((shape.channels + kConvBlock - 1) / kConvBlock);
    const std::int64_t work = static_cast<std::int64_t>(shape.sequences) * blocks;
    const bool parallel = shape.sequences * shape.tokens * shape.channels >= kParallelElements;
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (parallel)
    {
        Scratch scratch(kConvScratchFloats);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < work; ++i) {
            ConvBlock block = block_of(tile, static_cast<std::uint64_t>(i / blocks),
                                       static_cast<std::uint64_t>(i % blocks * kConvBlock));
            block.silu = silu;
            block.scratch = scratch.data();
            saturated += kernels.run(block);
        }
    }
    Counts counts = conv_count(shape, tile.per_tap_scaling);
    counts[Event::Saturated] = saturated;
    return counts;
}

}  // namespace mambasic::models
