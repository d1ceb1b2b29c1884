// The MAC array as a block: one tile (rows x panel) in flight.
// Not modelled: clock gating inside a tile, weights of the next task loaded during this one.
#pragma once

#include <functional>
#include <memory>

#include "models/common/worker.h"
#include "models/dequant_mux/dequant_mux_config.h"
#include "models/gemm/gemm_function.h"
#include "models/scale_table/scale_table.h"

namespace mambasic::models {

class Gemm : public Worker {
public:
    /// A table only where x is requantized with the scales of cells.
    using Bind = std::function<BoundWithTable<GemmTile>(const Task&)>;

    Gemm(const sc_core::sc_module_name& name, const GemmConfig& config,
         const DequantMuxConfig& dequant, ScaleTable& scales, const WorkerPorts& ports,
         bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;
    std::shared_ptr<const TableAnswer> look_up(const BoundWithTable<GemmTile>& bound);

    const GemmConfig config_;
    const DequantMuxConfig dequant_;
    ScaleTable& scales_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
