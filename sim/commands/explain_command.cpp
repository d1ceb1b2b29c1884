// mambasic explain: what a configuration key means, and what a chip's area is made of.
#include <iostream>

#include "sim/clock_check.h"
#include "sim/commands/explain.h"
#include "sim/commands/explain_area.h"
#include "sim/commands/fields.h"
#include "sim/commands/json_output.h"
#include "sim/commands/key_effects.h"
#include "sim/commands/networks.h"
#include "sim/commands/shipped_schemes.h"
#include "sim/commands/verb.h"
#include "sim/scale_tables.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

// No key has one of these names.
constexpr const char* kArea = "area";
constexpr const char* kSchemes = "schemes";
constexpr const char* kFields = "fields";

constexpr const char* kUsualNetwork = "mamba-130m";
constexpr const char* kUsualScheme = "quamba1";

void describe(po::options_description& options) {
    auto add = options.add_options();
    add("key", po::value<std::string>(),
        "a key as in gemm.rows, a block as in gemm; a field of a file or a column of a table as in "
        "totals.cycles, or fields, all of them; schemes, which lists those that there are; area, "
        "what the chip's area is the sum of; without it, every key");
    add("chip", po::value<std::string>(),
        "show the values of this chip; without it, of edge-32x32");
    add("scheme", po::value<std::string>(),
        "area: of a chip for this scheme; without it, for quamba1");
    add("model", po::value<std::string>(),
        "area: and for this network; without it, for mamba-130m");
    add_json_option(options);
}

Json json_of(const models::Banded& band) {
    return {{"value", band.value}, {"low", band.low}, {"high", band.high}};
}

Json json_of(const std::vector<AreaRow>& rows) {
    Json array = Json::array();
    for (const AreaRow& row : rows) {
        Json object = {{"block", row.block}, {"area_mm2", json_of(row.mm2)}};
        if (!row.part.empty()) {
            object = {{"block", row.block},
                      {"part", row.part},
                      {"made_of", row.made_of},
                      {"count", row.count},
                      {"each_um2", json_of(row.each_um2)},
                      {"area_mm2", json_of(row.mm2)}};
        }
        array.push_back(std::move(object));
    }
    return array;
}

int area_command(const Arguments& arguments, const std::string& chip_name) {
    const Network network = load_network(arguments.text_or("model", kUsualNetwork));
    const ChipConfig chip = ChipConfig::load(chip_name, {});
    const Scheme scheme = Scheme::load(arguments.text_or("scheme", kUsualScheme));
    Workload work;
    work.dims = network.dims;
    work.layers = network.dims.n_layer;
    work.scale_ranges = scale_ranges(scheme, work.dims, chip);
    check_clock(chip, uses_of(work));
    check_tables(work, chip);
    if (arguments.has("json")) {
        std::cout << json_document("mambasic-area/1", {{"chip", chip.name},
                                                       {"network", network.name},
                                                       {"scheme", scheme.name},
                                                       {"rows", json_of(area_rows(chip, work))}});
        return kExitDone;
    }
    std::cout << "chip " << chip.name << ", network " << network.name << ", scheme " << scheme.name
              << "\n"
              << explain_area(chip, work);
    return kExitDone;
}

std::string schemes_document() {
    Json rows = Json::array();
    for (const ShippedScheme& scheme : shipped_schemes()) {
        rows.push_back(
            {{"name", scheme.name}, {"codes", scheme.values("code")}, {"about", scheme.about}});
    }
    return json_document("mambasic-schemes/1", {{"schemes", rows}});
}

std::string explained_document(const std::vector<models::KeyDoc>& keys,
                               const std::vector<FieldDoc>& fields) {
    Json key_rows = Json::array();
    for (const models::KeyDoc& doc : keys) {
        key_rows.push_back({{"path", doc.path},
                            {"what", doc.what},
                            {"value", doc.value},
                            {"set_in", doc.where},
                            {"type", doc.type},
                            {"unit", doc.unit},
                            {"range", doc.range},
                            {"may_change", effect_of(doc.path)},
                            {"source", doc.source}});
    }
    Json field_rows = Json::array();
    for (const FieldDoc& field : fields) {
        field_rows.push_back(
            {{"document", field.document}, {"path", field.path}, {"what", field.what}});
    }
    return json_document("mambasic-explain/1", {{"keys", key_rows}, {"fields", field_rows}});
}

// Keys and fields of that name; an error with the nearest of both where there is neither.
void tell(const std::string& word, const std::string& chip, bool json) {
    const bool every_field = word == kFields;
    const std::vector<FieldDoc> fields = every_field ? all_fields() : find_fields(word);
    const std::vector<models::KeyDoc> keys =
        every_field ? std::vector<models::KeyDoc>{} : explained_keys(word, chip);
    if (keys.empty() && fields.empty()) {
        std::vector<std::string> names;
        for (const FieldDoc& field : all_fields()) names.push_back(field.path);
        reject_key(word, chip, names);
    }
    if (json) {
        std::cout << explained_document(keys, fields);
        return;
    }
    if (!keys.empty()) {
        for (const std::string& line : explain(word, chip)) std::cout << line << "\n";
    }
    if (fields.empty()) return;
    if (!keys.empty()) std::cout << "\nOf the same name, in what the program writes\n";
    for (const std::string& line : field_lines(fields)) std::cout << line << "\n";
}

int explain_command(const Arguments& arguments) {
    const std::string key = arguments.text_or("key", "");
    const std::string chip = arguments.text_or("chip", kUsualChip);
    if (key == kArea) return area_command(arguments, chip);
    for (const char* option : {"scheme", "model"}) {
        if (arguments.has(option)) arguments.reject(option, "only with the key 'area'");
    }
    if (key != kSchemes) {
        tell(key, chip, arguments.has("json"));
    } else if (arguments.has("json")) {
        std::cout << schemes_document();
    } else {
        for (const std::string& line : scheme_list()) std::cout << line << "\n";
    }
    return kExitDone;
}

}  // namespace

Verb explain_verb() {
    return {"explain",
            "what a configuration key means, its unit, range, value, and what depends on it; what "
            "a field or column means; what a chip's area is made of",
            "[KEY | FIELD | fields | schemes | area [--scheme S] [--model N]] [--chip CHIP]",
            "mambasic explain ssm.exp_units\n  mambasic explain totals.cycles",
            {"key"},
            describe,
            explain_command};
}

}  // namespace mambasic::sim
