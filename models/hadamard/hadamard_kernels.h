// The hot loops of the Hadamard transform, compiled once per instruction set.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

struct HadamardRow {
    std::int64_t width;
    std::int64_t blocks;  // m: 1, 12 or 40
    const float* signs;   // [m][m] of +1 and -1; unused when m is 1
    const arith::Half* x;
    float scale;
    bool wrap;
    std::int8_t* output;
    float* scratch;  // 2 * width
};

/// The sums alone, of FP32 numbers.
struct HadamardSums {
    std::int64_t width;
    std::int64_t blocks;
    const float* signs;
    float* x;  // width numbers, and as much room behind them
};

struct HadamardKernels {
    std::uint64_t (*run)(const HadamardRow&);        // returns the codes outside int8
    const float* (*transform)(const HadamardSums&);  // returns where in x the sums are
};

}  // namespace mambasic::models
