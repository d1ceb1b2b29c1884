// A scratchpad: how long its ports need for a tile.
// Not modelled: bank conflicts, two blocks at the same ports at the same time.
#pragma once

#include <systemc>

#include "models/common/units.h"
#include "models/sram/sram_config.h"

namespace mambasic::models {

class Sram : public sc_core::sc_module {
public:
    Sram(const sc_core::sc_module_name& name, const SramConfig& config);

    Cycles port_cycles(std::uint64_t read_bytes, std::uint64_t write_bytes) const;
    const SramConfig& config() const { return config_; }

private:
    const SramConfig config_;
};

}  // namespace mambasic::models
