// The numbers of a code of x with an entry where each is read, whatever cells share it (ssm.md 8).
#pragma once

#include <cstdint>
#include <vector>

#include "traces/x_code.h"

namespace mambasic::cuda_ref {

/// Of int8's scales: those that code and those that decode, and the cell of each channel, none
/// where one serves all.
struct Int8Scales {
    const std::vector<float>& coding;    // [E] at least
    const std::vector<float>& decoding;  // [E]
    std::vector<std::uint32_t> cells;    // [E] or empty
};

/// [E] each; empty where the code has none.
struct CodeScales {
    std::vector<float> low, decoded_low, high, decoded_high, threshold;
};

/// Of a code of its own (XCode::own_codes).
CodeScales code_scales(const traces::XCode& code, const traces::XScales& scales,
                       const Int8Scales& int8);

/// What the SSM multiplies int8 codes by, `decoding` being int8's own scales.
std::vector<float> ssm_scales(const traces::XCode& code, const std::vector<float>& decoding);

}  // namespace mambasic::cuda_ref
