// What the user reads when not even one task fits into a memory of the chip.
#pragma once

#include <cstdint>
#include <string>

#include "sim/workload.h"

namespace mambasic::sim {

struct CapacityNeed {
    std::string what;         // "in_proj: one panel of weights"
    std::uint64_t bytes = 0;  // that it needs
    models::Memory memory = models::Memory::Activation;
    std::string otherwise;  // what else helps, "" or " or ..."
};

/// "raise weight_sram.capacity_kib to 72": a size of the scratchpad that holds so much and that the
/// chip file may hold: whole banks, and more of them where one would exceed the technology's
/// largest.
std::string raise_sram(const ChipConfig& chip, models::Memory memory, std::uint64_t bytes);

/// Throws models::UserError at the key that sets the memory's size, with a size that is enough.
[[noreturn]] void fail_capacity(const ChipConfig& chip, const CapacityNeed& need);

/// The advice where a task's rows are a tile's tokens (prefill) or one of each sequence (decode).
std::string fewer_rows(const Workload& work);
std::string fewer_sequences(const Workload& work);

}  // namespace mambasic::sim
