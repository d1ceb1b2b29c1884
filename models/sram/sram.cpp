#include "models/sram/sram.h"

#include <algorithm>

#include "models/sram/sram_cost.h"

namespace mambasic::models {

Sram::Sram(const sc_core::sc_module_name& name, const SramConfig& config)
    : sc_module(name), config_(config) {}

Cycles Sram::port_cycles(std::uint64_t read_bytes, std::uint64_t write_bytes) const {
    return sram_port_cycles(config_, read_bytes, write_bytes);
}

Cycles Sram::walk_cycles(const SramTraffic& traffic, const SramLayout& layout) const {
    return sram_walk_cycles(config_, traffic, layout);
}

PortShare::Ticks Sram::reserve(PortShare::Ticks now, PortShare::Ticks ticks,
                               std::uint64_t read_bytes, std::uint64_t write_bytes,
                               PortShare::Ticks period) {
    const auto needed = [&](std::uint64_t read, std::uint64_t written) {
        return sram_port_cycles(config_, read, written).count * period;
    };
    if (config_.ports_per_bank == 1) {
        return read_port_.reserve(now, ticks, needed(read_bytes, write_bytes));
    }
    return std::max(read_port_.reserve(now, ticks, needed(read_bytes, 0)),
                    write_port_.reserve(now, ticks, needed(0, write_bytes)));
}

}  // namespace mambasic::models
