// Hadamard transform of FP16 rows and int8 quantization (kernels.md 4.2): one block per row,
// butterflies of stride 1, 2, 4, ... in shared memory, then the H12 or H40 factor left to right.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/hadamard_row.cuh"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;

__global__ void transform_row(HadamardJob job, unsigned order) {
    __shared__ float row[kMaxHadamard];
    const auto width = static_cast<unsigned>(job.width);
    const unsigned power = width / order;
    const std::uint64_t first = std::uint64_t{blockIdx.x} * width;
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        row[i] = arith::from_half(job.x[first + i]);
    }
    __syncthreads();
    butterflies(row, width, power);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        const float scaled = outer_factor(row, i, {order, power}) * job.scale;
        job.out[first + i] = job.wrap ? arith::wrap_rha(scaled) : arith::quantize_rha(scaled);
    }
}

}  // namespace

void CudaDevice::hadamard(const HadamardJob& job) {
    const unsigned order = hadamard_order("hadamard", job.width);
    Staging staging;
    HadamardJob on_gpu = job;
    on_gpu.x = staging.input(job.x, job.rows * job.width);
    on_gpu.out = staging.output(job.out, job.rows * job.width);
    launch(transform_row, blocks_for(job.rows, 1), kThreads, on_gpu, order);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
