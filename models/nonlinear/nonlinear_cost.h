// Area of the nonlinear units and the price of every arithmetic event on a chip with these units.
// Not modelled: the gates that take a number apart into exponent and position in a segment.
#pragma once

#include <string>
#include <vector>

#include "models/common/cost.h"
#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

enum class NonlinearFunction { Exp, Softplus, Silu, Rsqrt };

/// `count` units of one kind; an exact unit is a primitive of the technology card, a table or
/// polynomial unit is built from adders, multipliers and ROM.
std::vector<LogicPart> nonlinear_parts(const NonlinearConfig& config, NonlinearFunction function,
                                       double count);

/// Prices of everything but bytes, which cost nothing here: their memories' owners add them.
EventPrices logic_prices(const Technology& technology, const NonlinearConfig& config);

}  // namespace mambasic::models
