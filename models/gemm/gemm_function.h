// int8 matrix product with INT32 accumulators and an FP32 epilogue: the bits. y = x w^T, x is m x k
// with rows x_stride apart, w is n x k with k contiguous. Spec: kernels.md 2.2, 2.3.
//
// 4-bit weights come as the int8 numbers that their codes u mean, rhe((u - 8) * s_group), because
// these are what the array multiplies. The expander that makes them stands where the weights enter:
// for each column (each lane of the one-row mode) a table of what the codes mean under the column's
// scale of a group. A code is one of eight magnitudes with a sign, so a table takes eight products,
// made each time a group's weights are read, while the group before is in use. An array of packed
// MACs (int4_macs_per_mac: 2) would multiply the codes and scale each group's sum, which rounds
// elsewhere: its counts, cycles and energy are that array's, its bits those of expanded weights.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/gemm/gemm_config.h"
#include "models/x_code/x_rows.h"

namespace mambasic::models {

enum class Epilogue {
    Int8WeightFirst,   // rhe(a * (b * acc)): several rows
    Int8InputFirst,    // rhe(b * (a * acc)): upstream's to_seqlen_last
    Int8Alpha,         // rhe(alpha * acc): one row
    HalfWeightFirst,   // FP16(a * (b * acc))
    HalfAlpha,         // FP16(alpha * acc): one row
    Int8Columns,       // rhe(a * (column * acc)): a factor for each column, several rows or INT4
    Int8ColumnsAlpha,  // half away from zero, (column * a) * acc: one row of int8 weights
    HalfColumns,       // FP16(a * (column * acc)): INT4
};

enum class MacMode {
    Int8,
    Int4,  // 4-bit weights, two-level scales: FP16 for each group of k, FP32 for each column
};
constexpr std::uint64_t kInt4Group = 128;     // of k
constexpr std::uint64_t kInt4Magnitudes = 8;  // |u - 8| from 1 to 8

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
    MacMode mode = MacMode::Int8;
    const float* column = nullptr;  // [n], of the *Columns* epilogues; b is not used then
    /// In place of x where it is requantized, or multiplied as it is, on its way into the array;
    /// its rows are the tile's. The scales of x_in.one where it is multiplied.
    XInput x_in;
    std::int8_t* requantized =
        nullptr;  // [m][k], for whoever wants to see these codes; may be null
};

bool is_half(Epilogue epilogue);
bool has_columns(Epilogue epilogue);

/// True where the product runs on the adder trees instead of the systolic array.
bool gemm_uses_vector_mode(const GemmConfig& config, const GemmShape& shape);
/// How often the rows of x enter the array: once for each group of columns that it has.
std::uint64_t gemm_input_sweeps(const GemmConfig& config, const GemmShape& shape);
/// How often the array takes each weight of a product of this shape.
std::uint64_t gemm_weight_loads(const GemmConfig& config, const GemmShape& shape);

Counts gemm_count(const GemmConfig& config, const GemmShape& shape, Epilogue epilogue, MacMode mode,
                  const XInput& x = {});
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
