// Gives a task the tile that its block's function computes: shapes from the task, and, where
// numerics are on, weights from the trace and activations from the host tensors. Nothing here reads
// or writes an activation: when a tile is bound, those before it may not be computed yet.
#pragma once

#include "models/conv/conv_function.h"
#include "models/embedding/embedding_function.h"
#include "models/gemm/gemm_function.h"
#include "models/hadamard/hadamard_function.h"
#include "models/norm/norm.h"
#include "models/ssm/ssm_function.h"
#include "sim/host_tensors.h"

namespace mambasic::sim {

class TileBinding {
public:
    struct Place {  // of a segment
        std::int32_t layer = 0;
        std::uint32_t step = 0;
    };
    /// The data of a run with numerics; without them, both null: shapes only.
    struct Data {
        const traces::Trace* trace = nullptr;
        HostTensors* tensors = nullptr;
        std::uint32_t first_layer = 0;
    };
    TileBinding(const Workload& work, const ArithmeticConfig& arithmetic, const Data& data);

    void begin_segment(std::uint32_t segment, Place place);
    void segment_done(std::uint32_t segment);

    models::EmbeddingTile embedding(const models::Task& task);
    models::BoundNorm norm(const models::Task& task);
    models::GemmTile gemm(const models::Task& task);
    models::Bound<models::ConvTile> conv(const models::Task& task);
    models::Bound<models::SsmTile> ssm(const models::Task& task);
    models::HadamardTile hadamard(const models::Task& task);

private:
    SegmentTensors& tensors(const models::Task& task);
    const traces::Mamba1Layer& layer(const models::Task& task) const {
        return segments_.at(task.segment).weights;
    }
    const Place& place(const models::Task& task) const { return segments_.at(task.segment).place; }
    std::uint64_t first_row(const models::Task& task) const;
    models::Epilogue epilogue(models::Op op) const;
    void bind_linear(const models::Task& task, models::GemmTile& tile);
    void bind_states(const models::Task& task, models::Bound<models::SsmTile>& bound);

    Workload work_;
    ArithmeticConfig arithmetic_;
    const traces::Trace* trace_;
    std::uint32_t first_layer_;
    HostTensors* tensors_;
    struct Segment {
        Place place;
        traces::Mamba1Layer weights;
    };
    std::map<std::uint32_t, Segment> segments_;
    traces::Head head_;
};

}  // namespace mambasic::sim
