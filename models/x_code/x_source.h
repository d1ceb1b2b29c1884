// x of a block of channels as a kernel reads it, token by token, where it is not int8. Plain types
// and always-inlined functions only.
#pragma once

#include "models/x_code/x_words.h"

namespace mambasic::models {

struct XSource {
    XLayout layout;             // of a row
    const std::uint8_t* words;  // of the first token; null: int8, or values
    std::int64_t stride;
    std::int64_t first;   // the block's first channel in the row
    const float* low;     // from there on
    const float* high;    // low again, where there are no flags
    const float* values;  // from the block's first channel on, or null
    std::int64_t value_stride;
};

/// Channels 0 .. count of token t, at most kMost, as the SSM reads them.
template <std::int64_t kMost>
MAMBASIC_ARITH void x_read(const XSource& x, std::int64_t t, std::int64_t count, float* out) {
    if (x.values != nullptr) {
        std::memcpy(out, x.values + t * x.value_stride,
                    static_cast<std::size_t>(count) * sizeof(float));
        return;
    }
    std::int8_t codes[kMost];
    std::int8_t flags[kMost];
    x_unpack(x.layout, x.words + t * x.stride, x.first, count, codes, flags);
    x_decode(codes, flags, x.low, x.high, count, out);
}

}  // namespace mambasic::models
