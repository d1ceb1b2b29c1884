// Linear with int8 products (kernels.md 2.2, 2.3; 4-bit weights arrive expanded): int8 tiles in
// shared memory, dp4a into int32, FP32 epilogue. The accumulator is exact, so the tiling cannot
// change a bit.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kSide = 16;            // threads along each edge of a block
constexpr unsigned kPer = 4;              // outputs of a thread along each edge
constexpr unsigned kTile = kSide * kPer;  // 64 rows by 64 output channels
constexpr unsigned kDepth = 32;           // codes of k in shared memory at a time
constexpr unsigned kWords = kDepth / 4;
constexpr std::uint64_t kMaxDepth = 131071;  // k * 128 * 128 stays below 2^31

using Tile = int[kTile][kWords + 1];  // one word of padding keeps columns in separate banks

/// Four codes of one row; zeros past the edges, so that tails need no other code. Byte by byte,
/// because rows start at any address.
__device__ int pack_codes(const std::int8_t* row, bool inside, std::uint64_t k,
                          std::uint64_t depth) {
    std::uint32_t word = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
        const bool valid = inside && k + byte < depth;
        const auto code = static_cast<std::uint8_t>(valid ? row[k + byte] : 0);
        word |= std::uint32_t{code} << (8 * byte);
    }
    return static_cast<int>(word);
}

__device__ void load_tile(Tile& tile, const Codes& codes, std::uint64_t first, std::uint64_t rows,
                          std::uint64_t k) {
    for (unsigned i = threadIdx.x; i < kTile * kWords; i += kSide * kSide) {
        const std::uint64_t row = first + i / kWords;
        const bool inside = row < rows;
        const std::int8_t* data = codes.data + (inside ? row * codes.stride : 0);
        tile[i / kWords][i % kWords] = pack_codes(data, inside, k + i % kWords * 4, codes.width);
    }
}

__device__ float apply_epilogue(const LinearJob& job, int accumulator, std::uint64_t column) {
    const auto acc = static_cast<float>(accumulator);
    switch (job.epilogue) {
        case Epilogue::OneRow:
            return job.alpha * acc;
        case Epilogue::InputScaleFirst:
            return job.b * (job.a * acc);
        case Epilogue::Columns:
            return job.a * (job.column[column] * acc);
        case Epilogue::ColumnsOneRow:
            return (job.column[column] * job.a) * acc;
        case Epilogue::FourBit:
            return (acc * job.column[column]) * job.a;
        default:
            return job.a * (job.b * acc);
    }
}

/// Upstream's two one-row kernels round by themselves: one half away, one without saturating.
__device__ std::int8_t code_of(const LinearJob& job, float value) {
    if (job.epilogue == Epilogue::ColumnsOneRow) return arith::quantize_rha(value);
    if (job.wrap && job.epilogue == Epilogue::OneRow) return arith::wrap_rhe(value);
    return arith::quantize_rhe(value);
}

__device__ void store(const LinearJob& job, std::uint64_t row, std::uint64_t column, int acc) {
    if (row >= job.rows || column >= job.n) return;
    const float value = apply_epilogue(job, acc, column);
    const std::uint64_t index = row * job.n + column;
    if (job.values != nullptr) {
        job.values[index] = arith::to_half(value);
    } else {
        job.codes[index] = code_of(job, value);
    }
}

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
            store(job, first_row + row + i * kSide, first_column + column + j * kSide, acc[i][j]);
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
    const dim3 grid(blocks_for(job.n, kTile), blocks_for(job.rows, kTile));
    launch(linear_tile, grid, kSide * kSide, on_gpu);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
