// What a reader must know where a chip packs 4-bit weights: its bits are not those it would
// compute.
#pragma once

#include <string>

#include "sim/chip_config.h"

namespace mambasic::sim {

/// Empty where the MACs take the weights as they are modelled.
inline std::string packed_note(const ChipConfig& chip, bool int4_weights) {
    if (!int4_weights || !chip.gemm.multiplies_int4()) return "";
    return "gemm.int4_macs_per_mac is 2: time, energy and area are of packed INT4 MACs, the bits "
           "of weights expanded to INT8, which round elsewhere";
}

}  // namespace mambasic::sim
