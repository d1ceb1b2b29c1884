// arith::saturates_* as 0 or 1 without a branch: the short circuit of || keeps GCC 12 from
// vectorizing the loops that quantize and count.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

MAMBASIC_ARITH std::uint32_t saturated_rhe(float v) {
    return static_cast<std::uint32_t>(v >= 127.5F) | static_cast<std::uint32_t>(v < -128.5F);
}

MAMBASIC_ARITH std::uint32_t saturated_rha(float v) {
    return static_cast<std::uint32_t>(v >= 127.5F) | static_cast<std::uint32_t>(v <= -128.5F);
}

}  // namespace mambasic::models
