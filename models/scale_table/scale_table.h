// The scale table: a register that the conv reads once a tile, or a table that the conv and the SSM
// core look scales up in while they work.
// Not modelled: the two of them at the table in the same cycle; each has a port of its own.
#pragma once

#include <systemc>

#include "models/common/ledger.h"
#include "models/scale_table/scale_table_config.h"
#include "models/scale_table/scale_table_function.h"

namespace mambasic::models {

class ScaleTable : public sc_core::sc_module {
public:
    ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config,
               const ScaleTableShape& shape = {});

    /// Cycles until the scales are there, in the one-scale form.
    Cycles lookup(std::uint64_t lookups);
    /// Adds to a tile what its lookups take: exposed cycles in front of it, hidden ones beside it.
    void look_up(const LookupDemand& demand, Work& work);
    /// The events of a tile's lookups, for its counts.
    Counts events(const LookupDemand& demand) const;
    std::uint64_t lookups() const { return lookups_; }

private:
    const ScaleTableConfig config_;
    const ScaleTableShape shape_;
    std::uint64_t lookups_ = 0;
};

}  // namespace mambasic::models
