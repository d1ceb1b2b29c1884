#include "sim/scale_tables.h"

#include <algorithm>
#include <optional>

#include "models/common/error.h"

namespace mambasic::sim {

using models::LookupKind;
using models::ScaleTableImage;
using models::ScaleTableShape;
using models::ScaleTableSource;

namespace {

ScaleTableSource source_of(const traces::GroupTable& groups, const ScaleTableShape& shape) {
    MAMBASIC_CHECK(groups.state_columns == shape.state_columns,
                   "the trace groups states in another way than its scheme");
    ScaleTableSource source;
    source.head_end = groups.head_end;
    source.dim_end = groups.dim_end;
    source.x_scales = groups.x_scales;
    source.state_scales = groups.state_scales;
    return source;
}

// Those of a code: its own, or multiples of int8's, which `multiples` then holds.
void add_x_scales(const traces::XCode& code, const traces::XScales& own, std::uint32_t cells,
                  ScaleTableSource& source, std::vector<float>& multiples) {
    source.x_low = own.low;
    source.x_high = own.high;
    source.x_threshold = own.threshold;
    if (code.own_scales()) return;
    for (std::uint32_t cell = 0; cell < cells; ++cell) {
        multiples.push_back(source.x_scales[cell] * code.factor);
    }
    source.x_high = multiples.data();
}

// Ranges that the network has layers for, with how many.
template <typename Visit>
void for_each_range(const Workload& work, Visit&& visit) {
    std::uint32_t first = 0;
    for (const ScaleRange& range : work.scale_ranges) {
        const std::uint32_t end = std::min(range.end, work.network_layers());
        if (end > first) visit(range, end - first);
        first = std::max(first, end);
    }
}

}  // namespace

std::vector<ScaleRange> scale_ranges(const Scheme& scheme, const traces::Dims& dims,
                                     const ChipConfig& chip) {
    std::vector<ScaleRange> ranges;
    for (const LayerScheme& part : scheme.layers) {
        ScaleRange range;
        range.groups = {group_shape(part, dims),
                        part.lookup,
                        {part.x_code, !dims.mamba2(), chip.dequant_mux.x_proj_input}};
        range.table_bytes =
            models::scale_table_bytes(chip.scale_table, table_shape(dims, range.groups)).all();
        range.scheme = part.name;
        const std::uint32_t first = part.first_layer(dims.n_layer);
        if (!ranges.empty()) ranges.back().end = first;
        ranges.push_back(range);
    }
    return ranges;
}

ScaleTableShape table_shape(const traces::Dims& dims, const ScaleGroups& scales) {
    ScaleTableShape shape;
    shape.kind = scales.lookup;
    shape.ssd_groups = scales.shape.ssd_groups;
    shape.head_groups = scales.shape.head_groups;
    shape.dim_groups = scales.shape.dim_groups;
    shape.x_columns = models::table_columns(scales.x);
    shape.head_dim = dims.d_inner;
    const bool one = scales.lookup == LookupKind::Register;
    if (!dims.mamba2() && one) return shape;  // the conv output's; no other is looked up
    shape.heads = dims.table_heads() / scales.shape.ssd_groups;
    shape.head_dim = dims.table_head_dim();
    if (!dims.mamba2()) {  // B and C come out of x_proj with a scale each, which is no table's
        shape.state_columns = dims.d_state;
        return shape;
    }
    shape.bc_channels = dims.bc_width();
    shape.bc_scales = one ? 1 : dims.groups;
    shape.state_columns = one ? 1 : dims.d_state;
    return shape;
}

models::TableNeeds table_needs(const Workload& work) {
    models::TableNeeds needs;
    for_each_range(work, [&](const ScaleRange& range, std::uint32_t layers) {
        needs.push_back({table_shape(work.dims, range.groups), layers});
    });
    return needs;
}

models::XUses x_uses(const Workload& work) {
    models::XUses uses;
    for_each_range(work,
                   [&](const ScaleRange& range, std::uint32_t) { uses.push_back(range.groups.x); });
    return uses;
}

void check_tables(const Workload& work, const ChipConfig& chip) {
    const std::string problem = models::scale_table_problem(chip.scale_table, table_needs(work));
    if (problem.empty()) return;
    const bool width = problem.find("range_bytes") != std::string::npos;
    const char* key = width ? "scale_table.range_bytes" : "scale_table.capacity_kib";
    throw models::UserError(chip.where(key) + ": " + problem);
}

ScaleTables::ScaleTables(const Workload& work, const models::ScaleTableConfig& config,
                         const traces::Trace* trace, std::uint32_t first_layer)
    : work_(work), config_(config), trace_(trace), first_layer_(first_layer), tables_(work.layers) {
    if (trace_ != nullptr && trace_->info().shapes_only) trace_ = nullptr;
}

ScaleTableImage ScaleTables::build_without_scales(const ScaleTableShape& shape) const {
    const models::EqualRanges ranges = models::scale_table_equal_ranges(shape);
    const std::vector<float> none(std::max<std::size_t>(
        std::size_t{shape.cells()} * std::max(shape.state_columns, 1U), shape.bc_scales));
    return models::scale_table_build(
        config_, shape,
        {ranges.head_end.data(), ranges.dim_end.data(), none.data(), none.data(), none.data(),
         none.data(), none.data(), none.data(), none.data()});
}

bool ScaleTables::lacks_code(std::uint32_t layer) const {
    const traces::XCode& code = work_.x_use(layer).code;
    return code.own_scales() && !(trace_->info().x_code(first_layer_ + layer) == code);
}

ScaleTableImage ScaleTables::build(std::uint32_t layer) const {
    const ScaleGroups& groups = work_.scales(layer).groups;
    const ScaleTableShape shape = table_shape(work_.dims, groups);
    // One scale and 1x1 groups are not the same: B, C and the states have more scales in groups.
    std::optional<traces::GroupShape> asked;
    if (groups.lookup != LookupKind::Register) asked = groups.shape;
    if (trace_ == nullptr || !(trace_->info().table(first_layer_ + layer) == asked) ||
        lacks_code(layer)) {
        return build_without_scales(shape);
    }
    return work_.dims.mamba2() ? build_of_mamba2(shape, layer) : build_of_mamba1(shape, layer);
}

ScaleTableImage ScaleTables::build_of_mamba1(const ScaleTableShape& shape,
                                             std::uint32_t layer) const {
    const traces::Mamba1Layer weights = trace_->mamba1_layer(first_layer_ + layer);
    ScaleTableSource source;
    source.x_scales = &weights.conv_output_scale;
    if (weights.groups) source = source_of(*weights.groups, shape);
    std::vector<float> multiples;
    add_x_scales(work_.x_use(layer).code, weights.x_scales, shape.cells(), source, multiples);
    return models::scale_table_build(config_, shape, source);
}

ScaleTableImage ScaleTables::build_of_mamba2(const ScaleTableShape& shape,
                                             std::uint32_t layer) const {
    const traces::Mamba2Layer weights = trace_->mamba2_layer(first_layer_ + layer);
    MAMBASIC_CHECK(weights.bc_scales == shape.bc_scales,
                   "the trace groups B or C in another way than its scheme");
    ScaleTableSource source = source_of(weights.groups, shape);
    source.b_scales = weights.b_scales;
    source.c_scales = weights.c_scales;
    std::vector<float> multiples;
    add_x_scales(work_.x_use(layer).code, weights.x_scales, shape.cells(), source, multiples);
    return models::scale_table_build(config_, shape, source);
}

std::shared_ptr<const ScaleTableImage> ScaleTables::table(std::uint32_t layer) {
    std::shared_ptr<const ScaleTableImage>& table = tables_.at(layer);
    if (!table) table = std::make_shared<const ScaleTableImage>(build(layer));
    return table;
}

}  // namespace mambasic::sim
