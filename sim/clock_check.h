// Whether a chip's stages and memories are done within the cycles that its keys give them, at its
// clock, by its card's delays, as far as a network uses them. A path is what a stage does one
// behind the other, times what placement adds, and a register in each of its cycles. Not modelled:
// clock skew and jitter, how evenly a pipeline is cut into its cycles, wires between blocks; what
// the low and high of the delays would say.
#pragma once

#include <string>
#include <vector>

#include "sim/chip_config.h"
#include "sim/stages.h"
#include "sim/workload.h"

namespace mambasic::sim {

struct TimedPath {
    std::string key;   // that gives the cycles, or the block
    std::string what;  // "running sum"
    double ns = 0;     // without the registers
    std::uint32_t cycles = 1;
    UsedBy used_by = UsedBy::All;
};

std::vector<TimedPath> timed_paths(const ChipConfig& chip);

/// What a network and its scheme use of a chip, beside what all of them do.
struct ClockUses {
    bool mamba1 = true;
    bool mamba2 = true;
    bool rotation = true;
    bool own_codes = true;  // of x, to be decoded
    bool requantized = true;
};

ClockUses uses_of(const Workload& work);

/// Of paths in use that are not done in their cycles at the chip's clock: for each key the one that
/// allows the lowest, and that clock in GHz. The slowest is the first.
struct SlowPath {
    TimedPath path;
    double clock_ghz = 0;
};
std::vector<SlowPath> slow_paths(const ChipConfig& chip, const ClockUses& uses);

/// Throws UserError where the chip cannot run at its clock: all that is too slow, and what would
/// do. Points at what its user wrote and the slowest path hangs on: one of the options of --set,
/// else a line of the chip file.
void check_clock(const ChipConfig& chip, const ClockUses& uses);

}  // namespace mambasic::sim
