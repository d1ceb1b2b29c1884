// Static description of the scale table. How a scale is looked up comes from the scheme
// (LookupKind); how large and how fast the parts are that do it comes from the chip.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

enum class LookupKind : std::uint8_t {
    Register,    // one scale for all channels, in a register
    Sequential,  // one comparator walks head ranges, then channel ranges, and stops at the first
                 // hit
    Parallel,    // all ranges are compared at once
    Direct,      // a flat table with a scale for every channel
    Code,        // a group code for every channel, then the group's scale
    RunLength,   // a counter that steps at group ends, for channels that come in order
};

/// "register", "sequential", ...: the names that schemes use.
const char* name_of(LookupKind kind);

enum class LoopOrder : std::uint8_t {
    ChannelMajor,  // a channel's scale is looked up once for all tokens of a tile
    TokenMajor,    // and again for every token
};

enum class TableResidency : std::uint8_t {
    AllLayers,  // the tables of all layers stay on chip
    PerLayer,   // two: the layer's at work, and the next one's, which is arriving
};

struct ScaleTableConfig {
    std::uint32_t word_bytes = 0;     // of the table's SRAM: what a read delivers
    std::uint32_t range_bytes = 0;    // of a stored group end
    std::uint32_t lookup_cycles = 0;  // from the address to the word
    std::uint32_t units = 0;          // lookups at once, each with its own copy of the table
    std::uint32_t parallel_comparators = 0;
    std::uint32_t parallel_banks = 0;
    std::uint32_t largest_bank_kib = 0;  // a larger memory is several banks
    LoopOrder loop_order = LoopOrder::ChannelMajor;
    TableResidency residency = TableResidency::PerLayer;
    std::uint32_t capacity_kib = 0;  // the most that the tables of a scheme may need
    static ScaleTableConfig parse(YamlMap map);
};

}  // namespace mambasic::models
