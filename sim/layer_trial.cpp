#include "sim/layer_trial.h"

#include <algorithm>
#include <array>

#include "models/common/error.h"
#include "models/conv/conv_cost.h"
#include "models/dequant_mux/dequant_mux_cost.h"
#include "models/dma/dma_cost.h"
#include "models/dram/dram_cost.h"
#include "models/gated_norm/gated_norm_cost.h"
#include "models/gemm/gemm_cost.h"
#include "models/hadamard/hadamard_cost.h"
#include "models/norm/norm_cost.h"
#include "models/rotation/rotation_cost.h"
#include "models/ssm/ssd_cost.h"
#include "sim/layer_writer.h"
#include "sim/tile_shapes.h"

namespace mambasic::sim {

using models::BlockId;
using models::Task;

namespace {

class Trial {
public:
    Trial(const Workload& work, const ChipConfig& chip)
        : work_(work),
          dims_(work.dims),
          chip_(chip),
          dram_(models::stream_timing(chip.dram, chip.clock_ghz)) {}

    void add(const Task& task, std::uint32_t layer) {
        std::uint64_t start = free_[static_cast<std::size_t>(task.block)];
        for (const TaskId t : task.data) start = std::max(start, done_[t]);
        for (const TaskId t : task.space) start = std::max(start, done_[t]);
        MAMBASIC_CHECK(task.id == done_.size(), "tasks are numbered in program order");
        done_.push_back(start + cycles(task, layer) + x_latency(task, layer));
        free_[static_cast<std::size_t>(task.block)] = done_.back();
        last_ = std::max(last_, done_.back());
        bytes_ += task.transfer.bytes;
    }

    TrialCost cost() const {
        return {std::max(last_, models::stream_bus_cycles(dram_, bytes_).count), bytes_};
    }

private:
    std::uint64_t cycles(const Task& task, std::uint32_t layer) const {
        const Region& r = task.region;
        switch (task.block) {
            case BlockId::DmaLoad:
            case BlockId::DmaStore:
                return std::max(models::stream_bus_cycles(dram_, task.transfer.bytes).count,
                                models::dma_move_cycles(chip_.dma, task.transfer.bytes).count);
            case BlockId::Norm:
                return models::norm_cycles(chip_.norm, chip_.nonlinear, {r.rows(), dims_.d_model})
                    .count;
            case BlockId::Gemm:
                return models::gemm_cycles(chip_.gemm,
                                           {r.rows(), r.channels, linear_shape(dims_, task.op).k},
                                           has_int4_weights(work_, task.op) ? models::MacMode::Int4
                                                                            : models::MacMode::Int8)
                    .count;
            case BlockId::Conv:
                return models::conv_cycles(chip_.conv, chip_.nonlinear,
                                           {r.sequences, r.tokens, r.channels})
                    .count;
            case BlockId::Ssm:
                return scan_cycles(r);
            case BlockId::GatedNorm:
                return models::gated_norm_cycles(chip_.gated_norm, chip_.nonlinear,
                                                 {r.rows(), dims_.d_inner, dims_.groups})
                    .count;
            case BlockId::Hadamard:
                return models::hadamard_cycles(chip_.hadamard, {r.rows(), r.channels}).count;
            case BlockId::Rotation:
                return rotation_cycles(task, layer);
            default:
                break;
        }
        MAMBASIC_CHECK(false, "a layer has no such block");
        return 0;
    }

    std::uint64_t x_latency(const Task& task, std::uint32_t layer) const {
        const models::XUse& use = work_.x_use(layer);
        if (task.block == BlockId::Ssm)
            return models::x_decode_latency(chip_.dequant_mux, use).count;
        const bool x_proj = task.block == BlockId::Gemm && task.op == Op::XProj;
        return x_proj ? models::x_proj_latency(chip_.dequant_mux, use).count : 0;
    }

    std::uint64_t rotation_cycles(const Task& task, std::uint32_t layer) const {
        const models::RotationShape shape =
            rotation_shape(dims_, work_.x_use(layer).code, task.region);
        return (task.op == Op::Rotate ? models::rotate_cycles(chip_.rotation, shape)
                                      : models::unrotate_cycles(chip_.rotation, shape))
            .count;
    }

    std::uint64_t scan_cycles(const Region& r) const {
        const models::SsmShape shape{r.sequences, r.tokens, r.channels, dims_.d_state};
        const bool last = r.token + r.tokens == work_.tokens_per_step();
        const std::uint64_t codes = models::ssm_codes(shape, work_.decode(), last);
        const models::SsmCycles cycles =
            dims_.mamba2()
                ? models::ssd_cycles(chip_.ssm, chip_.nonlinear, ssd_shape(dims_, r), codes)
                : models::ssm_cycles(chip_.ssm, chip_.nonlinear, shape, codes);
        return cycles.total().count;
    }

    Workload work_;
    traces::Dims dims_;
    const ChipConfig& chip_;
    models::StreamTiming dram_;
    std::array<std::uint64_t, models::kBlockCount> free_{};
    std::vector<std::uint64_t> done_;  // by task
    std::uint64_t last_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace

TrialCost try_layers(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles,
                     const LayerPlan& plan) {
    constexpr std::uint32_t kLayers = 3;
    const AddressMap addresses(work);
    Emitter emitter(capacities_of(work, chip));
    ActivationStore activations(emitter, addresses, work, tiles);
    for (std::size_t t = 0; t < tiles.size(); ++t) activations.set_in_dram(t, Stream::Hidden);
    WeightStore weights(emitter, work, addresses, pass_widths(chip));
    TableStore tables(emitter, addresses, work);
    StateKeeper states(emitter, activations, addresses, work, plan.state);
    LayerWriter writer({emitter, activations, weights, tables, states}, work, plan);
    Trial trial(work, chip);
    for (std::uint32_t layer = 0; layer < std::min(kLayers, work.layers); ++layer) {
        emitter.begin_segment(static_cast<std::int32_t>(layer), 0);
        writer.write(layer, 0, false);
        for (const Task& task : emitter.take_segment().tasks) trial.add(task, layer);
    }
    return trial.cost();
}

}  // namespace mambasic::sim
