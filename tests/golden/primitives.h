// The primitives over arrays, compiled twice: for the baseline instruction set (fma in software,
// narrow vectors) and for AVX2 with a fused unit. The same source must give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"

namespace mambasic::golden {

#define MAMBASIC_TEST_PRIMITIVES                                                               \
    void fma_all(const float* a, const float* b, const float* c, float* y, std::size_t count); \
    void exp_all(const float* x, float* y, std::size_t count);                                 \
    void log_all(const float* x, float* y, std::size_t count);                                 \
    void log1p_all(const float* x, float* y, std::size_t count);                               \
    void softplus_all(const float* x, float* y, std::size_t count);                            \
    void silu_all(const float* x, float* y, std::size_t count);                                \
    void rsqrt_all(const float* x, float* y, std::size_t count);                               \
    void half_all(const float* x, std::uint16_t* y, std::size_t count);                        \
    void rhe_all(const float* x, std::int8_t* y, std::size_t count);                           \
    void rha_all(const float* x, std::int8_t* y, std::size_t count);

namespace baseline {
MAMBASIC_TEST_PRIMITIVES
}
namespace wide {
MAMBASIC_TEST_PRIMITIVES
}

#undef MAMBASIC_TEST_PRIMITIVES

/// Whether this build has `wide` and this CPU can run it.
bool wide_runs_here();

}  // namespace mambasic::golden
