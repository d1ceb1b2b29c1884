// Scales for random traces: about 45 codes rms in every tensor.
#pragma once

#include <string>

#include "traces/dims.h"

namespace mambasic::cuda_ref {

bool ends_with(const std::string& name, const std::string& end);

/// About how large the scale of this name is.
double typical_scale(const traces::Dims& dims, const std::string& name);

/// Powers of two in every other column: there many products lie half way between two codes, and the
/// two roundings of Mamba2's in_proj differ.
bool makes_ties(const traces::Dims& dims, const std::string& name);

}  // namespace mambasic::cuda_ref
