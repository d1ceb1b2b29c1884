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

Work Ssm::perform(const Task& task) {
    const SsmTile tile = bind_(task);
    Work work;
    work.counts = numerics_ ? ssm_compute(config_, nonlinear_, tile)
                            : ssm_count(tile.shape, tile.decode, tile.last_tile);
    work.cycles = ssm_cycles(config_, nonlinear_, tile.shape).total();
    work.sram = ssm_traffic(tile.shape);
    work.store =
        ssm_state_traffic(tile.shape, {tile.decode, task.region.token == 0, tile.last_tile});
    return work;
}

}  // namespace mambasic::models
