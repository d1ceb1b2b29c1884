#include "models/x_code/x_rows.h"

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/common/units.h"
#include "models/x_code/x_kernels.h"
#include "models/x_code/x_layout.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(XKernels, kXKernels)

namespace {

using traces::XCode;
using traces::XFormat;

constexpr std::uint64_t kSlotBytes = 2;
constexpr std::uint64_t kFloatBytes = 4;

// A table has no low scale for a dual code of int8, whose int8 scale is that.
const float* low_of(const XScaleRow& scales) {
    return scales.low == nullptr ? scales.int8 : scales.low;
}

std::uint64_t blocks_of(std::uint64_t channels) {
    return ceil_div(channels, static_cast<std::uint64_t>(kXBlock));
}

}  // namespace

// The copy of a dual code of int8 is what its low quantizer gives before the flag decides.
XOps x_make_ops(const XUse& use) {
    const std::uint64_t copy = use.copied() ? 1 : 0;
    const std::uint64_t compares = use.code.rule == traces::FlagRule::Threshold ? 1 : 0;
    switch (use.code.format) {
        case XFormat::Fp32:
        case XFormat::Rotated8:  // coded behind the rotation
            return {copy, 0, 0, 0};
        case XFormat::Int8Sim:
            return {1, 1, 0, 0};
        case XFormat::Dual8:
            return {2, 0, 0, 1};
        case XFormat::Dual4:
            return {2 + copy, 0, compares, 1};
        case XFormat::Int5:
            return {1 + copy, 0, 0, 1};
        default:
            return {1, 0, 0, 0};
    }
}

XOps bc_make_ops(const XUse& use) {
    if (use.code.format == XFormat::Fp32) return {};
    return {1, use.code.format == XFormat::Int8Sim ? 1U : 0U, 0, 0};
}

void count_decoding(const XUse& use, std::uint64_t elements, Counts& counts) {
    if (use.code.own_codes()) counts[Event::PackCode] += elements;
    if (use.code.dual()) counts[Event::ScaleSelect] += elements;
}

XLayout x_layout(const XCode& code, std::uint64_t channels) {
    XLayout layout{};
    if (!code.own_codes()) return layout;
    layout.packing = code.format == XFormat::Dual8  ? XPacking::Bytes
                     : code.format == XFormat::Int5 ? XPacking::Five
                     : code.skewed                  ? XPacking::Skewed
                                                    : XPacking::Signed;
    layout.flags_in_block = !code.dual() || code.sparse_percent == 0;
    layout.code_bytes = code.format == XFormat::Dual8 ? kXBlock : kXBlock / 2;
    layout.block_bytes = layout.code_bytes + (layout.flags_in_block ? kXFlagBytes : 0);
    if (layout.flags_in_block) return layout;
    layout.list = static_cast<std::int64_t>(blocks_of(channels)) * layout.block_bytes;
    layout.slots = static_cast<std::int64_t>(code.slots(channels));
    return layout;
}

std::uint64_t x_row_bytes(const XCode& code, std::uint64_t channels) {
    return x_part_bytes(code, channels, 0, channels);
}

std::uint64_t x_part_bytes(const XCode& code, std::uint64_t channels, std::uint64_t first,
                           std::uint64_t count) {
    if (code.x_values()) return kFloatBytes * count;
    if (!code.own_codes()) return count;
    if (count == 0) return 0;
    const XLayout layout = x_layout(code, channels);
    const std::uint64_t begin = first / static_cast<std::uint64_t>(kXBlock);
    return (blocks_of(first + count) - begin) * static_cast<std::uint64_t>(layout.block_bytes) +
           kSlotBytes * static_cast<std::uint64_t>(layout.slots);
}

void x_unpack_row(const XCode& code, std::uint64_t channels, const std::uint8_t* words,
                  std::int8_t* codes, std::int8_t* flags) {
    std::vector<std::int8_t> unused(flags == nullptr ? channels : 0);
    active_kXKernels().unpack(x_layout(code, channels), words, 0,
                              static_cast<std::int64_t>(channels), codes,
                              flags == nullptr ? unused.data() : flags);
}

void x_pack_row(const XCode& code, std::uint64_t channels, const std::int8_t* codes,
                const std::int8_t* flags, std::uint8_t* words) {
    active_kXKernels().pack(x_layout(code, channels), static_cast<std::int64_t>(channels), codes,
                            flags, words);
}

XRowTotals x_finish_row(const XCode& code, std::uint64_t channels, const XRowMade& made,
                        std::int8_t* scratch, std::uint8_t* words) {
    const XLayout layout = x_layout(code, channels);
    const auto count = static_cast<std::int64_t>(channels);
    std::int8_t* codes = scratch;
    std::int8_t* flags = scratch + channels;
    const XKernels& kernels = active_kXKernels();
    const XTotals totals =
        kernels.choose(layout, count, {made.low, made.high, made.marks}, codes, flags);
    kernels.pack(layout, count, codes, flags, words);
    return {totals.saturated, totals.flagged};
}

XSource x_source(const XInput& in, const XScaleRow& scales, std::uint64_t sequence,
                 std::uint64_t channel) {
    XSource x{};
    if (in.use.code.x_values()) {
        x.values = in.values + sequence * in.value_sequence_stride + channel;
        x.value_stride = static_cast<std::int64_t>(in.value_stride);
        return x;
    }
    if (!in.use.code.own_codes()) return x;
    x.layout = x_layout(in.use.code, in.channels);
    x.words = in.words + sequence * in.sequence_stride;
    x.stride = static_cast<std::int64_t>(in.stride);
    x.first = static_cast<std::int64_t>(in.first + channel);
    x.low = low_of(scales) + channel;
    x.high = in.use.code.dual() ? scales.high + channel : x.low;
    return x;
}

void x_codes_of_row(const XInput& in, std::uint64_t count, std::uint64_t row, std::int8_t* codes,
                    std::int8_t* flags) {
    active_kXKernels().unpack(x_layout(in.use.code, in.channels), in.words + row * in.stride,
                              static_cast<std::int64_t>(in.first), static_cast<std::int64_t>(count),
                              codes, flags);
}

void x_requantize(const XInput& in, std::uint64_t count, std::uint64_t rows, std::int8_t* codes) {
    const XScaleRows spread(in, count);
    const XScaleRow& scales = spread.row();
    const float* low = low_of(scales);
    const float* high = scales.high == nullptr ? low : scales.high;
    const auto n = static_cast<std::int64_t>(count);
    const XKernels& kernels = active_kXKernels();
#pragma omp parallel if (rows * count >= kXParallelElements)
    {
        ScratchOf<std::int8_t> planes(2 * count);  // codes, then flags
        Scratch decoded(count);
        std::int8_t* flags = planes.data() + count;
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(rows); ++i) {
            const auto row = static_cast<std::uint64_t>(i);
            const float* values = in.values + row * in.value_stride;
            if (!in.use.code.x_values()) {
                x_codes_of_row(in, count, row, planes.data(), flags);
                kernels.decode(planes.data(), flags, low, high, n, decoded.data());
                values = decoded.data();
            }
            kernels.requantize(values, scales.int8, n, codes + row * count);
        }
    }
}

XScaleRows::XScaleRows(const XInput& in, std::uint64_t count) : row_(in.scales) {
    if (row_.int8 != nullptr || row_.low != nullptr || row_.high != nullptr) return;
    int8_.assign(count, in.one.int8);
    low_.assign(count, in.one.low);
    high_.assign(count, in.one.high);
    row_ = {int8_.data(), low_.data(), high_.data(), nullptr};
}

}  // namespace mambasic::models
