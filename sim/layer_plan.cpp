#include "sim/layer_plan.h"

#include <algorithm>
#include <string>

#include "models/common/units.h"
#include "sim/capacity_error.h"
#include "sim/layer_trial.h"

namespace mambasic::sim {

using models::ceil_div;

std::vector<OpSpec> layer_ops(const traces::Dims& dims) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    const std::uint64_t r = dims.dt_rank;
    const std::uint64_t x = dims.x_proj_width();
    return {
        {Op::Norm,
         {Stream::Hidden, Stream::Residual},
         {{Stream::NormOut, 0, d}, {Stream::ResidualOut, 0, d}}},
        {Op::InProj, {Stream::NormOut}, {{Stream::X, 0, e}, {Stream::Z, e, 2 * e}}},
        {Op::Conv1d, {Stream::X}, {{Stream::U, 0, e}}},
        {Op::XProj, {Stream::U}, {{Stream::DtIn, 0, r}, {Stream::BC, r, x}}},
        {Op::DtProj, {Stream::DtIn}, {{Stream::Dt, 0, e}}},
        {Op::Scan, {Stream::U, Stream::Dt, Stream::BC, Stream::Z}, {{Stream::Y, 0, e}}},
        {Op::Had, {Stream::Y}, {{Stream::HadOut, 0, e}}},
        {Op::OutProj, {Stream::HadOut}, {{Stream::HiddenOut, 0, d}}},
    };
}

Op last_reader(Stream stream) {
    switch (stream) {
        case Stream::NormOut:
            return Op::InProj;
        case Stream::X:
            return Op::Conv1d;
        case Stream::DtIn:
            return Op::DtProj;
        case Stream::U:
        case Stream::Z:
        case Stream::BC:
        case Stream::Dt:
            return Op::Scan;
        case Stream::Y:
            return Op::Had;
        case Stream::HadOut:
            return Op::OutProj;
        default:
            return Op::Norm;
    }
}

namespace {

/// What one task, and one tile on its way through the layer, hold of activation_sram.
struct TileNeeds {
    std::uint64_t task = 0;  // the largest task: operands and results
    Op task_op = Op::Norm;
    std::uint64_t flight = 0;  // the largest sum of live streams at any op
};

TileNeeds tile_needs(const Workload& work, const std::vector<OpSpec>& ops, std::uint64_t rows) {
    TileNeeds needs;
    std::vector<Stream> live = {Stream::Hidden, Stream::Residual};
    for (const OpSpec& spec : ops) {
        std::uint64_t task = 0;
        for (const Stream s : spec.inputs) task += rows * bytes_per_row(work.dims, s);
        for (const OpOutput& o : spec.outputs) {
            task += rows * bytes_per_row(work.dims, o.stream);
            live.push_back(o.stream);
        }
        std::uint64_t flight = 0;
        for (const Stream s : live) flight += rows * bytes_per_row(work.dims, s);
        needs.flight = std::max(needs.flight, flight);
        if (task > needs.task) {
            needs.task = task;
            needs.task_op = spec.op;
        }
        live.erase(std::remove_if(live.begin(), live.end(),
                                  [&](Stream s) {
                                      const bool kept =
                                          s == Stream::HiddenOut || s == Stream::ResidualOut;
                                      return !kept && last_reader(s) == spec.op;
                                  }),
                   live.end());
    }
    return needs;
}

void check_weights(const Workload& work, const ChipConfig& chip) {
    const std::uint64_t capacity = chip.weight_sram.capacity_bytes();
    std::vector<Op> ops = {Op::Norm,   Op::InProj, Op::Conv1d, Op::XProj,
                           Op::DtProj, Op::Scan,   Op::OutProj};
    if (work.has_head) ops.push_back(Op::LmHead);
    for (const Op op : ops) {
        std::uint64_t need =
            weight_bytes(work.dims, op) + (op == Op::Conv1d ? kScaleTableBytes : 0);
        if (models::block_of(op) == models::BlockId::Gemm) {
            const LinearShape shape = linear_shape(work.dims, op);
            const std::uint64_t n = panel_channels(shape, chip.gemm.cols, capacity);
            need = std::min(need, ceil_div(n, 16) * 16 * shape.k);
        }
        if (need > capacity) {
            fail_capacity(chip, {std::string(models::name_of(op)) + ": one panel of weights", need,
                                 models::Memory::Weight, ""});
        }
    }
}

StatePlan plan_state(const Workload& work, const ChipConfig& chip) {
    StatePlan plan;
    const std::uint64_t capacity = std::uint64_t{chip.ssm.state_store_kib} * 1024;
    const std::uint64_t e = work.dims.d_inner;
    plan.bytes_per_state = work.decode() ? 1 : 4;
    const std::uint64_t channel = work.dims.d_state * plan.bytes_per_state;
    const std::uint64_t sequence = e * channel;
    if (!work.decode() && chip.ssm.state_residency == models::StateResidency::OnChip) {
        if (sequence > capacity) {
            fail_capacity(chip, {"scan: the FP32 state of one sequence", sequence,
                                 models::Memory::State, " or set ssm.state_residency: spilled"});
        }
        plan.carried = true;
        plan.sequences = 1;
        plan.channels = e;
        return plan;
    }
    plan.resident = work.decode() && chip.ssm.state_residency == models::StateResidency::OnChip &&
                    chip.schedule.fusion == Fusion::Layer &&
                    work.layers * work.batch * sequence <= capacity;
    const std::uint64_t together = work.decode() ? work.batch : 1;
    plan.sequences = std::min(together, capacity / (plan.resident ? 1 : 2) / sequence);
    plan.channels = e;
    if (plan.sequences > 0) return plan;
    // Not two sequences: one, or as many channels of one as fit twice, in whole rounds of lanes.
    plan.sequences = 1;
    if (sequence <= capacity && work.decode()) return plan;
    const std::uint64_t lanes = std::min<std::uint64_t>(chip.ssm.channel_lanes, e);
    const std::uint64_t rounds = std::max<std::uint64_t>(1, capacity / 2 / channel / lanes);
    plan.channels = std::min(e, rounds * lanes);
    if (plan.channels * channel > capacity) {
        fail_capacity(chip, {"scan: the states of one round of channels", plan.channels * channel,
                             models::Memory::State, ""});
    }
    return plan;
}

/// The first tiles, as many as a trial needs: once the rows that wait between layers are four
/// scratchpads full, more of them change no choice, only how long the trial takes.
std::vector<Tile> trial_tiles(const Workload& work, const std::vector<Tile>& tiles,
                              std::uint64_t capacity) {
    constexpr std::uint64_t kScratchpads = 4;
    constexpr std::size_t kAtLeast = 32;
    std::vector<Tile> first;
    std::uint64_t waiting = 0;
    for (const Tile& t : tiles) {
        if (first.size() >= kAtLeast && waiting > kScratchpads * capacity) break;
        first.push_back(t);
        waiting += t.rows() * work.dims.d_model * 6;  // FP16 hidden and FP32 residual
    }
    first.back().last = true;
    return first;
}

/// Sizes of a group about a factor of 1.5 apart, for equal groups; with each size no, a quarter,
/// half and three quarters of the scratchpad left free.
std::vector<LayerPlan> group_candidates(const LayerPlan& plan, std::uint64_t tiles,
                                        std::uint64_t largest, std::uint64_t capacity) {
    constexpr std::uint64_t kSteps = 4;
    std::vector<LayerPlan> candidates;
    for (std::uint64_t size = 1; size < largest + (size + 1) / 2; size += (size + 1) / 2) {
        const std::uint64_t g = ceil_div(tiles, ceil_div(tiles, std::min(size, largest)));
        for (std::uint64_t free = 0; free < kSteps; ++free) {
            candidates.push_back(plan);
            candidates.back().group_tiles = g;
            candidates.back().settle_limit = capacity / kSteps * (kSteps - free);
        }
    }
    return candidates;
}

/// Groups of g tiles walk through each op together: fewer groups fetch streamed weights less often,
/// but hold more, and nothing overlaps with the scan of the last group. Where not everything fits,
/// spilling early leaves free space in which loads run ahead. Tries them all; of those within a
/// percent of the fastest, takes the one with the least DRAM traffic.
void choose_group(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles,
                  LayerPlan& plan) {
    const std::uint64_t capacity = chip.activation_sram.capacity_bytes();
    const std::vector<Tile> tried = trial_tiles(work, tiles, capacity);
    const std::vector<LayerPlan> candidates =
        group_candidates(plan, tiles.size(), tried.size(), capacity);
    std::vector<TrialCost> costs;
    std::uint64_t fastest = models::kNone;
    for (const LayerPlan& candidate : candidates) {
        costs.push_back(try_layers(work, chip, tried, candidate));
        fastest = std::min(fastest, costs.back().cycles);
    }
    constexpr std::uint64_t kPerPercent = 100;  // what the trial leaves out is worth about as much
    std::uint64_t fewest = models::kNone;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool slow = costs[i].cycles > fastest + fastest / kPerPercent;
        if (slow || costs[i].dram_bytes >= fewest) continue;
        plan = candidates[i];
        fewest = costs[i].dram_bytes;
    }
}

void check_ends(const Workload& work, const ChipConfig& chip, std::uint64_t rows) {
    const std::uint64_t capacity = chip.activation_sram.capacity_bytes();
    const std::uint64_t d = work.dims.d_model;
    const auto check = [&](Op op, std::uint64_t need, const std::string& otherwise) {
        if (need <= capacity) return;
        fail_capacity(chip, {std::string(models::name_of(op)) + ": one tile", need,
                             models::Memory::Activation, otherwise});
    };
    if (work.embeds) check(Op::Embedding, rows * (3 * d + 2), fewer_rows(work));
    if (!work.has_head) return;
    const std::uint64_t n = panel_channels(linear_shape(work.dims, Op::LmHead), chip.gemm.cols,
                                           chip.weight_sram.capacity_bytes());
    check(Op::NormF, head_norm_bytes(work), fewer_sequences(work));
    check(Op::LmHead, work.batch * (d + 2 * n), fewer_sequences(work));
}

}  // namespace

std::uint64_t head_norm_bytes(const Workload& work) {
    return work.batch * work.dims.d_model * 7;  // FP16 and FP32 in, int8 out
}

LayerPlan plan_layer(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles) {
    LayerPlan plan;
    plan.fusion = chip.schedule.fusion;
    plan.ops = layer_ops(work.dims);
    while (plan.ops[plan.first_back_op].op != Op::Scan) ++plan.first_back_op;
    check_weights(work, chip);
    std::uint64_t rows = 0;
    for (const Tile& t : tiles) rows = std::max(rows, t.rows());
    check_ends(work, chip, rows);

    const std::uint64_t capacity = chip.activation_sram.capacity_bytes();
    const TileNeeds needs = tile_needs(work, plan.ops, rows);
    const std::uint64_t sequences = work.decode() ? work.batch : 1;
    const std::uint64_t history = sequences * work.dims.d_inner * work.dims.d_conv;
    if (needs.task + history > capacity) {
        fail_capacity(chip, {std::string(models::name_of(needs.task_op)) + ": one tile of " +
                                 std::to_string(rows) + " rows, with the conv history,",
                             needs.task + history, models::Memory::Activation, fewer_rows(work)});
    }
    plan.state = plan_state(work, chip);
    if (work.decode() && plan.fusion == Fusion::Layer) {
        const std::uint64_t d = work.dims.d_model;
        const std::uint64_t head =
            work.has_head ? work.batch * (7 * d + std::uint64_t{2} * work.dims.vocab) : 0;
        const std::uint64_t others = std::max(2 * needs.flight, head);
        plan.state.conv_resident = (work.layers + 1) * history + others <= capacity;
    }
    plan.group_tiles = tiles.size();
    plan.settle_limit = capacity;
    if (plan.fusion == Fusion::Layer && tiles.size() > 1) choose_group(work, chip, tiles, plan);
    return plan;
}

}  // namespace mambasic::sim
