// The ops of a Mamba1 layer as readers and writers of streams, what a tile of them needs in the
// scratchpads, and in which order tiles and weight panels are walked.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/activation_store.h"
#include "sim/weight_store.h"

namespace mambasic::sim {

/// A stream that an op writes: columns [begin, end) of the op's output.
struct OpOutput {
    Stream stream = Stream::Hidden;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct OpSpec {
    Op op = Op::Norm;
    std::vector<Stream> inputs;
    std::vector<OpOutput> outputs;
};

/// Norm, in_proj, conv1d, x_proj, dt_proj, scan, had, out_proj (ssm.md 6.1).
std::vector<OpSpec> layer_ops(const traces::Dims& dims);
/// The last op of the layer that reads the stream.
Op last_reader(Stream stream);

/// How SSM states share the state store: sequences and channels that are computed together.
struct StatePlan {
    bool resident = false;              // decode: all layers' int8 states stay on chip
    bool conv_resident = false;         // decode: all layers' conv histories stay on chip
    bool carried = false;               // prefill: the FP32 states stay between token tiles
    std::uint64_t sequences = 0;        // of a group
    std::uint64_t channels = 0;         // of a group
    std::uint64_t bytes_per_state = 0;  // 4 in prefill, 1 in decode
};

struct LayerPlan {
    Fusion fusion = Fusion::Layer;
    std::vector<OpSpec> ops;
    std::uint64_t group_tiles = 1;   // tiles that take an op together, before the next op
    std::size_t first_back_op = 0;   // from here on a group runs one group behind
    std::uint64_t settle_limit = 0;  // bytes of activation_sram in use after a group left the layer
    StatePlan state;
};

/// What the final norm holds of activation_sram: one row of every sequence, in and out.
std::uint64_t head_norm_bytes(const Workload& work);

/// Throws models::UserError where not even one task fits.
LayerPlan plan_layer(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles);

}  // namespace mambasic::sim
