// Residual add, RMSNorm and int8 quantization (kernels.md 3.1): one block per row.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/row_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;

__global__ void norm_row(NormJob job) {
    __shared__ float terms[kMaxRow];
    __shared__ float sum;
    const auto width = static_cast<unsigned>(job.width);
    const std::uint64_t first = std::uint64_t{blockIdx.x} * width;
    const unsigned tree = job.sum.tree_width;
    for (unsigned i = threadIdx.x; i < padded_terms(width, tree); i += blockDim.x) {
        float value = 0.0F;
        if (i < width) {
            value = arith::from_half(job.hidden[first + i]);
            if (job.residual != nullptr) value += job.residual[first + i];
            job.residual_out[first + i] = value;
        }
        terms[i] = tree == 0 ? value : value * value;
    }
    sum_squares(terms, width, tree, &sum);
    const float rstd = arith::rsqrt(sum / static_cast<float>(width) + job.epsilon);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        const float normed = job.residual_out[first + i] * rstd * arith::from_half(job.weight[i]);
        job.out[first + i] = arith::quantize_rhe(normed / job.output_scale);
    }
}

}  // namespace

void CudaDevice::residual_norm(const NormJob& job) {
    require_row_fits("norm", job.width, job.sum);
    Staging staging;
    NormJob on_gpu = job;
    const std::uint64_t elements = job.rows * job.width;
    on_gpu.hidden = staging.input(job.hidden, elements);
    on_gpu.residual = staging.input(job.residual, elements);
    on_gpu.weight = staging.input(job.weight, job.width);
    on_gpu.residual_out = staging.output(job.residual_out, elements);
    on_gpu.out = staging.output(job.out, elements);
    launch(norm_row, blocks_for(job.rows, 1), kThreads, on_gpu);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
