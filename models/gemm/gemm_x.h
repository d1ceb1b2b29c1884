// x of a product whose input comes in words: what the array takes of it. Used by gemm_function.cpp
// only.
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

}  // namespace mambasic::models
