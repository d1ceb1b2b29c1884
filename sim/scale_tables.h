// The scale table of each layer: cut as the scheme says, filled with the trace's scales.
#pragma once

#include <memory>
#include <vector>

#include "models/dequant_mux/dequant_mux_cost.h"
#include "models/scale_table/scale_table_cost.h"
#include "sim/scheme.h"
#include "sim/workload.h"

namespace mambasic::sim {

/// Which layers of the network have which scales.
std::vector<ScaleRange> scale_ranges(const Scheme& scheme, const traces::Dims& dims,
                                     const ChipConfig& chip);

models::ScaleTableShape table_shape(const traces::Dims& dims, const ScaleGroups& scales);
/// Of the whole network, whatever part of it runs.
models::TableNeeds table_needs(const Workload& work);
models::XUses x_uses(const Workload& work);

/// Throws models::UserError, with the key to change, where the chip cannot hold the tables.
void check_tables(const Workload& work, const ChipConfig& chip);

class ScaleTables {
public:
    /// Where the trace (null: none) holds shapes only, or other groups for a layer, or no scales
    /// for its code, the layer's table has groups as equal as they can be and no scales: that is
    /// enough for timing.
    ScaleTables(const Workload& work, const models::ScaleTableConfig& config,
                const traces::Trace* trace, std::uint32_t first_layer);

    /// Of a layer of the run; made when first asked for.
    std::shared_ptr<const models::ScaleTableImage> table(std::uint32_t layer);

private:
    models::ScaleTableImage build(std::uint32_t layer) const;
    /// The layer's code has scales of its own that the trace has not.
    bool lacks_code(std::uint32_t layer) const;
    models::ScaleTableImage build_of_mamba1(const models::ScaleTableShape& shape,
                                            std::uint32_t layer) const;
    models::ScaleTableImage build_of_mamba2(const models::ScaleTableShape& shape,
                                            std::uint32_t layer) const;
    models::ScaleTableImage build_without_scales(const models::ScaleTableShape& shape) const;

    Workload work_;
    models::ScaleTableConfig config_;
    const traces::Trace* trace_;
    std::uint32_t first_layer_;
    std::vector<std::shared_ptr<const models::ScaleTableImage>> tables_;
};

}  // namespace mambasic::sim
