#include "models/ssm/ssm.h"

#include <utility>

#include "models/dequant_mux/dequant_mux_cost.h"
#include "models/ssm/ssd_cost.h"
#include "models/ssm/ssm_cost.h"

namespace mambasic::models {

namespace {

/// B's or C's scales of all SSD groups of the network, of which there may be one.
std::vector<float> for_groups(const std::vector<float>& scales, std::uint64_t groups) {
    return scales.size() == 1 ? std::vector<float>(groups, scales.front()) : scales;
}

/// What int8 codes are multiplied with; a uniform code with another scale than made it.
const float* u_scales(const XUse& use, const TableAnswer& given) {
    if (!use.int8()) return nullptr;
    return use.code.format == traces::XFormat::Uniform8 ? given.high.data() : given.scales.data();
}

/// The tile with the scales that the table gave.
Counts compute_scaled(const SsmConfig& config, const NonlinearConfig& nonlinear, SsdTile tile,
                      const ScaleTableImage& table, const TableAnswer& given) {
    const std::uint64_t groups = table.shape.bc_channels / tile.shape.states;
    const std::vector<float> b = for_groups(given.b, groups);
    const std::vector<float> c = for_groups(given.c, groups);
    tile.scales = {u_scales(tile.x_in.use, given), b.data(),           c.data(),
                   table.state_scales.data(),      given.cells.data(), table.shape.state_columns};
    tile.x_in.scales = given.x_scales();
    return ssd_compute(config, nonlinear, tile);
}

}  // namespace

Ssm::Ssm(const sc_core::sc_module_name& name, const SsmParts& parts, ScaleTable& scales,
         const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Ssm, ports),
      parts_(parts),
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
    run.x_columns = ssm_columns(tile.x_in.use);
    return scales_.look_up(
        {bound.table,
         run,
         {ssm_group_steps(parts_.config, tile.shape, codes), parts_.config.channel_lanes}});
}

TileWork Ssm::perform_scan(const Task& task, const BoundWithTable<SsmTile>& bound) {
    const SsmTile& tile = bound.tile;
    const auto scales = look_up(bound, task.region.channel);
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales, table = bound.table] {
            if (!scales) return ssm_compute(parts_.config, parts_.nonlinear, tile);
            SsmTile scaled = tile;
            scaled.cells = {u_scales(tile.x_in.use, *scales), table->state_scales.data(),
                            scales->cells.data()};
            scaled.x_in.scales = scales->x_scales();
            Counts counts = ssm_compute(parts_.config, parts_.nonlinear, scaled);
            return counts += scales->counts.events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = ssm_count(tile.shape, tile.decode, tile.last_tile, tile.x_in);
    const std::uint64_t codes = ssm_codes(tile.shape, tile.decode, tile.last_tile);
    work.cycles = ssm_cycles(parts_.config, parts_.nonlinear, tile.shape, codes).total() +
                  x_decode_latency(parts_.dequant, tile.x_in.use);
    if (scales) scales->charge(scales_.config(), work);
    work.sram = ssm_traffic(tile.shape, tile.x_in);
    work.sram.read_walk = work.sram.write_walk = walk(tile.shape.tokens);
    work.store =
        ssm_state_traffic(tile.shape, {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

// A group of channels goes through all tokens of a sequence before the next one comes.
SramWalk Ssm::walk(std::uint64_t tokens) const { return {parts_.config.channel_lanes, tokens, 1}; }

std::shared_ptr<const TableAnswer> Ssm::look_up(const BoundWithTable<SsdTile>& bound) {
    const SsdShape& shape = bound.tile.shape;
    const std::uint64_t codes = ssm_codes(shape.flat(), bound.tile.decode, bound.tile.last_tile);
    LookupRun run;
    run.first = static_cast<std::uint32_t>(shape.first_head * shape.head_dim);
    run.count = static_cast<std::uint32_t>(shape.channels());
    run.by_head = true;
    run.with_states = bound.tile.decode || bound.tile.last_tile;
    run.with_bc = !bound.tile.x_in.use.code.values();
    run.x_columns = ssm_columns(bound.tile.x_in.use);
    return scales_.look_up(
        {bound.table,
         run,
         {ssd_group_steps(parts_.config, shape, codes), parts_.config.channel_lanes}});
}

TileWork Ssm::perform_ssd(const Task& task, const BoundWithTable<SsdTile>& bound) {
    const SsdTile& tile = bound.tile;
    const SsdShape& shape = tile.shape;
    const auto scales = look_up(bound);
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales, table = bound.table] {
            Counts counts = compute_scaled(parts_.config, parts_.nonlinear, tile, *table, *scales);
            return counts += scales->counts.events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = ssd_count(parts_.config, shape, tile.decode, tile.last_tile, tile.x_in);
    const std::uint64_t codes = ssm_codes(shape.flat(), tile.decode, tile.last_tile);
    work.cycles = ssd_cycles(parts_.config, parts_.nonlinear, shape, codes).total() +
                  x_decode_latency(parts_.dequant, tile.x_in.use);
    scales->charge(scales_.config(), work);
    work.sram = ssd_traffic(shape, tile.x_in);
    work.sram.read_walk = work.sram.write_walk = walk(shape.tokens);
    work.store =
        ssm_state_traffic(shape.flat(), {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

}  // namespace mambasic::models
