// What a layer of each family is made of: its ops as readers and writers of streams, and the bytes
// of streams and weights.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/workload.h"

namespace mambasic::sim {

/// Tensors between ops, per token. The parts of a linear's output travel on their own because their
/// readers differ.
enum class Stream : std::uint8_t {
    Hidden,
    Residual,
    NormOut,
    X,      // what the convolution reads; Mamba2: x, B, C
    Z,      // the gate
    U,      // the convolved x, in the words that the SSM reads
    UInt8,  // Mamba1: its int8 codes, where x_proj cannot read those words
    DtIn,   // Mamba1: dt_proj's operand
    BC,     // Mamba1: of x_proj. Mamba2: convolved
    Dt,     // Mamba1: of every channel. Mamba2: of every head
    Y,      // the scan's output
    Gated,  // Mamba2: normalized
    HadOut,
    HiddenOut,    // the next layer's Hidden
    ResidualOut,  // the next layer's Residual
    Convolved,    // x in FP32 on its way to the rotation
    Rotated,      // its int8 codes
    kCount,
};
constexpr std::size_t kStreamCount = static_cast<std::size_t>(Stream::kCount);

/// Bytes that one token of a stream takes in a layer of the run. Streams between layers take the
/// same in all.
std::uint64_t bytes_per_row(const Workload& work, Stream stream, std::uint32_t layer);

/// What carries x from the convolution to those that read it.
bool is_x(Stream stream);

/// A stream that an op writes: columns [begin, end) of the op's output.
struct OpOutput {
    Stream stream = Stream::Hidden;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct OpSpec {
    models::Op op = models::Op::Norm;
    std::vector<Stream> inputs;
    std::vector<OpOutput> outputs;
    bool weighted = true;
    bool reads(Stream stream) const;
};

/// Mamba1: norm, in_proj, conv1d, x_proj, dt_proj, scan, had, out_proj. Mamba2: norm, in_proj,
/// conv1d, scan, gated_norm, had, out_proj (ssm.md 6). Behind conv1d rotate and unrotate, where
/// the layer's x is rotated; a copy of x for x_proj adds a stream, no op.
std::vector<OpSpec> layer_ops(const traces::Dims& dims, const models::XUse& x = {});
/// Those that have weights.
std::vector<models::Op> weighted_ops(const std::vector<OpSpec>& ops);
/// Where the ops begin that run a group of tiles behind the projections: at the scan.
std::size_t first_back_op(const std::vector<OpSpec>& ops);

/// Whether the op's weights come in panels of output channels: a linear, or a rotation by a matrix.
bool has_panels(const OpSpec& spec);
bool has_panels(models::Op op);  // of one that is weighted

/// Linears by op: y[m][n] = x[m][k] w[n][k].
struct LinearShape {
    std::uint64_t n = 0;
    std::uint64_t k = 0;
};
LinearShape linear_shape(const traces::Dims& dims, models::Op op);
/// INT4 weights: every linear of a W4A8 model but dt_proj, whose k is no whole group.
bool has_int4_weights(const Workload& work, models::Op op);
/// Bytes of one output channel of a linear, with the scales that belong to it.
std::uint64_t channel_bytes(const Workload& work, models::Op op);
/// Output channels as stored: the checkpoints fill up with zero channels.
std::uint64_t stored_channels(const Workload& work, models::Op op);

/// Bytes of an op's weights in DRAM.
std::uint64_t weight_bytes(const Workload& work, models::Op op);
std::uint64_t conv_state_bytes(const traces::Dims& dims);  // of one sequence
std::uint64_t embedding_row_bytes(const Workload& work);   // of one token

}  // namespace mambasic::sim
