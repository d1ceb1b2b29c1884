// One burst that the chip asked of its DRAM.
#pragma once

#include <cstdint>

#include "models/common/scoreboard.h"

namespace mambasic::sim {

struct DramBurst {
    std::uint64_t address = 0;  // of its first byte, before any address map
    bool write = false;
    models::Ticks at = 0;  // when it was asked for, with the others of its request
};

}  // namespace mambasic::sim
