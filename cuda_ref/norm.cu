// Residual add, RMSNorm and int8 quantization (kernels.md 3.1): one block per row.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/tree_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;
constexpr unsigned kMaxWidth = 8192;  // one row of squares: 32 KiB of shared memory

/// Each thread sums trees of its own; thread 0 adds the block sums in order, because their order is
/// part of the result. `squares` holds `width` terms and zeros up to a multiple of the tree.
__device__ void sum_by_trees(float* squares, unsigned width, unsigned tree, float* sum) {
    const unsigned trees = (width + tree - 1) / tree;
    for (unsigned i = threadIdx.x; i < trees; i += blockDim.x) tree_sum(squares + i * tree, tree);
    __syncthreads();
    if (threadIdx.x != 0) return;
    float total = squares[0];
    for (unsigned i = 1; i < trees; ++i) total += squares[i * tree];
    *sum = total;
}

__device__ void sum_in_sequence(const float* values, unsigned width, float* sum) {
    if (threadIdx.x != 0) return;
    float total = 0.0F;
    for (unsigned i = 0; i < width; ++i) total = arith::fma(values[i], values[i], total);
    *sum = total;
}

__global__ void norm_row(NormJob job) {
    __shared__ float terms[kMaxWidth];
    __shared__ float sum;
    const auto width = static_cast<unsigned>(job.width);
    const std::uint64_t first = std::uint64_t{blockIdx.x} * width;
    const unsigned tree = job.sum.tree_width;
    const unsigned padded = tree == 0 ? width : (width + tree - 1) / tree * tree;
    for (unsigned i = threadIdx.x; i < padded; i += blockDim.x) {
        float value = 0.0F;
        if (i < width) {
            value = arith::from_half(job.hidden[first + i]);
            if (job.residual != nullptr) value += job.residual[first + i];
            job.residual_out[first + i] = value;
        }
        terms[i] = tree == 0 ? value : value * value;
    }
    __syncthreads();
    if (tree == 0) {
        sum_in_sequence(terms, width, &sum);
    } else {
        sum_by_trees(terms, width, tree, &sum);
    }
    __syncthreads();
    const float rstd = arith::rsqrt(sum / static_cast<float>(width) + job.epsilon);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        const float normed = job.residual_out[first + i] * rstd * arith::from_half(job.weight[i]);
        job.out[first + i] = arith::quantize_rhe(normed / job.output_scale);
    }
}

}  // namespace

void CudaDevice::residual_norm(const NormJob& job) {
    const std::uint64_t tree = job.sum.tree_width == 0 ? 1 : job.sum.tree_width;
    if ((job.width + tree - 1) / tree * tree > kMaxWidth) {
        throw DeviceError("norm: " + std::to_string(job.width) + " channels in trees of " +
                          std::to_string(tree) + " exceed the kernel's " +
                          std::to_string(kMaxWidth));
    }
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
