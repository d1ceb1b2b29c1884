#include "models/conv/conv.h"

#include <utility>

#include "models/conv/conv_cost.h"

namespace mambasic::models {

namespace {

// The first ones; what stays FP32 needs no scale.
std::uint64_t channels_with_scales(const ConvTile& tile) {
    const XUse& use = tile.x_out.use;
    if (use.code.format != traces::XFormat::Fp32) return tile.shape.channels;
    return use.copied() ? tile.x_out.channels : 0;
}

}  // namespace

Conv::Conv(const sc_core::sc_module_name& name, const ConvConfig& config,
           const NonlinearConfig& nonlinear, ScaleTable& scales, const WorkerPorts& ports,
           bool numerics, Bind bind)
    : Worker(name, BlockId::Conv, ports),
      config_(config),
      nonlinear_(nonlinear),
      scales_(scales),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Conv::perform(const Task& task) {
    const BoundWithTable<ConvTile> bound = bind_(task);
    const ConvTile& tile = bound.tile;
    const ConvShape& shape = tile.shape;
    LookupRun run;
    run.count = static_cast<std::uint32_t>(channels_with_scales(tile));
    run.x_columns = conv_columns(tile.x_out.use);
    const auto scales =
        scales_.look_up({bound.table, run, {shape.sequences * shape.tokens, config_.lanes}});
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales] {
            ConvTile scaled = tile;
            scaled.output_scales = scales->scales.data();  // those that the table gave
            scaled.x_out.scales = scales->x_scales();
            Counts counts = conv_compute(config_, nonlinear_, scaled);
            return counts += scales->counts.events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = conv_count(tile);
    work.cycles = conv_cycles(config_, nonlinear_, shape);
    scales->charge(scales_.config(), work);
    work.sram = conv_traffic(shape, tile.x_out);
    const bool decode = tile.per_tap_scaling;
    work.sram += conv_history_traffic(shape, !decode && task.region.token == 0);
    work.sram.read_walk = work.sram.write_walk = {config_.lanes, shape.tokens, 1};
    return result;
}

}  // namespace mambasic::models
