#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "reports/comparison_writer.h"

namespace mambasic::reports {
namespace {

using Json = nlohmann::ordered_json;

double finite(double value) {
    if (!std::isfinite(value)) throw std::logic_error("a figure of the comparison is not finite");
    return value;
}

Json json_of(const Band& band) {
    return {{"value", finite(band.value)}, {"low", finite(band.low)}, {"high", finite(band.high)}};
}

Json json_of(const std::optional<double>& value) {
    return value ? Json(finite(*value)) : Json(nullptr);
}

Json json_of(const std::optional<std::uint64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
}

const char* name_of(ScalesFrom scales) {
    if (scales == ScalesFrom::Nowhere) return "none";
    return scales == ScalesFrom::Calibrated ? "calibrated" : "recorded";
}

Json json_of(const ComparedCheck& check) {
    return {{"mismatches", json_of(check.mismatches)},
            {"elements", json_of(check.elements)},
            {"departures", check.departures}};
}

Json json_of(const Change& change) {
    return {{"cycles_percent", json_of(change.cycles_percent)},
            {"energy_percent", json_of(change.energy_percent)},
            {"area_percent", json_of(change.area_percent)}};
}

// Null in each member where there is none, so that all rows have the same columns.
Json counts_of(const std::optional<CodeCounts>& x) {
    using Count = std::optional<std::uint64_t>;
    return {{"elements", json_of(x ? Count(x->elements) : Count())},
            {"saturated", json_of(x ? Count(x->saturated) : Count())},
            {"flagged", json_of(x ? Count(x->flagged) : Count())}};
}

Json network_of(const std::optional<NetworkFigures>& measured) {
    const NetworkFigures n = measured.value_or(NetworkFigures{});
    const char* of = n.logits ? "logits" : "last_layer_output";
    return {{"of", measured ? Json(of) : Json(nullptr)},
            {"rows", measured ? Json(n.rows) : Json(nullptr)},
            {"sqnr_db", json_of(n.sqnr_db)},
            {"noiseless", measured ? Json(n.noiseless) : Json(nullptr)},
            {"cosine", json_of(n.cosine)},
            {"top1_agreement", json_of(n.top1_agreement)},
            {"kl_nats", json_of(n.kl_nats)}};
}

Json noiseless_of(const ComparedScheme& row, bool noiseless) {
    return row.x ? Json(noiseless) : Json(nullptr);  // null where golden measured nothing
}

Json json_of(const std::vector<Setting>& settings) {
    Json list = Json::array();
    for (const Setting& s : settings) {
        list.push_back({{"key", s.key}, {"value", s.value}, {"unit", s.unit}});
    }
    return list;
}

Json json_of(const ComparedScheme& row) {
    return {{"scheme", row.scheme},
            {"scheme_sha256", row.scheme_sha256},
            {"scales", name_of(row.scales)},
            {"observer", row.observer ? Json(*row.observer) : Json(nullptr)},
            {"trace_sha256", row.trace_sha256},
            {"lookup", row.lookup},
            {"cycles", row.cycles},
            {"lookup_cycles", row.lookup_cycles},
            {"exposed_lookup_cycles", row.exposed_lookup_cycles},
            {"lookups", row.lookups},
            {"energy_pj", json_of(row.energy_pj)},
            {"lookup_energy_pj", json_of(row.lookup_energy_pj)},
            {"state_scales_energy_pj", json_of(row.state_scales_energy_pj)},
            {"conv_energy_pj", finite(row.conv_energy_pj)},
            {"dram_energy_pj", finite(row.dram_energy_pj)},
            {"area_mm2", json_of(row.area_mm2)},
            {"table_area_mm2", json_of(row.table_area_mm2)},
            {"lookup_logic_area_mm2", json_of(row.lookup_logic_area_mm2)},
            {"table_bytes", row.table_bytes},
            {"table_bytes_by_kind",
             {{"ranges", row.range_bytes},
              {"scales", row.scale_bytes},
              {"codes", row.code_bytes},
              {"state_scales", row.state_scale_bytes}}},
            {"dram_bytes", row.dram_bytes},
            {"dram_read_bytes", row.dram_read_bytes},
            {"dram_written_bytes", row.dram_written_bytes},
            {"table_dram_read_bytes", row.table_dram_read_bytes},
            {"conv_to_ssm_dram_bytes", row.conv_to_ssm_dram_bytes},
            {"quantized_elements", row.quantized_elements},
            {"saturated_elements", json_of(row.saturated_elements)},
            {"flagged_elements", json_of(row.flagged_elements)},
            {"ssm_input_sqnr_db", json_of(row.ssm_input_sqnr_db)},
            {"layer_output_sqnr_db", json_of(row.layer_output_sqnr_db)},
            {"ssm_input_noiseless", noiseless_of(row, row.ssm_input_noiseless)},
            {"layer_output_noiseless", noiseless_of(row, row.layer_output_noiseless)},
            {"x", counts_of(row.x)},
            {"network", network_of(row.network)},
            {"check", json_of(row.check)},
            {"change", json_of(row.change)},
            {"notes", row.notes},
            {"configuration", json_of(row.configuration)}};
}

Json json_of(const RefusedScheme& row) {
    return {{"scheme", row.scheme},
            {"scheme_sha256", row.scheme_sha256.empty() ? Json(nullptr) : Json(row.scheme_sha256)},
            {"why", row.why}};
}

std::string dumped(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

struct Cell {
    std::string column;
    std::string text;
};

// As RFC 4180 has it.
std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

std::string cell_text(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? quoted(value.get<std::string>()) : dumped(value, -1);
}

void fold(const Json& object, const std::string& path, std::vector<Cell>& cells) {
    for (const auto& [key, value] : object.items()) {
        std::string column = path;
        if (key != "value") column.append(path.empty() ? "" : ".").append(key);
        if (value.is_object()) {
            fold(value, column, cells);
        } else if (!value.is_array()) {
            cells.push_back({column, cell_text(value)});
        }
    }
}

std::string line_of(const std::vector<Cell>& cells, std::string Cell::*part) {
    std::string line;
    for (const Cell& cell : cells) line.append(cell.*part).append(",");
    line.back() = '\n';
    return line;
}

}  // namespace

std::string to_json(const Comparison& comparison) {
    Json rows = Json::array();
    for (const ComparedScheme& row : comparison.schemes) rows.push_back(json_of(row));
    Json refused = Json::array();
    for (const RefusedScheme& row : comparison.refused) refused.push_back(json_of(row));
    const Json json = {{"schema", kComparisonSchemaName},
                       {"provenance",
                        {{"version", comparison.version},
                         {"chip", comparison.chip},
                         {"chip_sha256", comparison.chip_sha256},
                         {"overrides", comparison.overrides},
                         {"trace", comparison.trace},
                         {"trace_sha256", comparison.trace_sha256},
                         {"command", comparison.command},
                         {"deterministic", true}}},
                       {"timing_only", comparison.timing_only},
                       {"schemes", rows},
                       {"refused", refused},
                       {"configuration", json_of(comparison.configuration)}};
    return dumped(json, 2) + "\n";
}

std::string to_csv(const Comparison& comparison) {
    constexpr const char* kRefused = "refused";
    std::string csv;
    std::size_t blanks = 0;
    for (const ComparedScheme& row : comparison.schemes) {
        std::vector<Cell> cells;
        fold(json_of(row), "", cells);
        cells.push_back({kRefused, ""});
        blanks = cells.size() - 3;
        if (csv.empty()) csv = line_of(cells, &Cell::column);
        csv += line_of(cells, &Cell::text);
    }
    for (const RefusedScheme& row : comparison.refused) {
        csv += quoted(row.scheme) + "," + row.scheme_sha256 + "," + std::string(blanks, ',') +
               quoted(row.why) + "\n";
    }
    return csv;
}

}  // namespace mambasic::reports
