#include "reports/comparison.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "reports/comparison_writer.h"
#include "reports/json_writer.h"
#include "tests/reports/sample_comparison.h"
#include "tests/reports/sample_report.h"
#include "tests/reports/schema_walker.h"

namespace mambasic::reports {
namespace {

using Json = nlohmann::json;

SchemaWalker schema() {
    std::ifstream file(MAMBASIC_COMPARE_SCHEMA);
    return SchemaWalker(Json::parse(file));
}

TEST(Compared, TakesEveryFigureFromTheReport) {
    const ComparedScheme row = compared(to_json(sample_run()));
    EXPECT_EQ(row.scheme, "quamba1");
    EXPECT_EQ(row.scheme_sha256, std::string(64, 'b'));
    EXPECT_EQ(row.trace_sha256, std::string(64, 'c'));
    EXPECT_EQ(row.lookup, "none");
    EXPECT_EQ(row.cycles, 1234567U);
    EXPECT_EQ(row.lookups, 32U);
    EXPECT_EQ(row.lookup_cycles, 33U);
    EXPECT_EQ(row.exposed_lookup_cycles, 1U);
    EXPECT_EQ(row.energy_pj.value, 12.5e6);
    EXPECT_EQ(row.energy_pj.low, 8e6);
    EXPECT_EQ(row.energy_pj.high, 18e6);
    EXPECT_EQ(row.lookup_energy_pj.value, 10);
    EXPECT_EQ(row.state_scales_energy_pj.value, 6);
    EXPECT_EQ(row.conv_energy_pj, 41);
    EXPECT_EQ(row.dram_energy_pj, 51);
    EXPECT_EQ(row.area_mm2.value, 3.21);
    EXPECT_EQ(row.table_area_mm2.value, 0.001);
    EXPECT_EQ(row.lookup_logic_area_mm2.value, 0.003);
    EXPECT_EQ(row.range_bytes, 4U);
    EXPECT_EQ(row.scale_bytes, 8U);
    EXPECT_EQ(row.code_bytes, 5U);
    EXPECT_EQ(row.state_scale_bytes, 6U);
    EXPECT_EQ(row.table_bytes, 23U);
    EXPECT_EQ(row.dram_read_bytes, 4404019U);
    EXPECT_EQ(row.dram_written_bytes, 1060U);
    EXPECT_EQ(row.dram_bytes, 4405079U);
    EXPECT_EQ(row.table_dram_read_bytes, 19U);
    EXPECT_EQ(row.conv_to_ssm_dram_bytes, 3900U);
    EXPECT_EQ(row.quantized_elements, 65536U);
    EXPECT_EQ(row.saturated_elements, 12U);
    EXPECT_EQ(row.flagged_elements, 2U);
    EXPECT_EQ(row.check.mismatches, 3U);
    EXPECT_EQ(row.check.elements, 8192U);
    EXPECT_EQ(row.ssm_input_sqnr_db, 31.5);
    EXPECT_EQ(row.layer_output_sqnr_db, 28.625);
    EXPECT_EQ(row.notes, std::vector<std::string>{"a note"});
    ASSERT_EQ(row.configuration.size(), 1U);
    EXPECT_EQ(row.configuration[0].key, "groups");
    EXPECT_EQ(row.configuration[0].value, "4x4");
}

TEST(Compared, TakesWhatTheCodesAreWorthFromTheReport) {
    const ComparedScheme row = compared(to_json(sample_run()));
    EXPECT_EQ(row.x->elements, 6144U);
    EXPECT_EQ(row.x->saturated, 24U);
    EXPECT_EQ(row.x->flagged, 48U);
    EXPECT_TRUE(row.network->logits);
    EXPECT_EQ(row.network->rows, 64U);
    EXPECT_EQ(row.network->sqnr_db, 27.25);
    EXPECT_EQ(row.network->cosine, 0.998046875);
    EXPECT_EQ(row.network->top1_agreement, 0.96875);
    EXPECT_EQ(row.network->kl_nats, 0.001953125);
    EXPECT_FALSE(row.ssm_input_noiseless || row.layer_output_noiseless || row.network->noiseless);
    Report exact = sample_run();
    exact.quality->all.ssm_input_noiseless = exact.quality->network->noiseless = true;
    EXPECT_TRUE(compared(to_json(exact)).ssm_input_noiseless);
    EXPECT_FALSE(compared(to_json(exact)).layer_output_noiseless);
    EXPECT_TRUE(compared(to_json(exact)).network->noiseless);
    Report headless = sample_run();
    headless.quality->network = NetworkFigures{false, 7, 3, 0.5, std::nullopt, std::nullopt};
    const ComparedScheme other = compared(to_json(headless));
    EXPECT_FALSE(other.network->logits);
    EXPECT_FALSE(other.network->kl_nats);
    headless.quality->network.reset();
    EXPECT_FALSE(compared(to_json(headless)).network);
}

TEST(Compared, QualityIsThereWhereTheRunStatesIt) {
    Report report = sample_run();
    report.quality->all.layer_output_db.reset();
    EXPECT_EQ(compared(to_json(report)).ssm_input_sqnr_db, 31.5);
    EXPECT_FALSE(compared(to_json(report)).layer_output_sqnr_db);
    report.quality.reset();
    const ComparedScheme without = compared(to_json(report));
    EXPECT_FALSE(without.ssm_input_sqnr_db);
    EXPECT_FALSE(without.x);
    EXPECT_FALSE(without.network);
}

TEST(Compared, WithoutBitsNobodyKnowsWhatSaturated) {
    Report report = sample_run();
    report.check.reset();
    EXPECT_EQ(compared(to_json(report)).saturated_elements, 12U);
    report.quantization.saturated = report.quantization.flagged = {};
    const ComparedScheme row = compared(to_json(report));
    EXPECT_FALSE(row.check.mismatches);
    EXPECT_FALSE(row.saturated_elements);
    EXPECT_FALSE(row.flagged_elements);
    EXPECT_EQ(row.quantized_elements, 65536U);
}

TEST(Compared, WhatIsNoReportIsABug) {
    EXPECT_THROW(compared("{}"), std::logic_error);
    EXPECT_THROW(compared("cycles: 3"), std::logic_error);
    EXPECT_THROW(compared(to_json(sample_report())), std::logic_error);  // no convolution in it
}

TEST(ComparisonJson, ConformsToItsSchema) {
    EXPECT_EQ(schema().fault(Json::parse(to_json(sample_comparison()))), "");
    Comparison timing = sample_comparison();
    timing.timing_only = true;
    timing.schemes[0].scales = ScalesFrom::Nowhere;
    timing.schemes[0].check = {};
    timing.schemes[0].saturated_elements.reset();
    timing.schemes[0].x.reset();
    timing.schemes[0].network.reset();
    EXPECT_EQ(schema().fault(Json::parse(to_json(timing))), "");
}

TEST(ComparisonJson, TheSchemaRefusesWhatIsNoComparison) {
    const Json good = Json::parse(to_json(sample_comparison()));
    Json bad = good;
    bad["schemes"][1].erase("cycles");
    EXPECT_EQ(schema().fault(bad), "$.schemes[1] lacks \"cycles\"");
    bad = good;
    bad["schemes"][0]["scales"] = "guessed";
    EXPECT_EQ(schema().fault(bad), "$.schemes[0].scales does not match its pattern");
    bad = good;
    bad["schemes"][1]["observer"] = "maximum";
    EXPECT_EQ(schema().fault(bad), "$.schemes[1].observer does not match its pattern");
    bad = good;
    bad["schemes"][0]["colour"] = "red";
    EXPECT_EQ(schema().fault(bad), "$.schemes[0] has the unknown key colour");
}

TEST(ComparisonJson, KeepsTheOrderOfTheSchemes) {
    const Json json = Json::parse(to_json(sample_comparison()));
    EXPECT_EQ(json["schemes"][0]["scheme"], "quamba1");
    EXPECT_EQ(json["schemes"][1]["scheme"], "quamba2");
    EXPECT_EQ(json["schemes"][1]["scales"], "calibrated");
    EXPECT_EQ(json["schemes"][0]["change"]["cycles_percent"], nullptr);
    EXPECT_EQ(json["schemes"][1]["change"]["energy_percent"], -0.8);
    EXPECT_EQ(json["schemes"][1]["configuration"],
              Json::parse(R"([{"key": "groups", "value": "4x4", "unit": ""}])"));
    EXPECT_EQ(json["configuration"],
              Json::parse(R"([{"key": "gemm.rows", "value": "8", "unit": "rows"}])"));
}

TEST(ComparisonJson, AFigureThatIsNotFiniteIsABug) {
    Comparison c = sample_comparison();
    c.schemes[1].layer_output_sqnr_db = std::numeric_limits<double>::infinity();
    EXPECT_THROW(to_json(c), std::logic_error);
    EXPECT_THROW(to_csv(c), std::logic_error);
}

// "a,b,c\n" without its quotes, which only names may need here.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> out(1);
    for (const char c : line) {
        if (c == ',') {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    return out;
}

// A cell's column as a place in compare.json.
const Json& at_column(const Json& row, const std::string& column) {
    std::string pointer = "/" + column;
    for (char& c : pointer) c = c == '.' ? '/' : c;
    const Json& found = row.at(Json::json_pointer(pointer));
    return found.is_object() ? found.at("value") : found;
}

TEST(ComparisonCsv, HoldsTheFiguresOfTheJson) {
    const Comparison c = sample_comparison();
    const Json json = Json::parse(to_json(c));
    std::istringstream text(to_csv(c));
    std::string line;
    std::getline(text, line);
    const std::vector<std::string> columns = cells(line);
    EXPECT_EQ(columns.front(), "scheme");
    std::size_t rows = 0;
    for (; std::getline(text, line); ++rows) {
        const std::vector<std::string> row = cells(line);
        ASSERT_EQ(row.size(), columns.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (columns[i] == "refused") continue;  // not of rows: WhatDidNotRun...
            const Json& want = at_column(json["schemes"][rows], columns[i]);
            if (want.is_null()) {
                EXPECT_EQ(row[i], "") << columns[i];
            } else {
                EXPECT_EQ(row[i], want.is_string() ? want.get<std::string>() : want.dump());
            }
        }
    }
    EXPECT_EQ(rows, 2U);
    // 6 names, 4 counts of cycles and lookups, 6 bands of 3, 2 more energies, 5 of the tables'
    // bytes, 5 of DRAM, 3 of elements, 2 SQNR, 3 of x, 6 of the network, 2 of the check, 3 changes;
    // why it was refused.
    EXPECT_EQ(columns.size(), 63U);
}

TEST(ComparisonJson, WhatDidNotRunIsNoRow) {
    const Json json = Json::parse(to_json(with_a_refusal()));
    EXPECT_EQ(schema().fault(json), "");
    EXPECT_EQ(json["schemes"].size(), 2U);
    EXPECT_EQ(
        json["refused"],
        Json::parse(R"([{"scheme": "quamba2-per-channel", "why": "a.yaml:3:4: too small, \"see\"",
                               "scheme_sha256": ")" +
                    std::string(64, 'e') + "\"}]"));
    Json bad = json;
    bad["refused"][0].erase("why");
    EXPECT_EQ(schema().fault(bad), "$.refused[0] lacks \"why\"");
}

TEST(ComparisonCsv, WhatDidNotRunStandsBelowWithoutFigures) {
    const std::string csv = to_csv(with_a_refusal());
    const std::string last = csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
    EXPECT_EQ(last, "quamba2-per-channel," + std::string(64, 'e') + "," + std::string(60, ',') +
                        "\"a.yaml:3:4: too small, \"\"see\"\"\"\n");
    const std::string header = csv.substr(0, csv.find('\n'));
    EXPECT_EQ(cells(header).size(), 63U);
    EXPECT_EQ(cells(header).back(), "refused");
}

TEST(ComparisonCsv, ANameWithACommaIsQuoted) {
    Comparison c = sample_comparison();
    c.schemes[0].scheme = "a,\"b\"";
    EXPECT_NE(to_csv(c).find("\n\"a,\"\"b\"\"\","), std::string::npos) << to_csv(c);
}

}  // namespace
}  // namespace mambasic::reports
