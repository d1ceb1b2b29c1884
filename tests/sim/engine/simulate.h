// A timing-only run of a workload in a process of its own: SystemC allows one for each process, and
// a test compares several.
#pragma once

#include <optional>

#include "sim/chip.h"
#include "tests/sim/engine/cases.h"

namespace mambasic::sim::test {

struct Outcome {
    bool fits = false;  // the chip is large enough for one task
    std::uint64_t cycles = 0;
    std::uint64_t dram_bytes = 0;
    double energy_pj = 0;
    std::array<BlockCycles, models::kBlockCount> blocks{};
};

/// Every conservation law is checked on the way; a broken one fails the test.
Outcome simulate(const Workload& work, const std::vector<std::string>& overrides,
                 const std::string& chip = "tiny");

}  // namespace mambasic::sim::test
