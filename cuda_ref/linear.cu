// Linear with int8 products (kernels.md 2.2, 2.3; 4-bit weights arrive expanded): int8 tiles in
// shared memory, dp4a into int32, FP32 epilogue. The accumulator is exact, so the tiling cannot
// change a bit.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/linear_launch.h"
#include "cuda_ref/linear_tile.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr std::uint64_t kMaxDepth = 131071;  // k * 128 * 128 stays below 2^31

__global__ void linear_tile(LinearJob job) {
    __shared__ Tile x_tile;
    __shared__ Tile w_tile;
    const unsigned column = threadIdx.x % kSide;
    const unsigned row = threadIdx.x / kSide;
    const std::uint64_t first_row = std::uint64_t{blockIdx.y} * kTile;
    const std::uint64_t first_column = std::uint64_t{blockIdx.x} * kTile;
    const Codes weight{job.weight, job.x.width, job.x.width};
    int acc[kPer][kPer] = {};
    for (std::uint64_t k = 0; k < job.x.width; k += kDepth) {
        load_tile(x_tile, job.x, first_row, job.rows, k);
        load_tile(w_tile, weight, first_column, job.n, k);
        __syncthreads();
        for (unsigned word = 0; word < kWords; ++word) {
            for (unsigned i = 0; i < kPer; ++i) {
                for (unsigned j = 0; j < kPer; ++j) {
                    acc[i][j] = __dp4a(x_tile[row + i * kSide][word],
                                       w_tile[column + j * kSide][word], acc[i][j]);
                }
            }
        }
        __syncthreads();
    }
    for (unsigned i = 0; i < kPer; ++i) {
        for (unsigned j = 0; j < kPer; ++j) {
            store(job, first_row + row + i * kSide, first_column + column + j * kSide,
                  static_cast<float>(acc[i][j]));
        }
    }
}

}  // namespace

void CudaDevice::linear(const LinearJob& job) {
    if (job.x.width > kMaxDepth) {
        throw DeviceError("linear: a depth of " + std::to_string(job.x.width) +
                          " may overflow int32; at most " + std::to_string(kMaxDepth));
    }
    if ((job.rows + kTile - 1) / kTile > 65535) {  // CUDA's limit on gridDim.y
        throw DeviceError("linear: " + std::to_string(job.rows) + " rows exceed " +
                          std::to_string(std::uint64_t{65535} * kTile));
    }
    Staging staging;
    LinearJob on_gpu = job;
    on_gpu.x = staging.input(job.x, job.rows);
    on_gpu.weight = staging.input(job.weight, job.n * job.x.width);
    on_gpu.column = staging.input(job.column, job.n);
    on_gpu.codes = staging.output(job.codes, job.rows * job.n);
    on_gpu.values = staging.output(job.values, job.rows * job.n);
    on_gpu.flags = staging.input(job.flags, job.rows * job.x.width);
    if (job.rescaled) {
        launch_linear_rescaled(on_gpu);
    } else {
        const dim3 grid(blocks_for(job.n, kTile), blocks_for(job.rows, kTile));
        launch(linear_tile, grid, kSide * kSide, on_gpu);
    }
    staging.finish();
}

}  // namespace mambasic::cuda_ref
