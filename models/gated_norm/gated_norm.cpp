#include "models/gated_norm/gated_norm.h"

#include <utility>

#include "models/gated_norm/gated_norm_cost.h"

namespace mambasic::models {

GatedNorm::GatedNorm(const sc_core::sc_module_name& name, const GatedNormConfig& config,
                     const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics,
                     Bind bind)
    : Worker(name, BlockId::GatedNorm, ports),
      config_(config),
      nonlinear_(nonlinear),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork GatedNorm::perform(const Task& task) {
    const Bound<GatedNormTile> bound = bind_(task);
    const GatedNormTile& tile = bound.tile;
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile] { return gated_norm_compute(config_, nonlinear_, tile); };
    }
    Work& work = result.work;
    work.counts = gated_norm_count(tile.shape);
    work.cycles = gated_norm_cycles(config_, nonlinear_, tile.shape);
    work.sram = gated_norm_traffic(tile.shape);
    return result;
}

}  // namespace mambasic::models
