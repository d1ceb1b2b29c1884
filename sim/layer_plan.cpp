#include "sim/layer_plan.h"

#include <algorithm>
#include <string>

#include "models/common/units.h"
#include "sim/capacity_error.h"
#include "sim/layer_trial.h"

namespace mambasic::sim {

using models::ceil_div;

namespace {

/// The last op of the layer that reads the stream, or none.
Op last_reader(const std::vector<OpSpec>& ops, Stream stream) {
    Op last = Op::kCount;
    for (const OpSpec& spec : ops) {
        if (spec.reads(stream)) last = spec.op;
    }
    return last;
}

/// What one task, and one tile on its way through the layer, hold of activation_sram.
struct TileNeeds {
    std::uint64_t task = 0;  // the largest task: operands and results
    Op task_op = Op::Norm;
    std::uint64_t flight = 0;  // the largest sum of live streams at any op
};

void add_needs_of_layer(const Workload& work, std::uint32_t layer, std::uint64_t rows,
                        TileNeeds& needs) {
    const std::vector<OpSpec> ops = layer_ops(work.dims, work.x_use(layer));
    const auto bytes = [&](Stream s) { return rows * bytes_per_row(work, s, layer); };
    std::vector<Stream> live = {Stream::Hidden, Stream::Residual};
    for (const OpSpec& spec : ops) {
        std::uint64_t task = 0;
        for (const Stream s : spec.inputs) task += bytes(s);
        for (const OpOutput& o : spec.outputs) {
            task += bytes(o.stream);
            live.push_back(o.stream);
        }
        std::uint64_t flight = 0;
        for (const Stream s : live) flight += bytes(s);
        needs.flight = std::max(needs.flight, flight);
        if (task > needs.task) {
            needs.task = task;
            needs.task_op = spec.op;
        }
        live.erase(std::remove_if(live.begin(), live.end(),
                                  [&](Stream s) {
                                      const bool kept =
                                          s == Stream::HiddenOut || s == Stream::ResidualOut;
                                      return !kept && last_reader(ops, s) == spec.op;
                                  }),
                   live.end());
    }
}

TileNeeds tile_needs(const Workload& work, std::uint64_t rows) {
    TileNeeds needs;
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        add_needs_of_layer(work, layer, rows, needs);
    }
    return needs;
}

void check_weights(const Workload& work, const ChipConfig& chip) {
    const std::uint64_t capacity = chip.weight_sram.capacity_bytes();
    std::vector<Op> ops = weighted_ops(layer_ops(work.dims));
    if (work.has_head) ops.push_back(Op::LmHead);
    if (work.rotates_by_matrix()) ops.push_back(Op::Rotate);
    for (const Op op : ops) {
        std::uint64_t need = weight_bytes(work, op);
        if (has_panels(op)) {
            const std::uint64_t n = panel_channels(work, op, pass_widths(chip), capacity);
            need = std::min(need, ceil_div(n, 16) * 16 * channel_bytes(work, op));
        }
        if (need > capacity) {
            fail_capacity(chip, {std::string(models::name_of(op)) + ": one panel of weights", need,
                                 models::Memory::Weight, ""});
        }
    }
}

/// As many channels of one sequence as fit into `room`, in whole units: a head in Mamba2, a round
/// of the channel lanes in Mamba1.
std::uint64_t channels_together(const Workload& work, const ChipConfig& chip,
                                std::uint64_t channel_bytes, std::uint64_t room) {
    const std::uint64_t e = work.dims.d_inner;
    const std::uint64_t lanes = std::min<std::uint64_t>(chip.ssm.channel_lanes, e);
    const std::uint64_t unit = work.dims.mamba2() ? work.dims.head_dim : lanes;
    return std::min(e, std::max<std::uint64_t>(1, room / channel_bytes / unit) * unit);
}

StatePlan plan_state(const Workload& work, const ChipConfig& chip) {
    StatePlan plan;
    const std::uint64_t capacity = std::uint64_t{chip.ssm.state_store_kib} * 1024;
    const std::uint64_t e = work.dims.d_inner;
    const bool on_chip = chip.ssm.state_residency == models::StateResidency::OnChip;
    plan.bytes_per_state = work.decode() ? 1 : sizeof(float);
    const std::uint64_t channel = work.dims.d_state * plan.bytes_per_state;
    const std::uint64_t sequence = e * channel;
    plan.carried = on_chip && !work.decode();
    plan.resident = on_chip && work.decode() && chip.schedule.fusion == Fusion::Layer &&
                    work.layers * work.batch * sequence <= capacity;
    const std::uint64_t together = work.decode() ? work.batch : 1;
    const bool stays = plan.resident || plan.carried;  // else the next group loads beside this one
    plan.sequences = std::min(together, capacity / (stays ? 1 : 2) / sequence);
    plan.channels = e;
    if (plan.sequences > 0) return plan;
    // Not two sequences: one, or as many channels of one as fit twice.
    plan.sequences = 1;
    if (sequence <= capacity && work.decode()) return plan;
    plan.channels = channels_together(work, chip, channel, capacity / 2);
    if (plan.channels * channel > capacity) {
        const char* unit = work.dims.mamba2() ? "one head" : "one round of channels";
        fail_capacity(chip, {std::string("scan: the states of ") + unit, plan.channels * channel,
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
/// spilling early leaves free space in which loads run ahead. Tries them all; of those about as
/// fast as the fastest, takes the one with the least DRAM traffic.
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
    const double limit =
        static_cast<double>(fastest) * (1 + chip.schedule.time_slack_percent / 100);
    std::uint64_t fewest = models::kNone;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool slow = static_cast<double>(costs[i].cycles) > limit;
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
    if (work.embeds) {
        check(Op::Embedding, rows * (embedding_row_bytes(work) + 2 * d), fewer_rows(work));
    }
    if (!work.has_head) return;
    const std::uint64_t n =
        panel_channels(work, Op::LmHead, pass_widths(chip), chip.weight_sram.capacity_bytes());
    check(Op::NormF, head_norm_bytes(work), fewer_sequences(work));
    check(Op::LmHead, work.batch * (d + 2 * n), fewer_sequences(work));
}

}  // namespace

Capacities capacities_of(const Workload& work, const ChipConfig& chip) {
    return {chip.weight_sram.capacity_bytes(), chip.activation_sram.capacity_bytes(),
            std::uint64_t{chip.ssm.state_store_kib} * 1024, table_capacity(work)};
}

std::uint64_t head_norm_bytes(const Workload& work) {
    return work.batch * work.dims.d_model * 7;  // FP16 and FP32 in, int8 out
}

LayerPlan plan_layer(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles) {
    LayerPlan plan;
    plan.fusion = chip.schedule.fusion;
    check_weights(work, chip);
    std::uint64_t rows = 0;
    for (const Tile& t : tiles) rows = std::max(rows, t.rows());
    check_ends(work, chip, rows);

    const std::uint64_t capacity = chip.activation_sram.capacity_bytes();
    const TileNeeds needs = tile_needs(work, rows);
    const std::uint64_t sequences = work.decode() ? work.batch : 1;
    const std::uint64_t history = sequences * conv_state_bytes(work.dims);
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
