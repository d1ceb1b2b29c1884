#include "models/sram/sram.h"

#include "models/sram/sram_cost.h"

namespace mambasic::models {

Sram::Sram(const sc_core::sc_module_name& name, const SramConfig& config)
    : sc_module(name), config_(config) {}

Cycles Sram::port_cycles(std::uint64_t read_bytes, std::uint64_t write_bytes) const {
    return sram_port_cycles(config_, read_bytes, write_bytes);
}

}  // namespace mambasic::models
