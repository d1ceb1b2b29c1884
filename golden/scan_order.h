// Two associations of y_t = a_t y_{t-1} + b_t over time, from y = 0. Spec: ssm.md 1.3.
#pragma once

#include <cstddef>
#include <vector>

namespace mambasic::golden {

/// Elements of one channel, [tokens][states].
struct Recurrence {
    std::size_t tokens = 0;
    std::size_t states = 0;
    std::vector<float> a, b, y;  // y is the result
    std::vector<float> carry;    // [states], result: the state that is stored
};

/// y <- fma(a, y, b) in time; the carry is the last y.
void scan_sequential(Recurrence& r);

/// How upstream cuts a sequence: chunks of threads * items tokens, `items` consecutive ones a
/// thread, 32 threads a warp.
struct CubChunk {
    std::size_t threads = 0;
    std::size_t items = 0;
    std::size_t warps() const { return threads / 32; }
    std::size_t tokens() const { return threads * items; }
};

CubChunk cub_chunk(std::size_t tokens);

/// The thread, warp and block tree of CUB's BlockScan (BLOCK_SCAN_WARP_SCANS), chunk after chunk.
/// The carry is the block aggregate, which is not the last y.
void scan_cub(Recurrence& r);

}  // namespace mambasic::golden
