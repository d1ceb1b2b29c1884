#include "models/conv/conv.h"

#include <utility>

#include "models/conv/conv_cost.h"

namespace mambasic::models {

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
    constexpr std::uint64_t kLookups = 1;  // one scale for all channels
    const Bound<ConvTile> bound = bind_(task);
    const ConvTile& tile = bound.tile;
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile] {
            Counts counts = conv_compute(config_, nonlinear_, tile);
            counts[Event::ScaleLookup] += kLookups;
            return counts;
        };
    }
    Work& work = result.work;
    work.counts = conv_count(tile.shape, tile.per_tap_scaling);
    work.counts[Event::ScaleLookup] += kLookups;
    const Cycles lookup = scales_.lookup(kLookups);
    work.table_cycles = lookup.count;
    work.cycles = lookup + conv_cycles(config_, nonlinear_, tile.shape);
    work.sram = conv_traffic(tile.shape);
    const bool decode = tile.per_tap_scaling;
    work.sram += conv_history_traffic(tile.shape, !decode && task.region.token == 0);
    return result;
}

}  // namespace mambasic::models
