#include "models/ssm/ssm.h"

#include <utility>

#include "models/ssm/ssm_cost.h"

namespace mambasic::models {

Ssm::Ssm(const sc_core::sc_module_name& name, const SsmConfig& config,
         const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Ssm, ports),
      config_(config),
      nonlinear_(nonlinear),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Ssm::perform(const Task& task) {
    const Bound<SsmTile> bound = bind_(task);
    const SsmTile& tile = bound.tile;
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile] { return ssm_compute(config_, nonlinear_, tile); };
    }
    Work& work = result.work;
    work.counts = ssm_count(tile.shape, tile.decode, tile.last_tile);
    work.cycles = ssm_cycles(config_, nonlinear_, tile.shape).total();
    work.sram = ssm_traffic(tile.shape);
    work.store =
        ssm_state_traffic(tile.shape, {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

}  // namespace mambasic::models
