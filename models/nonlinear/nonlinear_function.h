// The nonlinear units exp, softplus, SiLU and 1/sqrt as built: the bits, and how far they are from
// the contract's. Spec: arithmetic.md "The primitives".
//
//   exp       2^f on [0, 1) after x log2 e = k + f; `table`: 2^f in table_entries linear pieces,
//             `polynomial`: one piece of polynomial_degree
//   softplus, on [-16, 16), 0 below and x above; `table`: table_entries linear pieces,
//   silu      `polynomial`: 32 pieces of polynomial_degree
//   rsqrt     on [1, 4) after v = m 4^h; `table`: table_entries linear pieces, `polynomial`: two
#pragma once

#include <cstdint>

#include "golden/arithmetic.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/nonlinear/unit_eval.h"
#include "models/nonlinear/unit_table.h"

namespace mambasic::models {

/// What the kernels need to evaluate a unit. Tables are built at the first use of a configuration
/// and live as long as the process.
UnitView unit_view(UnitFunction function, const NonlinearUnit& unit);

/// One input through the unit; `form` matters to the exact softplus only.
float nonlinear_evaluate(UnitFunction function, const NonlinearUnit& unit, float x,
                         arith::Softplus form = arith::Softplus::Log1p);

struct NonlinearError {
    double max_ulp = 0;  // FP32 ulp of the exact unit's result
    double mean_ulp = 0;
    float worst_input = 0;
    std::uint64_t samples = 0;
};

/// The unit against the exact one, over 65,536 evenly spaced inputs of the range that a Mamba layer
/// uses: exp [-20, 0], softplus and SiLU [-12, 12], rsqrt [2^-20, 2^20] evenly in the exponent.
NonlinearError nonlinear_error(UnitFunction function, const NonlinearUnit& unit);

}  // namespace mambasic::models
