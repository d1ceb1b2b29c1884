// A core of a few lanes, and scratchpads that never make it wait, for tests of the block.
#pragma once

#include "models/sram/sram_config.h"
#include "models/ssm/ssm_config.h"

namespace mambasic::models::test {

inline SsmConfig small_core() {
    SsmConfig c;
    c.channel_lanes = 4;
    c.state_lanes = 4;
    c.exp_units = 1;
    c.softplus_units = 1;
    c.recurrence_ii_cycles = 4;
    c.pipeline_cycles = 40;
    c.state_store_kib = 16;
    return c;
}

inline SramConfig wide_sram() {
    SramConfig c;
    c.capacity_kib = 64;
    c.banks = 64;
    c.word_bytes = 16;
    c.ports_per_bank = 2;
    return c;
}

}  // namespace mambasic::models::test
