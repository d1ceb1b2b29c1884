// Static description of the external memory, from hw_config/dram/*.yaml. Latency and bandwidth
// only; banks, rows and refresh come with the bank-level model behind the same interface.
#pragma once

#include <string>

#include "models/common/units.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

struct DramConfig {
    std::string name;
    double peak_gb_per_s = 0;    // all channels, 1 GB = 1e9 bytes
    double efficiency = 0;       // share of the peak that streaming reaches
    double read_latency_ns = 0;  // first request to first data
    double write_latency_ns = 0;
    Banded energy_pj_per_bit;
    static DramConfig parse(YamlMap map);
};

}  // namespace mambasic::models
