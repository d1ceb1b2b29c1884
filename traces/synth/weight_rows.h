// A weight by its rows, so that one too large to hold as floats can be drawn as it is quantized.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace mambasic::traces::synth {

/// FP16 weights [n][k], kept as FP32.
struct WeightRows {
    std::uint32_t n = 0;
    std::uint32_t k = 0;
    /// A pointer to the row's k values; `scratch` may hold them. Called from several threads.
    std::function<const float*(std::uint32_t row, std::vector<float>& scratch)> row;
};

/// `weight` [n][k] must outlive the result.
inline WeightRows rows_of(const std::vector<float>& weight, std::uint32_t k) {
    WeightRows out;
    out.n = static_cast<std::uint32_t>(weight.size() / k);
    out.k = k;
    out.row = [&weight, k](std::uint32_t row, std::vector<float>&) {
        return weight.data() + std::size_t{row} * k;
    };
    return out;
}

}  // namespace mambasic::traces::synth
