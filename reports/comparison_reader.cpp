#include <nlohmann/json.hpp>
#include <stdexcept>

#include "reports/comparison.h"

namespace mambasic::reports {
namespace {

using Json = nlohmann::json;

Band band(const Json& json) { return {json.at("value"), json.at("low"), json.at("high")}; }

// Null where there was none.
std::optional<double> number(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional<double>(value.get<double>());
}

// What a run states only where it was asked for it.
void read_quality(const Json& quality, ComparedScheme& row) {
    row.ssm_input_sqnr_db = number(quality.at("ssm_input_sqnr_db"));
    row.layer_output_sqnr_db = number(quality.at("layer_output_sqnr_db"));
    row.ssm_input_noiseless = quality.at("ssm_input_noiseless");
    row.layer_output_noiseless = quality.at("layer_output_noiseless");
    const Json& x = quality.at("x");
    row.x = CodeCounts{x.at("elements"), x.at("saturated"), x.at("flagged")};
    const Json& network = quality.at("network");
    if (network.is_null()) return;
    row.network.emplace();
    row.network->logits = network.at("of") == "logits";
    row.network->rows = network.at("rows");
    row.network->sqnr_db = number(network.at("sqnr_db"));
    row.network->noiseless = network.at("noiseless");
    row.network->cosine = number(network.at("cosine"));
    row.network->top1_agreement = number(network.at("top1_agreement"));
    row.network->kl_nats = number(network.at("kl_nats"));
}

// Of the operation or block that is called so.
double energy_pj_of(const Json& rows, const char* name) {
    for (const Json& row : rows) {
        if (row.at("name") == name) return row.at("energy_pj").at("value");
    }
    throw std::logic_error(std::string("a report without ") + name);
}

void read_totals(const Json& report, ComparedScheme& row) {
    const Json& totals = report.at("totals");
    row.cycles = totals.at("cycles");
    row.energy_pj = band(totals.at("energy_pj"));
    row.area_mm2 = band(totals.at("area_mm2"));
    row.dram_read_bytes = totals.at("dram_read_bytes");
    row.dram_written_bytes = totals.at("dram_written_bytes");
    row.dram_bytes = row.dram_read_bytes + row.dram_written_bytes;
    row.table_dram_read_bytes = report.at("dram").at("by_kind").at("tables").at("read_bytes");
    const Json& conv = report.at("dram").at("conv_to_ssm");
    row.conv_to_ssm_dram_bytes =
        conv.at("read_bytes").get<std::uint64_t>() + conv.at("written_bytes").get<std::uint64_t>();
    row.conv_energy_pj = energy_pj_of(report.at("ops"), "conv1d");
    row.dram_energy_pj = energy_pj_of(report.at("blocks"), "dram");
}

void read_lookup(const Json& lookup, ComparedScheme& row) {
    row.lookup = lookup.at("kind");
    row.lookup_cycles = lookup.at("cycles");
    row.exposed_lookup_cycles = lookup.at("exposed_cycles");
    row.lookups = lookup.at("lookups");
    row.lookup_energy_pj = band(lookup.at("energy_pj"));
    row.state_scales_energy_pj = band(lookup.at("state_scales_energy_pj"));
    row.table_area_mm2 = band(lookup.at("table_area_mm2"));
    row.lookup_logic_area_mm2 = band(lookup.at("logic_area_mm2"));
    const Json& bytes = lookup.at("table_bytes");
    row.range_bytes = bytes.at("ranges");
    row.scale_bytes = bytes.at("scales");
    row.code_bytes = bytes.at("codes");
    row.state_scale_bytes = bytes.at("state_scales");
    row.table_bytes = row.range_bytes + row.scale_bytes + row.code_bytes + row.state_scale_bytes;
}

ComparedCheck read_check(const Json& check) {
    ComparedCheck out;
    if (check.is_null()) return out;
    out.mismatches = check.at("mismatches").get<std::uint64_t>();
    out.elements = 0;
    for (const Json& tensor : check.at("tensors")) {
        *out.elements += tensor.at("elements").get<std::uint64_t>();
    }
    out.departures = check.at("departures").get<std::vector<std::string>>();
    return out;
}

std::vector<Setting> read_settings(const Json& settings) {
    std::vector<Setting> out;
    for (const Json& s : settings) out.push_back({s.at("key"), s.at("value"), s.at("unit")});
    return out;
}

ComparedScheme read(const Json& report) {
    ComparedScheme row;
    const Json& provenance = report.at("provenance");
    row.scheme = provenance.at("scheme");
    row.scheme_sha256 = provenance.at("scheme_sha256");
    row.trace_sha256 = provenance.at("trace_sha256");
    read_totals(report, row);
    read_lookup(report.at("lookup"), row);
    row.check = read_check(report.at("check"));
    const Json& quantization = report.at("quantization");
    row.quantized_elements = quantization.at("elements");
    if (!quantization.at("saturated").is_null()) {
        row.saturated_elements = quantization.at("saturated").get<std::uint64_t>();
        row.flagged_elements = quantization.at("flagged").get<std::uint64_t>();
    }
    if (report.at("quality").is_object()) read_quality(report.at("quality"), row);
    row.notes = report.at("notes").get<std::vector<std::string>>();
    row.configuration = read_settings(report.at("configuration").at("scheme"));
    return row;
}

}  // namespace

ComparedScheme compared(const std::string& report_json) {
    try {
        return read(Json::parse(report_json));
    } catch (const Json::exception& e) {
        throw std::logic_error(std::string("not a report: ") + e.what());
    }
}

}  // namespace mambasic::reports
