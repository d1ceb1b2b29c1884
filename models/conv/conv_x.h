// The rows of a conv tile whose x has a code of its own. Which of an element's two codes goes into
// the words is known only when the row is complete: a list of flags has room for the first ones of
// a row. Used by conv_function.cpp only.
#pragma once

#include <vector>

#include "models/conv/conv_function.h"
#include "models/conv/conv_kernels.h"
#include "models/x_code/x_layout.h"

namespace mambasic::models {

class ConvRows {
public:
    explicit ConvRows(const ConvTile& tile);
    /// What the kernel makes of `channels` channels from `channel` on.
    ConvX block(std::uint64_t sequence, std::uint64_t channel, std::int64_t channels);
    /// Packs all rows.
    XRowTotals finish(bool parallel);

private:
    XRowMade made(std::uint64_t row) const;

    const ConvTile& tile_;
    const XOutput& x_;
    std::vector<std::int8_t> low_, high_;  // [sequence][token][x channel], where there are words
    std::vector<std::uint8_t> marks_;
};

}  // namespace mambasic::models
