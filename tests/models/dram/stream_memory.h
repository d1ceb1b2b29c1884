// A memory in closed form, with the figures that a test counts with.
#pragma once

#include "models/dram/stream_dram.h"

namespace mambasic::models::test {

struct StreamFigures {
    std::uint32_t peak_gb_per_s;
    double efficiency, read_latency_ns, write_latency_ns;
};

inline DramConfig stream_memory(const StreamFigures& figures) {
    DramConfig c;
    c.name = "test";
    c.model = DramModel::Stream;
    c.stream = {figures.efficiency, figures.read_latency_ns, figures.write_latency_ns};
    c.organization = {1, 1, 1, 1, 1, 1024, 4096, figures.peak_gb_per_s};
    c.timing.burst = 1;  // one a nanosecond
    c.tck_ps = 1000;
    return c;
}

}  // namespace mambasic::models::test
