#include "models/scale_table/scale_table.h"

#include "models/scale_table/scale_table_cost.h"

namespace mambasic::models {

ScaleTable::ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config)
    : sc_module(name), config_(config) {}

Cycles ScaleTable::lookup(std::uint64_t lookups) {
    lookups_ += lookups;
    return scale_table_cycles(config_, lookups);
}

}  // namespace mambasic::models
