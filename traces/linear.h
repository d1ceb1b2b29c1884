// An int8 linear as typed views into a trace: y = epilogue(sum_k x[k] w[n][k])
// (kernels.md 2.2, 2.3).
#pragma once

#include <cstdint>
#include <memory>

namespace mambasic::traces {

enum class LinearKind {
    W8,         // one weight scale: a, b, alpha
    W8Columns,  // a weight scale for each output section, stored by column: a, column
    W4,         // 4-bit codes with two-level scales: a is the input scale, column is s_channel
};

struct Linear {
    /// [n_padded][k], k contiguous. W4: what the codes expand to, rhe((u - 8) * s_group); every
    /// product with it is exact in int32, as with a stored int8 weight.
    const std::int8_t* weight = nullptr;
    std::uint32_t n = 0;         // output channels in use
    std::uint32_t n_padded = 0;  // n rounded up to 16 (W4: 64); what is beyond n is zero
    std::uint32_t k = 0;
    float a = 0;      // input scale; W8 with int8 output: over the output scale
    float b = 0;      // W8: weight scale
    float alpha = 0;  // W8: the single factor of the one-row (GEMV) path
    LinearKind kind = LinearKind::W8;
    /// [n_padded]. W8Columns: weight scale over output scale. W4: s_channel in the order of the
    /// channels, with the output scale folded in where the output is int8.
    const float* column = nullptr;
    /// W4: keeps `weight` and `column` alive, since they were made when the layer was asked for.
    std::shared_ptr<const void> owner = nullptr;
};

/// Weights along k that share one s_group.
constexpr std::uint32_t kW4Group = 128;

}  // namespace mambasic::traces
