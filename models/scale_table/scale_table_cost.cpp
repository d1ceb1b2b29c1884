#include "models/scale_table/scale_table_cost.h"

namespace mambasic::models {

Cycles scale_table_cycles(const ScaleTableConfig& config, std::uint64_t lookups) {
    return {lookups * config.lookup_cycles};
}

AreaParts scale_table_area(const ScaleTableConfig& config, std::uint64_t scales) {
    constexpr double kBitsPerByte = 8;
    AreaParts area;
    area.logic = {{"scale registers", Primitive::RegisterBit,
                   kBitsPerByte * config.word_bytes * static_cast<double>(scales)}};
    return area;
}

}  // namespace mambasic::models
