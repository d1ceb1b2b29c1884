// Gives a task the tile that its block's function computes: shapes from the task, and, where
// numerics are on, weights from the trace and activations from the host tensors. Nothing here reads
// or writes an activation: when a tile is bound, those before it may not be computed yet.
#pragma once

#include "models/conv/conv_function.h"
#include "models/embedding/embedding_function.h"
#include "models/gated_norm/gated_norm_function.h"
#include "models/gemm/gemm_function.h"
#include "models/hadamard/hadamard_function.h"
#include "models/norm/norm.h"
#include "models/rotation/rotation.h"
#include "models/scale_table/scale_table.h"
#include "models/ssm/ssd_function.h"
#include "models/ssm/ssm_function.h"
#include "sim/host_tensors.h"
#include "sim/layer_ops.h"
#include "sim/scale_tables.h"

namespace mambasic::sim {

class TileBinding {
public:
    struct Place {  // of a segment
        std::int32_t layer = 0;
        std::uint32_t step = 0;
    };
    struct Data {
        const traces::Trace* trace = nullptr;  // null: shapes only
        HostTensors* tensors = nullptr;        // null: without numerics
        std::uint32_t first_layer = 0;
    };
    TileBinding(const Workload& work, const ChipConfig& chip, const Data& data);

    void begin_segment(std::uint32_t segment, Place place);
    void segment_done(std::uint32_t segment);

    models::EmbeddingTile embedding(const models::Task& task);
    models::BoundNorm norm(const models::Task& task);
    models::BoundWithTable<models::GemmTile> gemm(const models::Task& task);
    models::BoundWithTable<models::ConvTile> conv(const models::Task& task);
    models::BoundWithTable<models::SsmTile> scan(const models::Task& task);  // Mamba1
    models::BoundWithTable<models::SsdTile> ssd(const models::Task& task);   // Mamba2
    models::GatedNormTile gated_norm(const models::Task& task);
    models::HadamardTile hadamard(const models::Task& task);
    models::RotationTile rotation(const models::Task& task);
    /// Where its activations lie.
    models::SramLayout layout(const models::Task& task) const;

private:
    SegmentTensors& tensors(const models::Task& task);
    struct Segment {
        Place place;
        std::vector<OpSpec> ops;  // none at the ends of the model
        traces::Mamba1Layer mamba1;
        traces::Mamba2Layer mamba2;  // the one that the network is of
    };
    const Segment& segment(const models::Task& task) const { return segments_.at(task.segment); }
    const Place& place(const models::Task& task) const { return segment(task).place; }
    /// What `pick` takes of the layer, of either family.
    template <typename Pick>
    auto of_layer(const models::Task& task, Pick&& pick) const {
        const Segment& s = segment(task);
        return work_.dims.mamba2() ? pick(s.mamba2) : pick(s.mamba1);
    }
    std::uint64_t first_row(const models::Task& task) const;
    traces::Linear linear(const models::Task& task) const;
    models::Epilogue epilogue(models::Op op) const;
    models::Epilogue columns_epilogue(models::Op op, std::uint64_t rows) const;
    void bind_linear(const models::Task& task, models::GemmTile& tile);
    std::int8_t* linear_output(const models::Task& task);
    const models::XUse& x_use(const models::Task& task) const {
        return work_.x_use(static_cast<std::uint32_t>(place(task).layer));
    }
    const traces::XScales& x_scales(const models::Task& task) const;
    /// Where x is not int8: where the convolution writes it and how its readers find it. `first`:
    /// of the channels that they read; `int8_scale`: their own, which a trace could state
    /// otherwise.
    models::XOutput x_output(const models::Task& task);
    models::XInput x_input(const models::Task& task, std::uint64_t first, float int8_scale);
    void bind_x_proj(const models::Task& task, models::BoundWithTable<models::GemmTile>& bound);
    void bind_conv_weights(const models::Task& task, models::ConvTile& tile) const;
    void bind_conv_data(const models::Task& task, models::BoundWithTable<models::ConvTile>& bound);
    /// Where the states of a scan's task lie; in decode, how they get there.
    struct States {
        float* carry = nullptr;
        std::int8_t* state = nullptr;
        std::function<void()> prepare;
    };
    States states(const models::Task& task);
    bool ends_prompt(const models::Task& task) const;

    Workload work_;
    ArithmeticConfig arithmetic_;
    ScheduleConfig schedule_;
    ScaleTables tables_;
    const traces::Trace* trace_;
    std::uint32_t first_layer_;
    HostTensors* tensors_;
    std::map<std::uint32_t, Segment> segments_;
    traces::Head head_;
};

}  // namespace mambasic::sim
