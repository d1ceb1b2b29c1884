#include "models/ssm/ssm.h"

#include <utility>

#include "models/ssm/ssd_cost.h"
#include "models/ssm/ssm_cost.h"

namespace mambasic::models {

namespace {

/// B's or C's scales of all SSD groups of the network, of which there may be one.
std::vector<float> for_groups(const std::vector<float>& scales, std::uint64_t groups) {
    return scales.size() == 1 ? std::vector<float>(groups, scales.front()) : scales;
}

/// The tile with the scales that the table gave.
Counts compute_scaled(const SsmConfig& config, const NonlinearConfig& nonlinear, SsdTile tile,
                      const ScaleTableImage& table, const TableAnswer& given) {
    const std::uint64_t groups = table.shape.bc_channels / tile.shape.states;
    const std::vector<float> b = for_groups(given.b, groups);
    const std::vector<float> c = for_groups(given.c, groups);
    tile.scales = {given.scales.data(),       b.data(),           c.data(),
                   table.state_scales.data(), given.cells.data(), table.shape.state_columns};
    return ssd_compute(config, nonlinear, tile);
}

}  // namespace

Ssm::Ssm(const sc_core::sc_module_name& name, const SsmConfig& config,
         const NonlinearConfig& nonlinear, ScaleTable& scales, const WorkerPorts& ports,
         bool numerics, Bind bind)
    : Worker(name, BlockId::Ssm, ports),
      config_(config),
      nonlinear_(nonlinear),
      scales_(scales),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Ssm::perform(const Task& task) {
    if (const auto* scan = std::get_if<BindScan>(&bind_)) return perform_scan(task, (*scan)(task));
    return perform_ssd(task, std::get<BindSsd>(bind_)(task));
}

/// The scan goes through its channels in order, and 16 of them are a head of the table: as in the
/// recurrence, a channel's scale is looked up once a tile, and the head group once a head.
std::shared_ptr<const TableAnswer> Ssm::look_up(const BoundWithTable<SsmTile>& bound,
                                                std::uint64_t first_channel) {
    const SsmTile& tile = bound.tile;
    if (!bound.table) return nullptr;
    const std::uint64_t codes = ssm_codes(tile.shape, tile.decode, tile.last_tile);
    LookupRun run;
    run.first = static_cast<std::uint32_t>(first_channel);
    run.count = static_cast<std::uint32_t>(tile.shape.channels);
    run.by_head = true;
    run.with_states = tile.decode || tile.last_tile;
    return scales_.look_up(
        {bound.table, run, {ssm_group_steps(config_, tile.shape, codes), config_.channel_lanes}});
}

TileWork Ssm::perform_scan(const Task& task, const BoundWithTable<SsmTile>& bound) {
    const SsmTile& tile = bound.tile;
    const auto scales = look_up(bound, task.region.channel);
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales, table = bound.table] {
            if (!scales) return ssm_compute(config_, nonlinear_, tile);
            SsmTile scaled = tile;
            scaled.cells = {scales->scales.data(), table->state_scales.data(),
                            scales->cells.data()};
            Counts counts = ssm_compute(config_, nonlinear_, scaled);
            return counts += scales->counts.events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = ssm_count(tile.shape, tile.decode, tile.last_tile);
    const std::uint64_t codes = ssm_codes(tile.shape, tile.decode, tile.last_tile);
    work.cycles = ssm_cycles(config_, nonlinear_, tile.shape, codes).total();
    if (scales) scales->charge(scales_.config(), work);
    work.sram = ssm_traffic(tile.shape);
    work.store =
        ssm_state_traffic(tile.shape, {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

std::shared_ptr<const TableAnswer> Ssm::look_up(const BoundWithTable<SsdTile>& bound) {
    const SsdShape& shape = bound.tile.shape;
    const std::uint64_t codes = ssm_codes(shape.flat(), bound.tile.decode, bound.tile.last_tile);
    LookupRun run;
    run.first = static_cast<std::uint32_t>(shape.first_head * shape.head_dim);
    run.count = static_cast<std::uint32_t>(shape.channels());
    run.by_head = true;
    run.with_states = bound.tile.decode || bound.tile.last_tile;
    run.with_bc = true;
    return scales_.look_up(
        {bound.table, run, {ssd_group_steps(config_, shape, codes), config_.channel_lanes}});
}

TileWork Ssm::perform_ssd(const Task& task, const BoundWithTable<SsdTile>& bound) {
    const SsdTile& tile = bound.tile;
    const SsdShape& shape = tile.shape;
    const auto scales = look_up(bound);
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales, table = bound.table] {
            Counts counts = compute_scaled(config_, nonlinear_, tile, *table, *scales);
            return counts += scales->counts.events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = ssd_count(config_, shape, tile.decode, tile.last_tile);
    const std::uint64_t codes = ssm_codes(shape.flat(), tile.decode, tile.last_tile);
    work.cycles = ssd_cycles(config_, nonlinear_, shape, codes).total();
    scales->charge(scales_.config(), work);
    work.sram = ssd_traffic(shape);
    work.store =
        ssm_state_traffic(shape.flat(), {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

}  // namespace mambasic::models
