// Streams of bursts, as they were given to the other DRAM simulators: hw_config/sources/peers.md
// "DRAM simulators" describes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mambasic {

struct PatternBurst {
    std::uint64_t address = 0;
    bool write = false;
};

/// `name` as in dram_peers.yaml. Throws std::out_of_range for another.
std::vector<PatternBurst> dram_pattern(const std::string& name, std::uint64_t bursts,
                                       std::uint64_t burst_bytes);

}  // namespace mambasic
