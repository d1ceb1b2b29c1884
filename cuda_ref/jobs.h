// What each kernel is asked to do: plain shapes, scales and pointers. A Device receives host
// pointers; the CUDA kernels receive the same struct with the pointers replaced by the GPU's.
#pragma once

#include <cstdint>

#include "cuda_ref/options.h"
#include "golden/arithmetic.h"

namespace mambasic::cuda_ref {

using arith::Half;

/// Row r of an int8 matrix starts at data + r * stride; `width` codes of it are read.
struct Codes {
    const std::int8_t* data = nullptr;
    std::uint64_t stride = 0;
    std::uint64_t width = 0;
};

/// Likewise an FP32 matrix. No data: the codes beside it are read.
struct Values {
    const float* data = nullptr;
    std::uint64_t stride = 0;
    std::uint64_t width = 0;
};

struct EmbedJob {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    std::uint64_t vocab = 0;
    const std::int32_t* tokens = nullptr;  // [rows]
    const std::int8_t* weight = nullptr;   // [vocab][width]
    const Half* scales = nullptr;          // [vocab]
    Half* out = nullptr;                   // [rows][width]
};

struct NormJob {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    const Half* hidden = nullptr;
    const float* residual = nullptr;  // null before layer 0
    const Half* weight = nullptr;     // [width]
    float epsilon = 0;
    float output_scale = 0;
    SumOrder sum;
    float* residual_out = nullptr;
    std::int8_t* out = nullptr;
};

/// How an int32 accumulator becomes a real number; kernels.md 2.2 and 2.3 say which call uses
/// which. `column` is the factor of the output channel.
enum class Epilogue {
    WeightScaleFirst,  // a * (b * acc): `forward` with several rows
    InputScaleFirst,   // b * (a * acc): `to_seqlen_last`, any number of rows
    OneRow,            // alpha * acc: `forward` with one row (GEMV)
    Columns,           // a * (column * acc): `Parallel` with several rows
    ColumnsOneRow,     // (column * a) * acc, codes half away from zero: `Parallel` with one row
    FourBit,           // (acc * column) * a: W4A8, any number of rows
};

struct LinearJob {
    std::uint64_t rows = 0;
    std::uint64_t n = 0;
    Codes x;                              // x.width is k
    const std::int8_t* weight = nullptr;  // [n][k]
    float a = 0;
    float b = 0;
    float alpha = 0;
    const float* column = nullptr;  // [n], of the last three epilogues
    Epilogue epilogue = Epilogue::WeightScaleFirst;
    bool wrap = false;  // `quirks: quamba`: int8 wraps modulo 256
    /// x holds codes of two scales (ssm.md 8.7): fma(flagged acc, high, acc of the others * low)
    /// takes the place of the accumulator. Without flags there is none but the others'.
    bool rescaled = false;
    const std::int8_t* flags = nullptr;  // [rows][k], 0 or 1; x is as dense
    float low = 0;
    float high = 0;
    std::int8_t* codes = nullptr;  // [rows][n]; exactly one of the two outputs is set
    Half* values = nullptr;
};

/// A run of channels that share their scales: all of Mamba1's; x, B or C of Mamba2's.
struct ConvSection {
    std::uint64_t end = 0;  // the first channel after it
    float input_scale = 0;
    float weight_scale = 0;
    float bias_scale = 0;
};

/// Of a decode step (kernels.md 1.2).
enum class TapOrder {
    BiasFirst,       // the rounded bias, then an fma a tap: Mamba1
    OldestTapFirst,  // the oldest tap's rounded product, the bias by fma, the other taps: Mamba2
};

struct ConvJob {
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;
    Codes x;                               // x.width is the number of channels
    const std::int8_t* weight = nullptr;   // [channels][4]
    const std::int8_t* bias = nullptr;     // [channels]
    ConvSection sections[3];               // in the order of the channels; the rest is unused
    const float* output_scales = nullptr;  // [channels]
    TapOrder taps = TapOrder::BiasFirst;
    std::int8_t* state = nullptr;  // [batch][channels][4], newest last: decode in and out
    std::int8_t* out = nullptr;    // [batch][tokens][channels]
    /// Where wanted, what the codes are made from; with decoding scales, what they stand for.
    float* values = nullptr;                 // [batch][tokens][channels]
    const float* decoding_scales = nullptr;  // [channels]
};

/// Codes of x other than int8's, of values that a convolution gave (ssm.md 8.4 to 8.6), and what
/// they stand for.
struct CodeJob {
    std::uint64_t rows = 0;
    std::uint64_t channels = 0;
    std::uint64_t stride = 0;   // of a row of values, whose first `channels` these are
    float lowest = 0;           // code
    float highest = 0;          // code
    bool by_threshold = false;  // else by overflow
    bool below = false;         // flags by overflow also below the lowest code
    std::uint64_t places = 0;   // flags of a row, at most; 0: the format has none
    // [channels] each; the last four only where they are used
    const float* low = nullptr;
    const float* decoded_low = nullptr;
    const float* high = nullptr;
    const float* decoded_high = nullptr;
    const float* threshold = nullptr;
    float* values = nullptr;       // [rows][stride], in and out
    std::int8_t* codes = nullptr;  // [rows][channels]
    std::int8_t* flags = nullptr;  // [rows][channels]; null where the format has none
};

/// Codes of rotated rows of x (ssm.md 8.9).
struct RotateJob {
    std::uint64_t rows = 0;
    std::uint64_t channels = 0;
    std::uint64_t stride = 0;  // of a row of values, whose first `channels` these are
    float scale = 0;
    float factor = 0;              // FP32(1 / sqrt(channels)), of Hadamard's
    const Half* matrix = nullptr;  // [channels][channels]; null: Hadamard's
    float* values = nullptr;       // [rows][stride], in and, rotated back, out
    std::int8_t* codes = nullptr;  // [rows][channels]
};

/// int8 codes of what the SSM reads, for x_proj (ssm.md 8.7).
struct RequantizeJob {
    std::uint64_t rows = 0;
    std::uint64_t channels = 0;
    const float* values = nullptr;  // [rows][channels]
    const float* scales = nullptr;  // [channels]
    std::int8_t* codes = nullptr;   // [rows][channels]
};

/// Mamba1's SSM. Its tables of scales have an entry where it is read, whatever channels share it.
struct ScanJob {
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;
    std::uint64_t channels = 0;
    std::uint64_t states = 0;
    Codes u, dt, b, c, z;                  // rows are (sequence, token)
    Values fp32_u;                         // where given, u is not read
    const std::int8_t* a_log = nullptr;    // [channels][states]
    const std::int8_t* d = nullptr;        // [channels]
    const std::int8_t* dt_bias = nullptr;  // [channels]
    const float* u_scales = nullptr;       // [channels]
    const float* state_scales = nullptr;   // [channels][states]
    float dt_scale = 0;
    float b_scale = 0;
    float c_scale = 0;
    float z_scale = 0;
    float a_scale = 0;
    float d_scale = 0;
    float dt_bias_scale = 0;
    arith::Softplus softplus = arith::Softplus::Log1p;
    ScanOrder order = ScanOrder::Sequential;  // prefill only
    SumOrder sum;                             // over the states
    std::int8_t* state = nullptr;  // [batch][channels][states]; prefill out, decode in and out
    float* carry = nullptr;        // [batch][channels][states], FP32 state after the last token
    Half* y = nullptr;             // [batch][tokens][channels]
};

/// Mamba2's SSM: channel = head * head_dim + dim. Every table of scales has an entry where it is
/// read, whatever groups share it.
struct SsdJob {
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;
    std::uint64_t heads = 0;
    std::uint64_t head_dim = 0;
    std::uint64_t groups = 0;  // heads / groups heads share B and C
    std::uint64_t states = 0;
    std::uint64_t chunk = 0;              // tokens, of the chunked order
    Codes x, b, c, dt;                    // rows are (sequence, token); b and c: [groups][states]
    Values fp32_x, fp32_b, fp32_c;        // where given, the codes are not read; not in chunks
    const Half* dt_bias = nullptr;        // [heads]
    const std::int8_t* a_log = nullptr;   // [heads]
    const std::int8_t* d = nullptr;       // [heads]
    const float* x_scales = nullptr;      // [channels]
    const float* b_scales = nullptr;      // [groups]
    const float* c_scales = nullptr;      // [groups]
    const float* state_scales = nullptr;  // [channels][states]
    float dt_scale = 0;
    float a_scale = 0;
    float d_scale = 0;
    arith::Softplus softplus = arith::Softplus::Log1p;
    SsdOrder order = SsdOrder::Recurrent;  // prefill only
    SumOrder sum;                          // over the states, in the recurrence
    std::int8_t* state = nullptr;  // [batch][channels][states]; prefill out, decode in and out
    float* carry = nullptr;        // [batch][channels][states], FP32 state after the last token
    Half* y = nullptr;             // [batch][tokens][channels]
};

/// Gate, then RMSNorm over each SSD group's channels by themselves.
struct GatedNormJob {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    std::uint64_t groups = 0;
    const Half* y = nullptr;  // [rows][width]
    Codes z;
    float z_scale = 0;
    const Half* weight = nullptr;  // [width]
    float epsilon = 0;
    SumOrder sum;         // of a group's squares
    Half* out = nullptr;  // [rows][width]
};

struct HadamardJob {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    const Half* x = nullptr;
    float scale = 0;    // FP32((1 / sqrt(width)) / x_H_scale), the quotient taken in double
    bool wrap = false;  // `quirks: quamba`
    std::int8_t* out = nullptr;
};

}  // namespace mambasic::cuda_ref
