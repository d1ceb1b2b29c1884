// The FP32 words of x that a cell of the scale table has, in the order in which it has them. A dual
// code of int8 has the int8 scale as its low one.
#pragma once

#include <cstdint>

namespace mambasic::models {

struct XColumns {
    bool int8 = true;
    bool low = false;
    bool high = false;
    bool threshold = false;

    std::uint32_t count() const {
        return bits() % 2 + bits() / 2 % 2 + bits() / 4 % 2 + bits() / 8;
    }
    std::uint32_t bits() const {
        return (int8 ? 1U : 0U) + (low ? 2U : 0U) + (high ? 4U : 0U) + (threshold ? 8U : 0U);
    }
};

}  // namespace mambasic::models
