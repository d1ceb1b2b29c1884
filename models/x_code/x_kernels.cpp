// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/x_code/x_kernels.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

XTotals choose_without_flags(std::int64_t channels, const XMade& made, std::int8_t* codes,
                             std::int8_t* flags) {
    const std::uint8_t* __restrict marks = made.marks;
    std::uint32_t saturated = 0;
    for (std::int64_t c = 0; c < channels; ++c) saturated += (marks[c] / kXLowHeld) & 1U;
    std::memcpy(codes, made.low, static_cast<std::size_t>(channels));
    std::memset(flags, 0, static_cast<std::size_t>(channels));
    return {saturated, 0};
}

XTotals choose_by_flag(std::int64_t channels, const XMade& made, std::int8_t* __restrict codes,
                       std::int8_t* __restrict flags) {
    const std::int8_t* __restrict low = made.low;
    const std::int8_t* __restrict high = made.high;
    const std::uint8_t* __restrict marks = made.marks;
    std::uint32_t saturated = 0;
    std::uint32_t flagged = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
        const std::uint32_t flag = marks[c] & 1U;
        const std::uint32_t held = flag != 0 ? marks[c] / kXHighHeld : marks[c] / kXLowHeld;
        codes[c] = flag != 0 ? high[c] : low[c];
        flags[c] = static_cast<std::int8_t>(flag);
        saturated += held & 1U;
        flagged += flag;
    }
    return {saturated, flagged};
}

// The first ones in channel order have the places of the list.
XTotals choose_listed(const XLayout& layout, std::int64_t channels, const XMade& made,
                      std::int8_t* codes, std::int8_t* flags) {
    XTotals totals{0, 0};
    const auto slots = static_cast<std::uint64_t>(layout.slots);
    for (std::int64_t c = 0; c < channels; ++c) {
        const bool flag = (made.marks[c] & kXFlag) != 0 && totals.flagged < slots;
        const std::uint32_t held = made.marks[c] & (flag ? kXHighHeld : kXLowHeld);
        codes[c] = flag ? made.high[c] : made.low[c];
        flags[c] = flag ? 1 : 0;
        totals.saturated += held != 0 ? 1 : 0;
        totals.flagged += flag ? 1 : 0;
    }
    return totals;
}

XTotals choose(const XLayout& layout, std::int64_t channels, const XMade& made, std::int8_t* codes,
               std::int8_t* flags) {
    if (made.high == nullptr) return choose_without_flags(channels, made, codes, flags);
    if (layout.slots > 0) return choose_listed(layout, channels, made, codes, flags);
    return choose_by_flag(channels, made, codes, flags);
}

// What a code is in its word: the low four bits, and bit 4 in the place of the flag.
void to_fields(const XLayout& layout, std::int8_t* __restrict codes,
               std::int8_t* __restrict flags) {
    for (std::int64_t k = 0; k < kXBlock; ++k) {
        if (layout.packing == XPacking::Five) {
            flags[k] = static_cast<std::int8_t>((codes[k] >> 4) & 1);
        }
        const int shifted = layout.packing == XPacking::Skewed ? codes[k] + 1 : codes[k];
        codes[k] = static_cast<std::int8_t>(shifted & 15);
    }
}

void pack_block(const XLayout& layout, std::int8_t* __restrict codes, std::int8_t* __restrict flags,
                std::uint8_t* __restrict block) {
    if (layout.packing == XPacking::Bytes) {
        std::memcpy(block, codes, kXBlock);
    } else {
        to_fields(layout, codes, flags);
        for (std::int64_t j = 0; j < kXBlock / 2; ++j) {
            block[j] = static_cast<std::uint8_t>(codes[2 * j] + 16 * codes[2 * j + 1]);
        }
    }
    if (!layout.flags_in_block) return;
    std::uint8_t* bits = block + layout.code_bytes;
    for (std::int64_t i = 0; i < kXFlagBytes; ++i) {
        std::uint32_t byte = 0;
        for (std::int64_t k = 0; k < 8; ++k) {
            byte |= static_cast<std::uint32_t>(flags[8 * i + k]) << k;
        }
        bits[i] = static_cast<std::uint8_t>(byte);
    }
}

void write_list(const XLayout& layout, std::int64_t channels, const std::int8_t* flags,
                std::uint8_t* list) {
    std::int64_t slot = 0;
    for (std::int64_t c = 0; c < channels && slot < layout.slots; ++c) {
        if (flags[c] == 0) continue;
        list[2 * slot] = static_cast<std::uint8_t>(c & 255);
        list[2 * slot + 1] = static_cast<std::uint8_t>(c >> 8);
        ++slot;
    }
    for (; slot < layout.slots; ++slot) list[2 * slot] = list[2 * slot + 1] = 255;
}

void pack(const XLayout& layout, std::int64_t channels, const std::int8_t* codes,
          const std::int8_t* flags, std::uint8_t* row) {
    for (std::int64_t first = 0; first < channels; first += kXBlock) {
        const std::int64_t left = channels - first;
        const auto count = static_cast<std::size_t>(left < kXBlock ? left : kXBlock);
        std::int8_t block_codes[kXBlock] = {};
        std::int8_t block_flags[kXBlock] = {};
        std::memcpy(block_codes, codes + first, count);
        if (flags != nullptr) std::memcpy(block_flags, flags + first, count);
        pack_block(layout, block_codes, block_flags, row + first / kXBlock * layout.block_bytes);
    }
    if (layout.slots > 0) write_list(layout, channels, flags, row + layout.list);
}

void unpack(const XLayout& layout, const std::uint8_t* row, std::int64_t first, std::int64_t count,
            std::int8_t* codes, std::int8_t* flags) {
    x_unpack(layout, row, first, count, codes, flags);
}

void decode(const std::int8_t* codes, const std::int8_t* flags, const float* low, const float* high,
            std::int64_t count, float* out) {
    x_decode(codes, flags, low, high, count, out);
}

void requantize(const float* __restrict values, const float* __restrict scale, std::int64_t count,
                std::int8_t* __restrict codes) {
    for (std::int64_t c = 0; c < count; ++c) {
        codes[c] = arith::quantize_rha(values[c] / scale[c]);
    }
}

}  // namespace

extern const XKernels kXKernels;
const XKernels kXKernels = {choose, pack, unpack, decode, requantize};

}  // namespace mambasic::models::MAMBASIC_WIDTH
