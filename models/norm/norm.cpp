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

Work Norm::perform(const Task& task) {
    const auto [tile, has_residual_in] = bind_(task);
    Work work;
    work.counts = numerics_ ? norm_compute(config_, nonlinear_, tile) : norm_count(tile.shape);
    work.cycles = norm_cycles(config_, nonlinear_, tile.shape);
    work.sram = norm_traffic(tile.shape, has_residual_in);
    return work;
}

}  // namespace mambasic::models
