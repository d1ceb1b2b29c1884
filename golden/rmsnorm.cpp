#include "golden/rmsnorm.h"

#include <vector>

#include "golden/parallel.h"
#include "golden/sums.h"

namespace mambasic::golden {
namespace {

void norm_row(const RmsNormParams& params, const float* a, std::size_t width, std::int8_t* output) {
    std::vector<float> squares(width);
    const float sum = sum_of_products(a, a, width, params.sum, squares.data());
    const float variance = sum / static_cast<float>(width);
    const float rstd = arith::rsqrt(variance + params.epsilon);
    for (std::size_t i = 0; i < width; ++i) {
        const float y = a[i] * rstd * arith::from_half(params.weight[i]);  // left to right
        output[i] = arith::quantize_rhe(y / params.output_scale);
    }
}

}  // namespace

void rmsnorm(const RmsNormParams& params, const RmsNormRows& input, float* residual_out,
             std::int8_t* output) {
    const std::size_t width = input.width;
#pragma omp parallel for schedule(static) if (worth_threads(input.rows * width))
    for (std::size_t r = 0; r < input.rows; ++r) {
        float* a = residual_out + r * width;
        for (std::size_t i = 0; i < width; ++i) {
            const float hidden = arith::from_half(input.hidden[r * width + i]);
            a[i] = input.residual == nullptr ? hidden : hidden + input.residual[r * width + i];
        }
        norm_row(params, a, width, output + r * width);
    }
}

}  // namespace mambasic::golden
