// The scale table in its one-scale form: a register that the conv reads once a tile.
// Not modelled: group tables and their search, which join here.
#pragma once

#include <systemc>

#include "models/common/units.h"
#include "models/scale_table/scale_table_config.h"

namespace mambasic::models {

class ScaleTable : public sc_core::sc_module {
public:
    ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config);

    /// Cycles until the scales are there.
    Cycles lookup(std::uint64_t lookups);
    std::uint64_t lookups() const { return lookups_; }

private:
    const ScaleTableConfig config_;
    std::uint64_t lookups_ = 0;
};

}  // namespace mambasic::models
