// A scratchpad: how long its ports need for a tile, alone and beside other blocks' tiles.
// Not modelled: conflicts of one block's addresses with another's; see port_share.h.
#pragma once

#include <systemc>

#include "models/common/cost.h"
#include "models/sram/port_share.h"
#include "models/sram/sram_config.h"
#include "models/sram/sram_layout.h"

namespace mambasic::models {

class Sram : public sc_core::sc_module {
public:
    Sram(const sc_core::sc_module_name& name, const SramConfig& config);

    Cycles port_cycles(std::uint64_t read_bytes, std::uint64_t write_bytes) const;
    /// As sram_walk_cycles().
    Cycles walk_cycles(const SramTraffic& traffic, const SramLayout& layout) const;
    /// A tile of `ticks`, at least what its ports need, starts now: when it ends beside the others.
    PortShare::Ticks reserve(PortShare::Ticks now, PortShare::Ticks ticks, std::uint64_t read_bytes,
                             std::uint64_t write_bytes, PortShare::Ticks period);
    const SramConfig& config() const { return config_; }

private:
    const SramConfig config_;
    PortShare read_port_;  // the only one where a bank has one
    PortShare write_port_;
};

}  // namespace mambasic::models
