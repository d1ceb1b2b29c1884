// Whether a chip's stages and memories are done within the cycles that its keys give them, at its
// clock, by its card's delays. A path is what a stage does one behind the other, times what
// placement adds, and a register in each of its cycles. Not modelled: clock skew and jitter, how
// evenly a pipeline is cut into its cycles, wires between blocks; what the low and high of the
// delays would say.
#pragma once

#include <string>
#include <vector>

#include "sim/chip_config.h"

namespace mambasic::sim {

struct TimedPath {
    std::string key;   // that gives the cycles, or the block
    std::string what;  // "running sum"
    double ns = 0;     // without the registers
    std::uint32_t cycles = 1;
};

std::vector<TimedPath> timed_paths(const ChipConfig& chip);

/// The path that allows the lowest clock, and that clock in GHz.
struct SlowestPath {
    TimedPath path;
    double clock_ghz = 0;
};
SlowestPath slowest_path(const ChipConfig& chip);

/// Why the chip cannot run at its clock and what would do, or nothing. Points at what its user
/// wrote and the slowest path hangs on: one of the options of --set, else a line of the chip file.
std::string clock_problem(const ChipConfig& chip, const std::vector<std::string>& overrides);

}  // namespace mambasic::sim
