// Mamba2's gate and RMSNorm (kernels.md 3.3): one block per row and SSD group.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/row_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;

/// y times z sigmoid(z).
__device__ float gated(const GatedNormJob& job, std::uint64_t row, std::uint64_t channel) {
    const float z = job.z_scale * static_cast<float>(job.z.data[row * job.z.stride + channel]);
    const float gate = z * arith::sigmoid(z);
    return arith::from_half(job.y[row * job.width + channel]) * gate;
}

__global__ void normalize_group(GatedNormJob job) {
    __shared__ float terms[kMaxRow];
    __shared__ float sum;
    const auto width = static_cast<unsigned>(job.width / job.groups);
    const std::uint64_t row = blockIdx.x / job.groups;
    const std::uint64_t first = blockIdx.x % job.groups * width;
    const unsigned tree = job.sum.tree_width;
    for (unsigned i = threadIdx.x; i < padded_terms(width, tree); i += blockDim.x) {
        const float value = i < width ? gated(job, row, first + i) : 0.0F;
        terms[i] = tree == 0 ? value : value * value;
    }
    sum_squares(terms, width, tree, &sum);
    const float rstd = arith::rsqrt(sum / static_cast<float>(width) + job.epsilon);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        const std::uint64_t channel = first + i;
        const float normed =
            gated(job, row, channel) * rstd * arith::from_half(job.weight[channel]);
        job.out[row * job.width + channel] = arith::to_half(normed);
    }
}

}  // namespace

void CudaDevice::gated_norm(const GatedNormJob& job) {
    require_row_fits("gated norm", job.width / job.groups, job.sum);
    Staging staging;
    GatedNormJob on_gpu = job;
    on_gpu.y = staging.input(job.y, job.rows * job.width);
    on_gpu.z = staging.input(job.z, job.rows);
    on_gpu.weight = staging.input(job.weight, job.width);
    on_gpu.out = staging.output(job.out, job.rows * job.width);
    launch(normalize_group, blocks_for(job.rows * job.groups, 1), kThreads, on_gpu);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
