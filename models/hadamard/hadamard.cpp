#include "models/hadamard/hadamard.h"

#include <utility>

#include "models/hadamard/hadamard_cost.h"

namespace mambasic::models {

Hadamard::Hadamard(const sc_core::sc_module_name& name, const HadamardConfig& config,
                   const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Hadamard, ports),
      config_(config),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Hadamard::perform(const Task& task) {
    const HadamardTile tile = bind_(task);
    TileWork result;
    if (numerics_) result.compute = [this, tile] { return hadamard_compute(config_, tile); };
    Work& work = result.work;
    work.counts = hadamard_count(tile.shape);
    work.cycles = hadamard_cycles(config_, tile.shape);
    work.sram = hadamard_traffic(tile.shape);
    work.store = hadamard_buffer_traffic(tile.shape);
    return result;
}

}  // namespace mambasic::models
