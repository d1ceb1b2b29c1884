// Rotated codes of x (ssm.md 8.9): one block per row rotates it in shared memory, codes it, and
// rotates what the codes stand for back. By Hadamard's transform as in kernels.md 4.2, or by a
// matrix, each element a chain of fma upwards.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/hadamard_row.cuh"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;

/// A rotated element becomes its code; what that stands for takes its place.
__device__ float code_element(const RotateJob& job, unsigned channel, float rotated) {
    const std::uint64_t at = std::uint64_t{blockIdx.x} * job.channels + channel;
    job.codes[at] = arith::quantize_rha(rotated / job.scale);
    return job.scale * static_cast<float>(job.codes[at]);
}

__device__ void load(const RotateJob& job, float* row) {
    for (unsigned i = threadIdx.x; i < job.channels; i += blockDim.x) {
        row[i] = job.values[blockIdx.x * job.stride + i];
    }
    __syncthreads();
}

/// Every element is of the whole row, so none is replaced before all are made: they stand in
/// `values` meanwhile.
__device__ void take_over(const RotateJob& job, const float* values, float* row) {
    __syncthreads();
    for (unsigned i = threadIdx.x; i < job.channels; i += blockDim.x) {
        row[i] = code_element(job, i, values[i]);
    }
    __syncthreads();
}

__global__ void rotate_by_hadamard(RotateJob job, unsigned order) {
    __shared__ float row[kMaxHadamard];
    float* values = job.values + blockIdx.x * job.stride;
    const auto width = static_cast<unsigned>(job.channels);
    const unsigned power = width / order;
    load(job, row);
    butterflies(row, width, power);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        values[i] = outer_factor(row, i, {order, power}) * job.factor;
    }
    take_over(job, values, row);
    butterflies(row, width, power);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        values[i] = outer_factor(row, i, {order, power, true}) * job.factor;
    }
}

/// Of row `i` of the matrix, or of its column.
__device__ float chain(const RotateJob& job, const float* row, unsigned i, bool transposed) {
    float sum = 0.0F;
    for (unsigned j = 0; j < job.channels; ++j) {
        const std::uint64_t at = transposed ? j * job.channels + i : i * job.channels + j;
        sum = arith::fma(arith::from_half(job.matrix[at]), row[j], sum);
    }
    return sum;
}

__global__ void rotate_by_matrix(RotateJob job) {
    __shared__ float row[kMaxHadamard];
    float* values = job.values + blockIdx.x * job.stride;
    load(job, row);
    for (unsigned i = threadIdx.x; i < job.channels; i += blockDim.x) {
        values[i] = chain(job, row, i, false);
    }
    take_over(job, values, row);
    for (unsigned i = threadIdx.x; i < job.channels; i += blockDim.x) {
        values[i] = chain(job, row, i, true);
    }
}

void require_fits(std::uint64_t channels) {
    if (channels <= kMaxHadamard) return;
    throw DeviceError("rotation: " + std::to_string(channels) + " channels exceed the kernel's " +
                      std::to_string(kMaxHadamard));
}

}  // namespace

void CudaDevice::rotate_x(const RotateJob& job) {
    const bool dense = job.matrix != nullptr;
    require_fits(job.channels);
    const unsigned order = dense ? 1 : hadamard_order("rotation", job.channels);
    Staging staging;
    RotateJob on_gpu = job;
    on_gpu.matrix = staging.input(job.matrix, job.channels * job.channels);
    on_gpu.values = staging.in_out(job.values, job.rows * job.stride);
    on_gpu.codes = staging.output(job.codes, job.rows * job.channels);
    const unsigned blocks = blocks_for(job.rows, 1);
    if (dense) {
        launch(rotate_by_matrix, blocks, kThreads, on_gpu);
    } else {
        launch(rotate_by_hadamard, blocks, kThreads, on_gpu, order);
    }
    staging.finish();
}

}  // namespace mambasic::cuda_ref
