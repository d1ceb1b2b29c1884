#include "models/gemm/gemm.h"

#include <utility>

#include "models/gemm/gemm_cost.h"

namespace mambasic::models {

Gemm::Gemm(const sc_core::sc_module_name& name, const GemmConfig& config, const WorkerPorts& ports,
           bool numerics, Bind bind)
    : Worker(name, BlockId::Gemm, ports),
      config_(config),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Gemm::perform(const Task& task) {
    const GemmTile tile = bind_(task);
    TileWork result;
    if (numerics_) result.compute = [this, tile] { return gemm_compute(config_, tile); };
    Work& work = result.work;
    work.counts = gemm_count(config_, tile.shape, tile.epilogue);
    work.cycles = gemm_cycles(config_, tile.shape, MacMode::Int8);
    work.sram = gemm_traffic(config_, tile.shape, MacMode::Int8, tile.epilogue);
    work.store = gemm_accumulator_traffic(config_, tile.shape, MacMode::Int8);
    return result;
}

}  // namespace mambasic::models
