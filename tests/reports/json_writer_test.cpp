#include "reports/json_writer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/reports/sample_report.h"
#include "tests/reports/schema_walker.h"

namespace mambasic::reports {
namespace {

using Json = nlohmann::json;

SchemaWalker schema() {
    std::ifstream file(MAMBASIC_REPORT_SCHEMA);
    return SchemaWalker(Json::parse(file));
}

TEST(JsonWriter, AFullReportConformsToItsSchema) {
    EXPECT_EQ(schema().fault(Json::parse(to_json(sample_report()))), "");
}

TEST(JsonWriter, AReportOfNothingConformsToItsSchema) {
    Report empty;
    Provenance& p = empty.provenance;
    p.chip_sha256 = p.scheme_sha256 = p.trace_sha256 = std::string(64, '0');
    EXPECT_EQ(schema().fault(Json::parse(to_json(empty))), "");
}

TEST(JsonWriter, TheSchemaRefusesWhatIsNotAReport) {
    const Json good = Json::parse(to_json(sample_report()));
    Json bad = good;
    bad["totals"].erase("cycles");
    EXPECT_EQ(schema().fault(bad), "$.totals lacks \"cycles\"");
    bad = good;
    bad["ops"][1]["colour"] = "red";
    EXPECT_EQ(schema().fault(bad), "$.ops[1] has the unknown key colour");
    bad = good;
    bad["check"]["tensors"][0]["elements"] = -1;
    EXPECT_EQ(schema().fault(bad), "$.check.tensors[0].elements is too small");
    bad = good;
    bad["dram"]["bandwidth_utilization"] = 1.01;
    EXPECT_EQ(schema().fault(bad), "$.dram.bandwidth_utilization is too large");
    bad = good;
    bad["provenance"]["chip_sha256"] = "0123";
    EXPECT_EQ(schema().fault(bad), "$.provenance.chip_sha256 does not match its pattern");
}

// Every figure of the sample is another one, so a figure under the wrong key changes these bytes.
TEST(JsonWriter, EveryByteIsAsAgreed) {
    std::ifstream file(MAMBASIC_SAMPLE_REPORT);
    const std::string agreed{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(to_json(sample_report()), agreed);
}

TEST(JsonWriter, DoublesReadBackAsTheyWere) {
    Report report;
    for (const double value : {0.1, 1.0 / 3.0, 123456789.123456789, 5e-324, 1.7e308}) {
        report.totals.time_ns = value;
        EXPECT_EQ(Json::parse(to_json(report))["totals"]["time_ns"].get<double>(), value);
    }
}

TEST(JsonWriter, AFigureThatIsNotFiniteIsABug) {
    Report report;
    report.totals.energy_pj.high = std::numeric_limits<double>::infinity();
    EXPECT_THROW(to_json(report), std::logic_error);
}

}  // namespace
}  // namespace mambasic::reports
