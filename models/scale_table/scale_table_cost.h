// Cycles, prices and area of the scale table.
// Not modelled: the energy of the sequencer and of the choice among banks; loading the table, which
// happens while the layer's weights arrive; the conv's own stages in front of its divider, behind
// which a part of the first lookup could hide.
#pragma once

#include <string>

#include "models/common/cost.h"
#include "models/scale_table/scale_table_config.h"
#include "models/scale_table/scale_table_function.h"

namespace mambasic::models {

/// Lookups run ahead of the pipeline that needs the scales: it waits only for the exposed ones.
struct LookupCycles {
    std::uint64_t exposed = 0;
    std::uint64_t hidden = 0;
};
LookupCycles scale_table_cycles(const ScaleTableConfig& config, const ScaleTableShape& shape,
                                const LookupDemand& demand);

/// So many of a network's layers have tables of this shape. A network whose layers differ has
/// several of these; its chip has the logic of every kind of lookup, and memories for all of them.
struct TableNeed {
    ScaleTableShape shape;
    std::uint32_t layers = 0;
};
using TableNeeds = std::vector<TableNeed>;

/// Of the tables that are on chip together: those of all layers, or the two largest that meet.
std::uint64_t scale_table_capacity_bytes(const ScaleTableConfig& config, const TableNeeds& needs);
/// Why this chip cannot hold the tables, or nothing.
std::string scale_table_problem(const ScaleTableConfig& config, const TableNeeds& needs);

/// The memories: what lookups read, with the copies of all units, and the state scales. Scales that
/// serve all channels are in registers.
std::vector<MemoryPart> scale_table_memories(const ScaleTableConfig& config,
                                             const TableNeeds& needs);
/// All of it; `memory` is the table area, `logic` the lookup logic.
AreaParts scale_table_area(const ScaleTableConfig& config, const TableNeeds& needs);
/// Of the events that LookupCounts::events() names, and of no other.
EventPrices scale_table_prices(const Technology& technology, const ScaleTableConfig& config,
                               const TableNeeds& needs);

}  // namespace mambasic::models
