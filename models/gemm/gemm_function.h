// int8 matrix product with INT32 accumulators and an FP32 epilogue: the bits. y = x w^T, x is m x k
// with rows x_stride apart, w is n x k with k contiguous. Spec: kernels.md 2.2.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/gemm/gemm_config.h"

namespace mambasic::models {

enum class Epilogue {
    Int8WeightFirst,  // rhe(a * (b * acc)): several rows
    Int8InputFirst,   // rhe(b * (a * acc)): upstream's to_seqlen_last
    Int8Alpha,        // rhe(alpha * acc): one row
    HalfWeightFirst,  // FP16(a * (b * acc))
    HalfAlpha,        // FP16(alpha * acc): one row
};

struct GemmShape {
    std::uint64_t m = 0;
    std::uint64_t n = 0;
    std::uint64_t k = 0;
};

struct GemmTile {
    GemmShape shape;
    const std::int8_t* x = nullptr;
    std::uint64_t x_stride = 0;
    const std::int8_t* weight = nullptr;
    Epilogue epilogue = Epilogue::Int8WeightFirst;
    float a = 0;
    float b = 0;
    float alpha = 0;
    bool wrap = false;  // quirks: quamba, Int8Alpha only: modulo 256 instead of saturation
    std::int8_t* out_int8 = nullptr;  // the one that the epilogue names
    arith::Half* out_half = nullptr;
    std::uint64_t out_stride = 0;
};

Counts gemm_count(const GemmConfig& config, const GemmShape& shape, Epilogue epilogue);
/// gemm_count + Saturated. Throws std::overflow_error if an INT32 accumulator could overflow.
Counts gemm_compute(const GemmConfig& config, const GemmTile& tile);

/// While one lives, gemm_compute may keep packed copies (at most 128 MiB) of the weights it meets,
/// by their address: the caller promises that these weights neither change nor move. The copies go
/// when the last one goes. Without one every call packs anew.
class GemmWeightCache {
public:
    GemmWeightCache();
    ~GemmWeightCache();
    GemmWeightCache(const GemmWeightCache&) = delete;
    GemmWeightCache& operator=(const GemmWeightCache&) = delete;
};

/// Which code multiplies; the bits do not depend on it. For tests and benchmarks.
enum class GemmEngine {
    Best,     // oneDNN where it is installed and exact, else Kernels
    Kernels,  // our own loops, in the active instruction set
};
void use_gemm_engine(GemmEngine engine);

}  // namespace mambasic::models
