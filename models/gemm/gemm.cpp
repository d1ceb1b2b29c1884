#include "models/gemm/gemm.h"

#include <utility>

#include "models/dequant_mux/dequant_mux_cost.h"
#include "models/gemm/gemm_cost.h"

namespace mambasic::models {

Gemm::Gemm(const sc_core::sc_module_name& name, const GemmConfig& config,
           const DequantMuxConfig& dequant, ScaleTable& scales, const WorkerPorts& ports,
           bool numerics, Bind bind)
    : Worker(name, BlockId::Gemm, ports),
      config_(config),
      dequant_(dequant),
      scales_(scales),
      numerics_(numerics),
      bind_(std::move(bind)) {}

/// A lane's channel changes with the block of weights, so every sweep looks all of them up.
std::shared_ptr<const TableAnswer> Gemm::look_up(const BoundWithTable<GemmTile>& bound) {
    const GemmTile& tile = bound.tile;
    if (!bound.table || !tile.x_in.use.requantized()) return nullptr;
    LookupRun run;
    run.count = static_cast<std::uint32_t>(tile.shape.k);
    run.x_columns = x_proj_columns(tile.x_in.use);
    const bool vector = gemm_uses_vector_mode(config_, tile.shape);
    const std::uint32_t lanes = vector ? config_.vector_adder_tree_width : config_.rows;
    return scales_.look_up({bound.table, run, {tile.shape.m, lanes}});
}

TileWork Gemm::perform(const Task& task) {
    const BoundWithTable<GemmTile> bound = bind_(task);
    const GemmTile& tile = bound.tile;
    const auto scales = look_up(bound);
    const std::uint64_t sweeps = scales ? gemm_input_sweeps(config_, tile.shape) : 0;
    TileWork result;
    result.prepare = bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, scales, sweeps] {
            if (!scales) return gemm_compute(config_, tile);
            GemmTile scaled = tile;
            scaled.x_in.scales = scales->x_scales();
            Counts counts = gemm_compute(config_, scaled);
            return counts += (scales->counts * sweeps).events(scales_.config());
        };
    }
    Work& work = result.work;
    work.counts = gemm_count(config_, tile.shape, tile.epilogue, tile.mode, tile.x_in);
    work.cycles =
        gemm_cycles(config_, tile.shape, tile.mode) + x_proj_latency(dequant_, tile.x_in.use);
    if (scales) scales->charge(scales_.config(), work, sweeps);
    work.sram = gemm_traffic(config_, tile.shape, tile.mode, tile.epilogue, tile.x_in);
    work.store = gemm_accumulator_traffic(config_, tile.shape, tile.mode, tile.x_in);
    return result;
}

}  // namespace mambasic::models
