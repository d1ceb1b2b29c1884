#include "models/norm/norm.h"

#include <utility>

#include "models/norm/norm_cost.h"

namespace mambasic::models {

Norm::Norm(const sc_core::sc_module_name& name, const NormConfig& config,
           const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Norm, ports),
      config_(config),
      nonlinear_(nonlinear),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Norm::perform(const Task& task) {
    const BoundNorm bound = bind_(task);
    const NormTile& tile = bound.tile;
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile] { return norm_compute(config_, nonlinear_, tile); };
    }
    Work& work = result.work;
    work.counts = norm_count(tile.shape);
    work.cycles = norm_cycles(config_, nonlinear_, tile.shape);
    work.sram = norm_traffic(tile.shape, bound.has_residual_in);
    return result;
}

}  // namespace mambasic::models
