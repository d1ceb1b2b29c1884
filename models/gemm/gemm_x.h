// x of a product whose input comes in words: what the array takes of it, and what that takes. Used
// by gemm_function.cpp only.
#pragma once

#include <vector>

#include "models/gemm/gemm_function.h"

namespace mambasic::models {

/// [m][k]: int8 codes made of words, or the codes apart by their flags, the others' places 0.
struct StagedX {
    std::vector<std::int8_t> x;
    std::vector<std::int8_t> flagged;  // of dual codes that are multiplied
};
StagedX stage_x(const GemmTile& tile);

/// What happens to x on its way into the array, every time that it enters; and what two sums take
/// where there was one.
void count_gemm_x(const GemmConfig& config, const GemmShape& shape, const XUse& use,
                  Counts& counts);

}  // namespace mambasic::models
