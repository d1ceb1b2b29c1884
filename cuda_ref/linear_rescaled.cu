// Linear of codes of two scales (ssm.md 8.7): one exact accumulator for each flag, joined in FP32
// by an fma where linear.cu has one accumulator and none.
#include "cuda_ref/launch.h"
#include "cuda_ref/linear_launch.h"
#include "cuda_ref/linear_tile.cuh"

namespace mambasic::cuda_ref {

namespace {

/// Keeps the codes of one flag of a tile that load_tile has filled, zeros in the others' places.
__device__ void keep_flag(Tile& tile, const LinearJob& job, std::uint64_t first_row,
                          std::uint64_t k, bool flag) {
    const std::uint64_t depth = job.x.width;
    for (unsigned i = threadIdx.x; i < kTile * kWords; i += kSide * kSide) {
        const std::uint64_t row = first_row + i / kWords;
        std::uint32_t mask = 0;
        for (unsigned byte = 0; byte < 4; ++byte) {
            const std::uint64_t at = k + i % kWords * 4 + byte;
            const bool inside = row < job.rows && at < depth && job.flags != nullptr;
            const bool flagged = inside && job.flags[row * depth + at] != 0;
            if (flagged == flag) mask |= 0xFFU << (8 * byte);
        }
        int& word = tile[i / kWords][i % kWords];
        word = static_cast<int>(static_cast<std::uint32_t>(word) & mask);
    }
}

/// What takes the accumulator's place.
__device__ float joined(const LinearJob& job, int low, int high) {
    const float below = static_cast<float>(low) * job.low;
    return job.flags == nullptr ? below : arith::fma(static_cast<float>(high), job.high, below);
}

__global__ void linear_tile_rescaled(LinearJob job) {
    __shared__ Tile low_tile;
    __shared__ Tile high_tile;
    __shared__ Tile w_tile;
    const unsigned column = threadIdx.x % kSide;
    const unsigned row = threadIdx.x / kSide;
    const std::uint64_t first_row = std::uint64_t{blockIdx.y} * kTile;
    const std::uint64_t first_column = std::uint64_t{blockIdx.x} * kTile;
    const Codes weight{job.weight, job.x.width, job.x.width};
    int low[kPer][kPer] = {};
    int high[kPer][kPer] = {};
    for (std::uint64_t k = 0; k < job.x.width; k += kDepth) {
        load_tile(low_tile, job.x, first_row, job.rows, k);
        load_tile(high_tile, job.x, first_row, job.rows, k);
        load_tile(w_tile, weight, first_column, job.n, k);
        keep_flag(low_tile, job, first_row, k, false);  // each thread its own words
        keep_flag(high_tile, job, first_row, k, true);
        __syncthreads();
        for (unsigned word = 0; word < kWords; ++word) {
            for (unsigned i = 0; i < kPer; ++i) {
                for (unsigned j = 0; j < kPer; ++j) {
                    const int w = w_tile[column + j * kSide][word];
                    low[i][j] = __dp4a(low_tile[row + i * kSide][word], w, low[i][j]);
                    high[i][j] = __dp4a(high_tile[row + i * kSide][word], w, high[i][j]);
                }
            }
        }
        __syncthreads();
    }
    for (unsigned i = 0; i < kPer; ++i) {
        for (unsigned j = 0; j < kPer; ++j) {
            store(job, first_row + row + i * kSide, first_column + column + j * kSide,
                  joined(job, low[i][j], high[i][j]));
        }
    }
}

}  // namespace

void launch_linear_rescaled(const LinearJob& job) {
    const dim3 grid(blocks_for(job.n, kTile), blocks_for(job.rows, kTile));
    launch(linear_tile_rescaled, grid, kSide * kSide, job);
}

}  // namespace mambasic::cuda_ref
