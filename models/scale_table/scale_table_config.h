// Static description of the scale table. In the one-scale form (Quamba1) a register holds the conv
// output scale and a tile reads it once; group tables and their lookups join here.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct ScaleTableConfig {
    std::uint32_t word_bytes = 0;
    std::uint32_t lookup_cycles = 0;  // per lookup, before the pipeline that uses it starts
    static ScaleTableConfig parse(YamlMap map);
};

}  // namespace mambasic::models
