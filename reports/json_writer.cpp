#include "reports/json_writer.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mambasic::reports {
namespace {

using Json = nlohmann::ordered_json;

double finite(double value) {
    if (!std::isfinite(value)) throw std::logic_error("a figure of the report is not finite");
    return value;
}

Json json_of(const Band& band) {
    return {{"value", finite(band.value)}, {"low", finite(band.low)}, {"high", finite(band.high)}};
}

Json json_of(const std::optional<double>& value) {
    return value ? Json(finite(*value)) : Json(nullptr);
}

Json json_of(const Provenance& p) {
    return {{"version", p.version},
            {"chip", p.chip},
            {"chip_sha256", p.chip_sha256},
            {"overrides", p.overrides},
            {"scheme", p.scheme},
            {"scheme_sha256", p.scheme_sha256},
            {"trace", p.trace},
            {"trace_sha256", p.trace_sha256},
            {"command", p.command},
            {"deterministic", true}};
}

Json json_of(const Totals& t) {
    return {{"cycles", t.cycles},
            {"time_ns", finite(t.time_ns)},
            {"tokens", t.tokens},
            {"cycles_per_token", finite(t.cycles_per_token)},
            {"energy_pj", json_of(t.energy_pj)},
            {"area_mm2", json_of(t.area_mm2)},
            {"dram_read_bytes", t.dram_read_bytes},
            {"dram_written_bytes", t.dram_written_bytes}};
}

Json json_of(const LayerRow& row) {
    return {{"index", row.index},
            {"scheme", row.scheme},
            {"cycles", row.cycles},
            {"energy_pj", json_of(row.energy_pj)},
            {"dram_read_bytes", row.dram_read_bytes},
            {"dram_written_bytes", row.dram_written_bytes}};
}

Json json_of(const Traffic& t) {
    return {{"read_bytes", t.read_bytes}, {"written_bytes", t.written_bytes}};
}

Json json_of(const OpRow& row) {
    return {{"name", row.name},
            {"block", row.block},
            {"tiles", row.tiles},
            {"cycles", row.cycles},
            {"busy_cycles", row.busy_cycles},
            {"macs", row.macs},
            {"dram_read_bytes", row.dram_read_bytes},
            {"dram_written_bytes", row.dram_written_bytes},
            {"energy_pj", json_of(row.energy_pj)},
            {"operations", row.operations},
            {"dram_by_kind",
             {{"weights", json_of(row.weights)},
              {"activations", json_of(row.activations)},
              {"tables", json_of(row.tables)},
              {"state", json_of(row.state)}}}};
}

Json json_of(const Peaks& peaks) {
    return {{"mac_operations_per_cycle", peaks.mac_operations_per_cycle},
            {"dram_bytes_per_cycle", finite(peaks.dram_bytes_per_cycle)}};
}

Json json_of(const BlockRow& row) {
    Json counts = Json::object();
    for (const auto& [name, count] : row.counts) counts[name] = count;
    return {{"name", row.name},
            {"busy_cycles", row.busy_cycles},
            {"stalled_input_cycles", row.stalled_input_cycles},
            {"stalled_output_cycles", row.stalled_output_cycles},
            {"idle_cycles", row.idle_cycles},
            {"energy_pj", json_of(row.energy_pj)},
            {"area_mm2", json_of(row.area_mm2)},
            {"counts", counts}};
}

Json json_of(const DramSection& d) {
    return {{"name", d.name},
            {"by_kind",
             {{"weights", json_of(d.weights)},
              {"activations", json_of(d.activations)},
              {"tables", json_of(d.tables)},
              {"state", json_of(d.state)}}},
            {"conv_to_ssm", json_of(d.conv_to_ssm)},
            {"moved", json_of(d.moved)},
            {"row_hits", d.row_hits},
            {"row_misses", d.row_misses},
            {"row_conflicts", d.row_conflicts},
            {"activates", d.activates},
            {"mean_read_latency_ns", finite(d.mean_read_latency_ns)},
            {"read_latency_bins", d.read_latencies},
            {"refresh_cycles", d.refresh_cycles},
            {"bandwidth_utilization", finite(d.bandwidth_utilization)}};
}

Json json_of(const LookupSection& l) {
    return {{"kind", l.kind},
            {"table_bytes",
             {{"ranges", l.ranges_bytes},
              {"scales", l.scales_bytes},
              {"codes", l.codes_bytes},
              {"state_scales", l.state_scales_bytes}}},
            {"lookups", l.lookups},
            {"cycles", l.cycles},
            {"exposed_cycles", l.exposed_cycles},
            {"energy_pj", json_of(l.energy_pj)},
            {"state_scales_energy_pj", json_of(l.state_scales_energy_pj)},
            {"table_area_mm2", json_of(l.table_area_mm2)},
            {"logic_area_mm2", json_of(l.logic_area_mm2)}};
}

Json json_of(const QuantizationSection& q) {
    const auto counted = [](const std::optional<std::uint64_t>& count) {
        return count ? Json(*count) : Json(nullptr);
    };
    return {{"saturated", counted(q.saturated)},
            {"flagged", counted(q.flagged)},
            {"elements", q.elements}};
}

Json json_of(const QualityFigures& f) {
    return {{"ssm_input_sqnr_db", json_of(f.ssm_input_db)},
            {"ssm_input_x_sqnr_db", json_of(f.ssm_input_x_db)},
            {"layer_output_sqnr_db", json_of(f.layer_output_db)},
            {"ssm_input_noiseless", f.ssm_input_noiseless},
            {"layer_output_noiseless", f.layer_output_noiseless}};
}

Json json_of(const LayerQuality& layer) {
    Json json = {{"index", layer.index}};
    json.update(json_of(layer.figures));
    return json;
}

Json json_of(const UnitError& u) {
    return {{"unit", u.unit},
            {"kind", u.kind},
            {"max_ulp", finite(u.max_ulp)},
            {"mean_ulp", finite(u.mean_ulp)}};
}

Json json_of(const FirstDifference& f) {
    return {{"index", f.index}, {"at", f.at},           {"step", f.step},        {"got", f.got},
            {"want", f.want},   {"got_hex", f.got_hex}, {"want_hex", f.want_hex}};
}

Json json_of(const CheckTensor& t) {
    return {{"name", t.name},
            {"elements", t.elements},
            {"mismatches", t.mismatches},
            {"max_ulp", t.max_ulp},
            {"max_abs", finite(t.max_abs)},
            {"first", t.first ? json_of(*t.first) : Json(nullptr)},
            {"sqnr_db", json_of(t.sqnr_db)},
            {"ulp_histogram", t.histogram}};
}

Json json_of(const NetworkFigures& n) {
    return {{"of", n.logits ? "logits" : "last_layer_output"},
            {"rows", n.rows},
            {"sqnr_db", json_of(n.sqnr_db)},
            {"noiseless", n.noiseless},
            {"cosine", json_of(n.cosine)},
            {"top1_agreement", json_of(n.top1_agreement)},
            {"kl_nats", json_of(n.kl_nats)}};
}

Json json_of(const Setting& s) { return {{"key", s.key}, {"value", s.value}, {"unit", s.unit}}; }

template <typename Row>
Json json_of(const std::vector<Row>& rows) {
    Json list = Json::array();
    for (const Row& row : rows) list.push_back(json_of(row));
    return list;
}

Json json_of(const QualitySection& q) {
    Json json = json_of(q.all);
    json["layers"] = json_of(q.layers);
    json["x"] = {
        {"elements", q.x.elements}, {"saturated", q.x.saturated}, {"flagged", q.x.flagged}};
    json["network"] = q.network ? json_of(*q.network) : Json(nullptr);
    return json;
}

Json json_of(const CheckSection& c) {
    return {{"against", c.against},
            {"mismatches", c.mismatches},
            {"departures", c.departures},
            {"tensors", json_of(c.tensors)}};
}

}  // namespace

std::string to_json(const Report& report) {
    Json json = {{"schema", kReportSchemaName},
                 {"provenance", json_of(report.provenance)},
                 {"totals", json_of(report.totals)},
                 {"layers", json_of(report.layers)},
                 {"ops", json_of(report.ops)},
                 {"peaks", json_of(report.peaks)},
                 {"blocks", json_of(report.blocks)},
                 {"dram", json_of(report.dram)},
                 {"lookup", json_of(report.lookup)},
                 {"quantization", json_of(report.quantization)},
                 {"quality", report.quality ? json_of(*report.quality) : Json(nullptr)},
                 {"unit_errors", json_of(report.unit_errors)},
                 {"check", report.check ? json_of(*report.check) : Json(nullptr)},
                 {"notes", report.notes},
                 {"configuration",
                  {{"chip", json_of(report.configuration.chip)},
                   {"scheme", json_of(report.configuration.scheme)}}}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mambasic::reports
