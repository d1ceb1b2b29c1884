#include "models/scale_table/scale_table.h"

#include "models/scale_table/scale_table_cost.h"

namespace mambasic::models {

ScaleTable::ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config,
                       const ScaleTableShape& shape)
    : sc_module(name), config_(config), shape_(shape) {}

Cycles ScaleTable::lookup(std::uint64_t lookups) {
    lookups_ += lookups;
    return scale_table_cycles(config_, lookups);
}

void ScaleTable::look_up(const LookupDemand& demand, Work& work) {
    lookups_ += demand.all.lookups;
    const LookupCycles cycles = scale_table_cycles(config_, shape_, demand);
    work.cycles += Cycles{cycles.exposed};
    work.table_cycles += cycles.exposed;
    work.hidden_table_cycles += cycles.hidden;
}

Counts ScaleTable::events(const LookupDemand& demand) const { return demand.all.events(config_); }

}  // namespace mambasic::models
