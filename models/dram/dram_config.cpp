#include "models/dram/dram_config.h"

namespace mambasic::models {

DramConfig DramConfig::parse(YamlMap map) {
    DramConfig c;
    c.name = map.take_text("name", "name of the memory, as reports show it");
    c.peak_gb_per_s = map.take_double("peak_gb_per_s", 0.1, 100000, "GB/s (1e9 bytes)",
                                      "data rate of all channels at the pins");
    c.efficiency = map.take_double("efficiency", 0.01, 1, "share of the peak",
                                   "what streaming reaches; refresh and turnarounds take the rest");
    c.read_latency_ns =
        map.take_double("read_latency_ns", 1, 10000, "ns", "first request to first data, unloaded");
    c.write_latency_ns = map.take_double("write_latency_ns", 1, 10000, "ns",
                                         "first data to the end of the write, unloaded");
    c.energy_pj_per_bit = map.take_banded("energy_pj_per_bit", "pJ/bit",
                                          "energy of a bit moved: device, I/O and controller");
    map.finish();
    return c;
}

}  // namespace mambasic::models
