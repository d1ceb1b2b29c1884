#include "cuda_ref/code_scales.h"

namespace mambasic::cuda_ref {

namespace {

/// `by_cell` spread over the channels; empty where there is none.
std::vector<float> by_channel(const float* by_cell, const Int8Scales& int8) {
    std::vector<float> out;
    for (std::size_t e = 0; e < int8.decoding.size() && by_cell != nullptr; ++e) {
        out.push_back(by_cell[int8.cells.empty() ? 0 : int8.cells[e]]);
    }
    return out;
}

}  // namespace

CodeScales code_scales(const traces::XCode& code, const traces::XScales& scales,
                       const Int8Scales& int8) {
    CodeScales out;
    if (code.own_scales()) {
        out.low = out.decoded_low = by_channel(scales.low, int8);
        out.high = out.decoded_high = by_channel(scales.high, int8);
        out.threshold = by_channel(scales.threshold, int8);
        return out;
    }
    for (std::size_t e = 0; e < int8.decoding.size(); ++e) {
        out.low.push_back(int8.coding[e]);
        out.decoded_low.push_back(int8.decoding[e]);
        out.high.push_back(int8.coding[e] * code.factor);
        out.decoded_high.push_back(int8.decoding[e] * code.factor);
    }
    return out;
}

std::vector<float> ssm_scales(const traces::XCode& code, const std::vector<float>& decoding) {
    std::vector<float> out = decoding;
    for (float& scale : out) {
        if (code.format == traces::XFormat::Uniform8) scale *= code.factor;
    }
    return out;
}

}  // namespace mambasic::cuda_ref
