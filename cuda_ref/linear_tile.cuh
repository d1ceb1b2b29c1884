// What linears of one accumulator and of two do alike (kernels.md 2.2, 2.3): int8 tiles in shared
// memory and the FP32 epilogue.
#pragma once

#include <cuda_runtime.h>

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

constexpr unsigned kSide = 16;            // threads along each edge of a block
constexpr unsigned kPer = 4;              // outputs of a thread along each edge
constexpr unsigned kTile = kSide * kPer;  // 64 rows by 64 output channels
constexpr unsigned kDepth = 32;           // codes of k in shared memory at a time
constexpr unsigned kWords = kDepth / 4;

using Tile = int[kTile][kWords + 1];  // one word of padding keeps columns in separate banks

/// Four codes of one row; zeros past the edges, so that tails need no other code. Byte by byte,
/// because rows start at any address.
__device__ inline int pack_codes(const std::int8_t* row, bool inside, std::uint64_t k,
                                 std::uint64_t depth) {
    std::uint32_t word = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
        const bool valid = inside && k + byte < depth;
        const auto code = static_cast<std::uint8_t>(valid ? row[k + byte] : 0);
        word |= std::uint32_t{code} << (8 * byte);
    }
    return static_cast<int>(word);
}

__device__ inline void load_tile(Tile& tile, const Codes& codes, std::uint64_t first,
                                 std::uint64_t rows, std::uint64_t k) {
    for (unsigned i = threadIdx.x; i < kTile * kWords; i += kSide * kSide) {
        const std::uint64_t row = first + i / kWords;
        const bool inside = row < rows;
        const std::int8_t* data = codes.data + (inside ? row * codes.stride : 0);
        tile[i / kWords][i % kWords] = pack_codes(data, inside, k + i % kWords * 4, codes.width);
    }
}

/// `acc` is the accumulator in FP32, or what takes its place.
__device__ inline float apply_epilogue(const LinearJob& job, float acc, std::uint64_t column) {
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
__device__ inline std::int8_t code_of(const LinearJob& job, float value) {
    if (job.epilogue == Epilogue::ColumnsOneRow) return arith::quantize_rha(value);
    if (job.wrap && job.epilogue == Epilogue::OneRow) return arith::wrap_rhe(value);
    return arith::quantize_rhe(value);
}

__device__ inline void store(const LinearJob& job, std::uint64_t row, std::uint64_t column,
                             float acc) {
    if (row >= job.rows || column >= job.n) return;
    const float value = apply_epilogue(job, acc, column);
    const std::uint64_t index = row * job.n + column;
    if (job.values != nullptr) {
        job.values[index] = arith::to_half(value);
    } else {
        job.codes[index] = code_of(job, value);
    }
}

}  // namespace mambasic::cuda_ref
