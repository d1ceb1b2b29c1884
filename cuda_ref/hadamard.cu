// Hadamard transform of FP16 rows and int8 quantization (kernels.md 4.2): one block per row,
// butterflies of stride 1, 2, 4, ... in shared memory, then the H12 or H40 factor left to right.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;
constexpr unsigned kMaxWidth = 8192;  // one row in FP32: 32 KiB of shared memory

// H12 by rows (kernels.md 4.2): bit c is set where the entry of column c is +1.
__constant__ std::uint16_t kH12[12] = {0xFFD, 0x554, 0xC37, 0x691, 0x0DF, 0xA45,
                                       0x373, 0x919, 0xDC3, 0x469, 0x70F, 0x1A5};

// The 19 x 19 core of H40 is circulant: +1 where (column - row) mod 19 is in
// {0, 2, 3, 8, 10, 12, 13, 14, 15, 18}.
constexpr std::uint32_t kH40Core = 0x4F50D;

__device__ bool positive_h40(unsigned row, unsigned column) {
    const bool flipped = row >= 20 && column >= 20;  // [[P, P], [P, -P]]
    const unsigned r = row % 20;
    const unsigned c = column % 20;
    bool positive = c == 0;
    if (r != 0 && c != 0) positive = ((kH40Core >> ((c + 19 - r) % 19)) & 1U) != 0;
    return positive != flipped;
}

__device__ bool positive(unsigned order, unsigned row, unsigned column) {
    return order == 12 ? ((kH12[row] >> column) & 1U) != 0 : positive_h40(row, column);
}

__device__ void butterflies(float* row, unsigned width, unsigned power) {
    for (unsigned stride = 1; stride < power; stride *= 2) {
        for (unsigned pair = threadIdx.x; pair < width / 2; pair += blockDim.x) {
            const unsigned low = pair / stride * 2 * stride + pair % stride;
            const float a = row[low];
            const float b = row[low + stride];
            row[low] = a + b;
            row[low + stride] = a - b;
        }
        __syncthreads();
    }
}

/// Entry `index` of the product with H12 or H40; order 1 passes the butterflies' result.
__device__ float outer_factor(const float* row, unsigned index, unsigned order, unsigned power) {
    if (order == 1) return row[index];
    const unsigned r = index / power;
    const unsigned i = index % power;
    float sum = positive(order, r, 0) ? row[i] : -row[i];
    for (unsigned c = 1; c < order; ++c) {
        const float term = row[c * power + i];
        sum = positive(order, r, c) ? sum + term : sum - term;
    }
    return sum;
}

__global__ void transform_row(HadamardJob job, unsigned order) {
    __shared__ float row[kMaxWidth];
    const auto width = static_cast<unsigned>(job.width);
    const unsigned power = width / order;
    const std::uint64_t first = std::uint64_t{blockIdx.x} * width;
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        row[i] = arith::from_half(job.x[first + i]);
    }
    __syncthreads();
    butterflies(row, width, power);
    for (unsigned i = threadIdx.x; i < width; i += blockDim.x) {
        const float scaled = outer_factor(row, i, order, power) * job.scale;
        job.out[first + i] = job.wrap ? arith::wrap_rha(scaled) : arith::quantize_rha(scaled);
    }
}

/// The m of width = m * 2^k, as upstream dispatches (kernels.md 4.1).
unsigned order_of(std::uint64_t width) {
    const unsigned order = width % 12 == 0 ? 12 : width % 40 == 0 ? 40 : 1;
    const std::uint64_t power = width / order;
    if (width == 0 || width > kMaxWidth || (power & (power - 1)) != 0) {
        throw DeviceError("hadamard: " + std::to_string(width) +
                          " channels are not 2^k, 12 * 2^k or 40 * 2^k up to " +
                          std::to_string(kMaxWidth));
    }
    return order;
}

}  // namespace

void CudaDevice::hadamard(const HadamardJob& job) {
    const unsigned order = order_of(job.width);
    Staging staging;
    HadamardJob on_gpu = job;
    on_gpu.x = staging.input(job.x, job.rows * job.width);
    on_gpu.out = staging.output(job.out, job.rows * job.width);
    launch(transform_row, blocks_for(job.rows, 1), kThreads, on_gpu, order);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
