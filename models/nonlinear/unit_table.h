// The contents of the approximate units' coefficient memories, made from IEEE double + - * / and
// sqrt alone, so that every machine builds the same tables.
#pragma once

#include <cstdint>
#include <vector>

#include "models/nonlinear/unit_eval.h"

namespace mambasic::models {

enum class UnitFunction : std::uint8_t { Exp, Softplus, Silu, Rsqrt };

/// Interpolates the function through degree + 1 Chebyshev points of each segment (degree 1: through
/// the segment's ends, as a table of values does). Layout as UnitView::coefficients, orders 0..5.
std::vector<float> unit_coefficients(UnitFunction function, std::uint32_t segments,
                                     std::uint32_t degree, bool through_ends);

}  // namespace mambasic::models
