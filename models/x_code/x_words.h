// Words of x and the numbers they mean, in loops that are compiled once per instruction set. Plain
// types and always-inlined functions only. Spec: ssm.md 8.4 to 8.8.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

constexpr std::int64_t kXBlock = 64;  // channels
constexpr std::int64_t kXFlagBytes = 8;

enum class XPacking : std::uint8_t {
    None,    // not in words
    Signed,  // 4 bits, two's complement
    Skewed,  // 4 bits, q + 1
    Five,    // 4 bits, and bit 4 where the others have a flag
    Bytes,   // 8 bits
};

struct XLayout {
    XPacking packing;
    bool flags_in_block;       // or bit 4 of Five
    std::int64_t code_bytes;   // of a block
    std::int64_t block_bytes;  // codes and what is in the block behind them
    std::int64_t list;         // where a list of flags begins in a row
    std::int64_t slots;        // of the list
};

/// Codes of one kind: those that fit, and the scales that make them.
struct XRange {
    float low, high;
};

/// The code of y under a scale.
MAMBASIC_ARITH std::int8_t x_code(float quotient, XRange range) {
    return static_cast<std::int8_t>(
        arith::detail::round_half_away(arith::detail::clamp_to(quotient, range.low, range.high)));
}

/// Does the rounded quotient lie outside the codes? Rounding is away from zero, so the limits are
/// in.
MAMBASIC_ARITH std::uint32_t x_above(float quotient, XRange range) {
    return static_cast<std::uint32_t>(quotient >= range.high + 0.5F);
}
MAMBASIC_ARITH std::uint32_t x_below(float quotient, XRange range) {
    return static_cast<std::uint32_t>(quotient <= range.low - 0.5F);
}

MAMBASIC_ARITH void x_unpack_nibbles(const std::uint8_t* __restrict bytes,
                                     std::int8_t* __restrict out) {
    for (std::int64_t j = 0; j < kXBlock / 2; ++j) {
        out[2 * j] = static_cast<std::int8_t>(bytes[j] & 15U);
        out[2 * j + 1] = static_cast<std::int8_t>(bytes[j] >> 4U);
    }
}

MAMBASIC_ARITH void x_unpack_bits(const std::uint8_t* __restrict bytes,
                                  std::int8_t* __restrict out) {
    for (std::int64_t i = 0; i < kXFlagBytes; ++i) {
        for (std::int64_t k = 0; k < 8; ++k) {
            out[8 * i + k] = static_cast<std::int8_t>((bytes[i] >> k) & 1U);
        }
    }
}

/// One block as kXBlock codes, and flags where it holds them.
MAMBASIC_ARITH void x_unpack_block(const XLayout& layout, const std::uint8_t* __restrict block,
                                   std::int8_t* __restrict codes, std::int8_t* __restrict flags) {
    if (layout.packing == XPacking::Bytes) {
        std::memcpy(codes, block, kXBlock);
    } else {
        x_unpack_nibbles(block, codes);
    }
    if (layout.flags_in_block) {
        x_unpack_bits(block + layout.code_bytes, flags);
    } else {
        std::memset(flags, 0, kXBlock);
    }
    if (layout.packing == XPacking::Five) {
        for (std::int64_t k = 0; k < kXBlock; ++k) {
            codes[k] = static_cast<std::int8_t>(codes[k] - 16 * flags[k]);
            flags[k] = 0;
        }
    } else if (layout.packing == XPacking::Signed) {
        for (std::int64_t k = 0; k < kXBlock; ++k) {
            codes[k] = static_cast<std::int8_t>((codes[k] ^ 8) - 8);
        }
    } else if (layout.packing == XPacking::Skewed) {
        for (std::int64_t k = 0; k < kXBlock; ++k)
            codes[k] = static_cast<std::int8_t>(codes[k] - 1);
    }
}

MAMBASIC_ARITH std::int64_t x_listed(const std::uint8_t* list, std::int64_t slot) {
    return list[2 * slot] + 256 * std::int64_t{list[2 * slot + 1]};
}

/// The flags of channels first .. first + count that a list names; it ascends.
MAMBASIC_ARITH void x_read_list(const std::uint8_t* list, std::int64_t slots, std::int64_t first,
                                std::int64_t count, std::int8_t* flags) {
    std::int64_t begin = 0;
    for (std::int64_t end = slots; begin < end;) {
        const std::int64_t middle = (begin + end) / 2;
        if (x_listed(list, middle) < first) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    for (; begin < slots && x_listed(list, begin) < first + count; ++begin) {
        flags[x_listed(list, begin) - first] = 1;
    }
}

/// Channels first .. first + count of a row. Int5 has no flags: those come out as 0.
MAMBASIC_ARITH void x_unpack(const XLayout& layout, const std::uint8_t* row, std::int64_t first,
                             std::int64_t count, std::int8_t* codes, std::int8_t* flags) {
    for (std::int64_t at = first; at < first + count;) {
        const std::int64_t block = at / kXBlock;
        const std::int64_t skip = at % kXBlock;
        const std::int64_t left = first + count - at;
        const std::int64_t take = left < kXBlock - skip ? left : kXBlock - skip;
        std::int8_t block_codes[kXBlock];
        std::int8_t block_flags[kXBlock];
        x_unpack_block(layout, row + block * layout.block_bytes, block_codes, block_flags);
        std::memcpy(codes + (at - first), block_codes + skip, static_cast<std::size_t>(take));
        std::memcpy(flags + (at - first), block_flags + skip, static_cast<std::size_t>(take));
        at += take;
    }
    if (layout.slots > 0) x_read_list(row + layout.list, layout.slots, first, count, flags);
}

/// fl(scale * code) with the scale that the flag names.
MAMBASIC_ARITH void x_decode(const std::int8_t* __restrict codes,
                             const std::int8_t* __restrict flags, const float* __restrict low,
                             const float* __restrict high, std::int64_t count,
                             float* __restrict out) {
    for (std::int64_t c = 0; c < count; ++c) {
        const float scale = flags[c] != 0 ? high[c] : low[c];
        out[c] = scale * static_cast<float>(codes[c]);
    }
}

}  // namespace mambasic::models
