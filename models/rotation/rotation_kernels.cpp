// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/rotation/rotation_kernels.h"

#include "models/common/saturate.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

constexpr std::int64_t kOutputs = kRotationOutputs;
constexpr std::int64_t kRows = 4;  // that take a weight together

// Result i is a sum over j of matrix[j][first + i].
void take_columns(const arith::Half* matrix, std::int64_t width, std::int64_t first,
                  std::int64_t columns, float* __restrict panel) {
    for (std::int64_t j = 0; j < width; ++j) {
        const arith::Half* row = matrix + j * width + first;
        for (std::int64_t i = 0; i < kOutputs; ++i) {
            panel[j * kOutputs + i] = i < columns ? arith::from_half(row[i]) : 0.0F;
        }
    }
}

// Result i is a sum over j of matrix[first + i][j].
void take_rows(const arith::Half* matrix, std::int64_t width, std::int64_t first,
               std::int64_t columns, float* __restrict panel) {
    for (std::int64_t i = 0; i < kOutputs; ++i) {
        const arith::Half* row = matrix + (first + i) * width;
        for (std::int64_t j = 0; j < width; ++j) {
            panel[j * kOutputs + i] = i < columns ? arith::from_half(row[j]) : 0.0F;
        }
    }
}

// One fma after another for j = 0, 1, ..., from +0: the order is the contract's.
template <std::int64_t kCount>
void multiply_rows(const RotationProduct& p, std::int64_t row) {
    float sums[kCount][kOutputs] = {};
    const float* x = p.x + row * p.width;
    const float* panel = p.panel;
    const std::int64_t width = p.width;
    for (std::int64_t j = 0; j < width; ++j) {
        for (std::int64_t r = 0; r < kCount; ++r) {
            const float term = x[r * width + j];
            for (std::int64_t i = 0; i < kOutputs; ++i) {
                sums[r][i] = arith::fma(panel[j * kOutputs + i], term, sums[r][i]);
            }
        }
    }
    __builtin_memcpy(p.out + row * kOutputs, sums, sizeof(sums));
}

void multiply(const RotationProduct& p) {
    std::int64_t row = 0;
    for (; row + kRows <= p.rows; row += kRows) multiply_rows<kRows>(p, row);
    for (; row < p.rows; ++row) multiply_rows<1>(p, row);
}

std::uint64_t quantize(const RotationCodes& s) {
    const float* __restrict x = s.x;
    std::int8_t* __restrict output = s.output;
    const float factor = s.factor;  // stores to int8 may alias s
    const float scale = s.scale;
    const std::int64_t count = s.count;
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const float rotated = x[i] * factor;
        const float quotient = rotated / scale;
        output[i] = arith::quantize_rha(quotient);
        saturated += saturated_rha(quotient);
    }
    return saturated;
}

void decode(const std::int8_t* codes, std::int64_t count, float scale, float* __restrict out) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = scale * static_cast<float>(codes[i]);
}

void scale(const float* x, std::int64_t count, float factor, float* __restrict out) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = factor * x[i];
}

}  // namespace

extern const RotationKernels kRotationKernels;
const RotationKernels kRotationKernels = {take_columns, take_rows, multiply,
                                          quantize,     decode,    scale};

}  // namespace mambasic::models::MAMBASIC_WIDTH
