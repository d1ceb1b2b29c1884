#include "models/scale_table/scale_table.h"

namespace mambasic::models {

void TableAnswer::charge(const ScaleTableConfig& config, Work& work, std::uint64_t times) const {
    work.counts += (counts * times).events(config);
    work.cycles = work.cycles + Cycles{cycles.exposed * times};
    work.table_cycles += cycles.exposed * times;
    work.hidden_table_cycles += cycles.hidden * times;
}

XScaleRow TableAnswer::x_scales() const {
    const auto row = [](const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); };
    return {row(scales), row(low), row(high), row(threshold)};
}

ScaleTable::ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config)
    : sc_module(name), config_(config) {}

std::shared_ptr<const TableAnswer> ScaleTable::look_up(const TableRequest& request) {
    const LookupRun& run = request.run;
    const Key key{request.table.get(), run.first,          run.count,
                  run.by_head,         run.with_states,    run.with_bc,
                  request.pace.steps,  request.pace.lanes, run.x_columns.bits()};
    const auto found = kept_.find(key);
    if (found != kept_.end()) return found->second.answer;
    auto answer = std::make_shared<TableAnswer>();
    answer->scales.resize(run.count);
    answer->cells.resize(run.count);
    answer->b.resize(request.table->shape.bc_scales);
    answer->c.resize(request.table->shape.bc_scales);
    const auto column = [&](bool asked, std::vector<float>& scales) {
        if (asked) scales.resize(run.count);
        return asked ? scales.data() : nullptr;
    };
    scale_table_lookup(
        *request.table, run,
        {answer->scales.data(), answer->cells.data(), answer->b.data(), answer->c.data(),
         column(run.x_columns.low, answer->low), column(run.x_columns.high, answer->high),
         column(run.x_columns.threshold, answer->threshold)});
    const LookupDemand demand = scale_table_demand(config_, *request.table, run, request.pace);
    answer->counts = demand.all;
    answer->cycles = scale_table_cycles(config_, request.table->shape, demand);
    kept_[key] = {request.table, answer};
    return answer;
}

}  // namespace mambasic::models
