// The SSM core as a block: Mamba1's selective scan or Mamba2's recurrence, one tile (tokens x
// channels) in flight.
// Not modelled: the state store filled by DMA while the core works on the same bank.
#pragma once

#include <functional>
#include <variant>

#include "models/dequant_mux/dequant_mux_config.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/scale_table/scale_table.h"
#include "models/ssm/ssd_function.h"
#include "models/ssm/ssm_function.h"

namespace mambasic::models {

/// What the core is made of.
struct SsmParts {
    SsmConfig config;
    NonlinearConfig nonlinear;
    DequantMuxConfig dequant;
};

class Ssm : public Worker {
public:
    /// Without a table where all channels have one scale: that one is in the tile.
    using BindScan = std::function<BoundWithTable<SsmTile>(const Task&)>;
    using BindSsd = std::function<BoundWithTable<SsdTile>(const Task&)>;
    using Bind = std::variant<BindScan, BindSsd>;  // by the family of the network

    Ssm(const sc_core::sc_module_name& name, const SsmParts& parts, ScaleTable& scales,
        const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;
    TileWork perform_scan(const Task& task, const BoundWithTable<SsmTile>& bound);
    TileWork perform_ssd(const Task& task, const BoundWithTable<SsdTile>& bound);
    std::shared_ptr<const TableAnswer> look_up(const BoundWithTable<SsmTile>& bound,
                                               std::uint64_t first_channel);
    std::shared_ptr<const TableAnswer> look_up(const BoundWithTable<SsdTile>& bound);
    SramWalk walk(std::uint64_t tokens) const;

    const SsmParts parts_;
    ScaleTable& scales_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
