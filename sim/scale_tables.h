// The scale table of each layer, filled as the scheme says. The scales are those that the trace
// recorded; a scheme that calibrates its own would fill the tables from these instead, here, and
// nothing behind would know.
#pragma once

#include <memory>
#include <vector>

#include "models/scale_table/scale_table_cost.h"
#include "sim/workload.h"

namespace mambasic::sim {

/// The cells that a scheme makes in a network of these dimensions.
traces::GroupShape group_shape(const Scheme& scheme, const traces::Dims& dims);

models::ScaleTableShape table_shape(const traces::Dims& dims, const ScaleGroups& scales);
/// What the chip holds at once is sized for the whole network, whatever part of it runs.
models::TableNeed table_need(const Workload& work);
/// What a layer loads.
TableLoad table_load(const Workload& work, const models::ScaleTableConfig& config);

/// Throws models::UserError, with the key to change, where the chip cannot hold the tables.
void check_tables(const Workload& work, const ChipConfig& chip);

class ScaleTables {
public:
    /// Where the trace (null: none) holds other groups, or shapes only, the tables have groups as
    /// equal as they can be and no scales: that is enough for timing.
    ScaleTables(const Workload& work, const models::ScaleTableConfig& config,
                const traces::Trace* trace, std::uint32_t first_layer);

    /// Of a layer of the run; made when first asked for.
    std::shared_ptr<const models::ScaleTableImage> table(std::uint32_t layer);

private:
    models::ScaleTableImage build(std::uint32_t layer) const;
    models::ScaleTableImage build_without_scales() const;

    Workload work_;
    models::ScaleTableConfig config_;
    const traces::Trace* trace_;
    std::uint32_t first_layer_;
    std::vector<std::shared_ptr<const models::ScaleTableImage>> tables_;
};

}  // namespace mambasic::sim
