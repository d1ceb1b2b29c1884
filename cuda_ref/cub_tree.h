// The association of upstream's block scan (ssm.md 1.3), apart from any one kernel: the operator,
// the table of chunk shapes, and the two folds that a thread does alone. Own code rather than
// cub::BlockScan, because CUB's association is an implementation detail that may change with its
// version, while the one of ssm.md 1.3 is a contract.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::cuda_ref {

/// The step h <- a h + b of the recurrence.
struct Step {
    float a;
    float b;
};

/// Leaves every state as it is: what a chunk holds past the end of the prompt.
MAMBASIC_ARITH Step neutral_step() { return {1.0F, 0.0F}; }

/// `earlier`, then `later`.
MAMBASIC_ARITH Step compose(Step earlier, Step later) {
    return {later.a * earlier.a, arith::fma(later.a, earlier.b, later.b)};
}

struct ChunkShape {
    unsigned threads;
    unsigned items;  // consecutive tokens of a thread
};

/// threads * items tokens make a chunk; a longer prompt loops over chunks of 2048.
inline ChunkShape chunk_shape(std::uint64_t tokens) {
    if (tokens <= 128) return {32, 4};
    if (tokens <= 256) return {32, 8};
    if (tokens <= 512) return {32, 16};
    if (tokens <= 1024) return {64, 16};
    return {128, 16};
}

/// Left fold of a thread's own steps.
template <unsigned Items>
MAMBASIC_ARITH Step fold(const Step (&steps)[Items]) {
    Step total = steps[0];
    for (unsigned i = 1; i < Items; ++i) total = compose(total, steps[i]);
    return total;
}

/// The states after each of a thread's steps, in steps[].b, from the state before the first.
template <unsigned Items>
MAMBASIC_ARITH void rescan(Step (&steps)[Items], float state) {
    for (unsigned i = 0; i < Items; ++i) {
        state = arith::fma(steps[i].a, state, steps[i].b);
        steps[i].b = state;
    }
}

}  // namespace mambasic::cuda_ref
