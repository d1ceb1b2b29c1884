// Cycles and area of the scale table in its one-scale form: a register.
// Not modelled: loading the register, which happens while the layer's weights arrive.
#pragma once

#include "models/common/cost.h"
#include "models/scale_table/scale_table_config.h"

namespace mambasic::models {

Cycles scale_table_cycles(const ScaleTableConfig& config, std::uint64_t lookups);
AreaParts scale_table_area(const ScaleTableConfig& config, std::uint64_t scales);

}  // namespace mambasic::models
