// Rows of words as the conv, the SSM core and the MAC array take them apart and put them together.
#pragma once

#include "models/x_code/x_rows.h"
#include "models/x_code/x_source.h"

namespace mambasic::models {

XLayout x_layout(const traces::XCode& code, std::uint64_t channels);

/// What the convolution makes of a row before it is complete; see x_kernels.h.
struct XRowMade {
    const std::int8_t* low = nullptr;
    const std::int8_t* high = nullptr;
    const std::uint8_t* marks = nullptr;
};
struct XRowTotals {
    std::uint64_t saturated = 0;
    std::uint64_t flagged = 0;
};
/// Bytes that x_finish_row works in.
constexpr std::uint64_t x_row_scratch(std::uint64_t channels) { return 2 * channels; }
/// Chooses each element's code and packs the row.
XRowTotals x_finish_row(const traces::XCode& code, std::uint64_t channels, const XRowMade& made,
                        std::int8_t* scratch, std::uint8_t* words);

/// Fewer elements are not worth waking a thread.
constexpr std::uint64_t kXParallelElements = 1 << 17;

/// x of the channels from `channel` on, counted from the tile's first; `scales` as in XInput.
XSource x_source(const XInput& in, const XScaleRow& scales, std::uint64_t sequence,
                 std::uint64_t channel);

/// Row `row` of a tile's x: `count` codes and flags, from the tile's first channel on.
void x_codes_of_row(const XInput& in, std::uint64_t count, std::uint64_t row, std::int8_t* codes,
                    std::int8_t* flags);

}  // namespace mambasic::models
