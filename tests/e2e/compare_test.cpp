// mambasic compare: its rows are runs of their own.
#include <gtest/gtest.h>

#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

// What `run` or `check` reports of one scheme alone.
Json alone(const Words& words) {
    const Folder folder;
    Words all = words;
    all.insert(all.end(), {"--out", folder.path("out")});
    const Outcome outcome = mambasic(all);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(read_file(folder.path("out/report.json")));
}

void expect_figures_of(const Json& report, const Json& row) {
    const Json& totals = report["totals"];
    const Json& lookup = report["lookup"];
    EXPECT_EQ(row["cycles"], totals["cycles"]);
    EXPECT_EQ(row["energy_pj"], totals["energy_pj"]);
    EXPECT_EQ(row["area_mm2"], totals["area_mm2"]);
    EXPECT_EQ(row["dram_read_bytes"], totals["dram_read_bytes"]);
    EXPECT_EQ(row["dram_written_bytes"], totals["dram_written_bytes"]);
    EXPECT_EQ(row["table_dram_read_bytes"], report["dram"]["by_kind"]["tables"]["read_bytes"]);
    const Json& conv = report["dram"]["conv_to_ssm"];
    EXPECT_EQ(row["conv_to_ssm_dram_bytes"],
              conv["read_bytes"].get<std::uint64_t>() + conv["written_bytes"].get<std::uint64_t>());
    EXPECT_EQ(row["lookup"], lookup["kind"]);
    EXPECT_EQ(row["lookups"], lookup["lookups"]);
    EXPECT_EQ(row["lookup_cycles"], lookup["cycles"]);
    EXPECT_EQ(row["exposed_lookup_cycles"], lookup["exposed_cycles"]);
    EXPECT_EQ(row["lookup_energy_pj"], lookup["energy_pj"]);
    EXPECT_EQ(row["state_scales_energy_pj"], lookup["state_scales_energy_pj"]);
    EXPECT_EQ(row["table_area_mm2"], lookup["table_area_mm2"]);
    EXPECT_EQ(row["lookup_logic_area_mm2"], lookup["logic_area_mm2"]);
    EXPECT_EQ(row["table_bytes_by_kind"], lookup["table_bytes"]);
    EXPECT_EQ(row["quantized_elements"], report["quantization"]["elements"]);
    EXPECT_EQ(row["trace_sha256"], report["provenance"]["trace_sha256"]);
    EXPECT_EQ(row["scheme_sha256"], report["provenance"]["scheme_sha256"]);
    EXPECT_EQ(row["notes"], report["notes"]);
}

void expect_check_of(const Json& report, const Json& row) {
    EXPECT_EQ(row["check"]["mismatches"], 0);
    std::uint64_t elements = 0;
    for (const Json& tensor : report["check"]["tensors"]) {
        elements += tensor["elements"].get<std::uint64_t>();
    }
    EXPECT_EQ(row["check"]["elements"], elements);
    EXPECT_GT(elements, 1000U);
    EXPECT_EQ(row["saturated_elements"], report["quantization"]["saturated"]);
    EXPECT_EQ(row["ssm_input_sqnr_db"], report["quality"]["ssm_input_sqnr_db"]);
    EXPECT_EQ(row["layer_output_sqnr_db"], report["quality"]["layer_output_sqnr_db"]);
    EXPECT_TRUE(row["ssm_input_sqnr_db"].is_number());
    EXPECT_EQ(row["x"], report["quality"]["x"]);
    EXPECT_EQ(row["network"], report["quality"]["network"]);
    EXPECT_EQ(row["network"]["of"], "logits");
    EXPECT_TRUE(row["network"]["kl_nats"].is_number());
}

TEST(Compare, ARowIsARunOfItsOwn) {
    const Json json = compared(grouped_decode(), "quamba2,quamba2-code").json();
    for (std::size_t i = 0; i < 2; ++i) {
        const Json& row = json["schemes"][i];
        const std::string scheme = row["scheme"];
        const Json run = alone({"check", "--chip", "tiny", "--trace", grouped_decode(), "--scheme",
                                scheme, "--quality"});
        EXPECT_EQ(row["scales"], "recorded");
        EXPECT_EQ(row["observer"], nullptr);
        expect_figures_of(run, row);
        expect_check_of(run, row);
    }
}

TEST(Compare, ScalesThatTheTraceLacksAreThoseOfTraceGroup) {
    const Folder folder;
    const Json json =
        compared(grouped_prefill(), "quamba2-lite,quamba2-per-channel,quamba2,quamba1,hybrid")
            .json();
    ASSERT_EQ(json["schemes"].size(), 5U);
    for (const Json& row : json["schemes"]) {  // the first, too, though the trace has its scales
        const std::string scheme = row["scheme"];
        const std::string file = folder.path(scheme + ".safetensors");
        const Outcome made =
            mambasic({"trace", "group", grouped_prefill(), "--scheme", scheme, "--out", file});
        ASSERT_EQ(made.status, 0) << made.err;
        const Json run =
            alone({"check", "--chip", "tiny", "--trace", file, "--scheme", scheme, "--quality"});
        EXPECT_EQ(row["scales"], "calibrated");
        EXPECT_EQ(row["observer"], scheme == "hybrid"    ? "mixed"
                                   : scheme == "quamba1" ? "percentile"
                                                         : "minmax");
        expect_figures_of(run, row);
        expect_check_of(run, row);
    }
}

const char kOne[] = "groups: one, lookup: register, code: int8, observes: float, observer: ";
const char kGroups[] = "groups: 2x2, lookup: code, code: int8, observes: float, observer: ";
const char kPercentile[] = "percentile, alpha: 0.9995, sigma: 0.01";

// Two files that differ in the observer alone: other scales, other bits, no other cost.
void expect_other_scales(const std::string& percentile, const std::string& minmax) {
    const Folder folder;
    const std::string p = folder.add("p.yaml", "{name: p, " + percentile + "}\n");
    const std::string m = folder.add("m.yaml", "{name: m, " + minmax + "}\n");
    const Json rows = compared(grouped_prefill(), p + "," + m).json()["schemes"];
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]["observer"], "percentile");
    EXPECT_EQ(rows[1]["observer"], "minmax");
    for (const char* other : {"ssm_input_sqnr_db", "layer_output_sqnr_db", "saturated_elements"}) {
        EXPECT_NE(rows[0][other], rows[1][other]) << other;
    }
    for (const char* same : {"cycles", "energy_pj", "area_mm2", "dram_bytes", "table_bytes"}) {
        EXPECT_EQ(rows[0][same], rows[1][same]) << same;
    }
}

TEST(Compare, AnotherObserverMakesOtherScales) {
    for (const std::string groups : {kOne, kGroups}) {
        expect_other_scales(groups + kPercentile, groups + "minmax");
    }
    const auto layers = [](const std::string& observer) {
        return "layers: {0: {name: a, " + (kOne + observer) + "}, 1: {name: b, " +
               (kGroups + observer) + "}}";
    };
    expect_other_scales(layers(kPercentile), layers("minmax"));
}

// The trace has 2 x 2 groups, whose usual observer is minmax.
TEST(Compare, RecordedScalesAreThoseOfTheUsualObserver) {
    const Folder folder;
    const std::string minmax =
        folder.add("m.yaml", "{name: m, " + (kGroups + std::string("minmax}")));
    const std::string percentile =
        folder.add("p.yaml", "{name: p, " + (kGroups + std::string(kPercentile) + "}"));
    EXPECT_EQ(compared(grouped_prefill(), minmax).json()["schemes"][0]["scales"], "recorded");
    EXPECT_EQ(compared(grouped_prefill(), percentile).json()["schemes"][0]["scales"], "calibrated");
    const Words timing = {"--timing-only"};
    EXPECT_EQ(compared(grouped_prefill(), percentile, timing).json()["schemes"][0]["scales"],
              "recorded");
}

// What trace group makes for a scheme is recorded for it, and for no other observer's.
TEST(Compare, ATraceRemembersWhatMadeItsScales) {
    const Folder folder;
    const std::string made = folder.path("made.safetensors");
    const Outcome outcome = mambasic(
        {"trace", "group", grouped_prefill(), "--scheme", "quamba2-percentile", "--out", made});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Json same = compared(made, "quamba2-percentile").json()["schemes"][0];
    EXPECT_EQ(same["scales"], "recorded");
    expect_figures_of(alone({"run", "tiny", "--trace", made}), same);
    const Json other = compared(made, "quamba2").json()["schemes"][0];
    EXPECT_EQ(other["scales"], "calibrated");
    EXPECT_EQ(other["observer"], "minmax");
    EXPECT_NE(other["ssm_input_sqnr_db"], same["ssm_input_sqnr_db"]);
}

// Layers that do not run have no say: hybrid's first layer has one scale, its second groups.
TEST(Compare, OnlyLayersThatRunCount) {
    const Words first = {"--layers", "0:1"};
    const Json rows = compared(grouped_prefill(), "hybrid", first).json()["schemes"];
    EXPECT_EQ(rows[0]["observer"], "percentile");
    EXPECT_EQ(compared(grouped_prefill(), "hybrid").json()["schemes"][0]["observer"], "mixed");
    const Folder folder;
    const std::string mine = folder.add(
        "mine.yaml",
        "name: mine\nlayers:\n  0: {name: a, groups: 2x2, lookup: code, code: int8, observer: "
        "minmax, observes: float}\n"
        "  1: {name: b, groups: one, lookup: register, code: int8, observer: percentile, "
        "alpha: 0.9995, sigma: 0.01, observes: float}\n");
    EXPECT_EQ(compared(grouped_prefill(), mine, first).json()["schemes"][0]["scales"], "recorded");
    EXPECT_EQ(compared(grouped_prefill(), mine).json()["schemes"][0]["scales"], "calibrated");
}

TEST(Compare, TraceGroupTakesAnObserverAsASchemeSaysIt) {
    const Folder folder;
    const auto made = [&](const Words& more) {
        Words words = {"trace", "group", grouped_prefill(), "--out", folder.path("t")};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return read_file(folder.path("t"));
    };
    const std::string percentile = made({"--groups", "4x4", "--observer", "percentile"});
    EXPECT_TRUE(percentile == made({"--scheme", "quamba2-percentile"}));
    EXPECT_TRUE(made({"--groups", "4x4", "--observer", "minmax"}) == made({"--groups", "4x4"}));
    EXPECT_FALSE(percentile == made({"--groups", "4x4"}));
    EXPECT_TRUE(made({"--groups", "one", "--observer", "minmax"}) ==
                made({"--scheme", "quamba1-minmax"}));
}

// Codes of int8's scales run on one trace; the others on those that calibrate makes for them.
TEST(Compare, CodesRunOnTheTraceThatCalibrateMakes) {
    for (const std::string& trace : {grouped_prefill(), tiny_decode()}) {
        const Folder folder;
        const Json rows =
            compared(trace, "quamba1,int8-sim,se8,w4a5-se,w4a5-se-4x4,int5,outlier-120")
                .json()["schemes"];
        ASSERT_EQ(rows.size(), 7U);
        for (const Json& row : rows) {
            const std::string scheme = row["scheme"];
            const std::string file = folder.path(scheme + ".safetensors");
            const Outcome made =
                mambasic({"calibrate", "--trace", trace, "--scheme", scheme, "--out", file});
            ASSERT_EQ(made.status, 0) << made.err;
            const Json run = alone(
                {"check", "--chip", "tiny", "--trace", file, "--scheme", scheme, "--quality"});
            EXPECT_EQ(row["scales"], "calibrated");
            expect_figures_of(run, row);
            expect_check_of(run, row);
        }
        for (const std::size_t same : {1U, 2U}) {
            EXPECT_EQ(rows[same]["trace_sha256"], rows[0]["trace_sha256"]);
        }
        for (const std::size_t other : {3U, 4U, 5U, 6U}) {
            EXPECT_NE(rows[other]["trace_sha256"], rows[0]["trace_sha256"]);
        }
        EXPECT_EQ(rows[0]["network"], rows[1]["network"]);
        EXPECT_GT(rows[3]["ssm_input_sqnr_db"], rows[5]["ssm_input_sqnr_db"]) << "int5's bits";
    }
}

// A trace made for a code says so: its own scheme finds its scales there.
TEST(Compare, ATraceRemembersItsCode) {
    const Folder folder;
    const std::string made = folder.path("made.safetensors");
    ASSERT_EQ(
        mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "w4a5-se", "--out", made})
            .status,
        0);
    EXPECT_EQ(compared(made, "w4a5-se").json()["schemes"][0]["scales"], "recorded");
    for (const std::string other : {"w4a5-se-signed", "int5", "quamba1"}) {
        EXPECT_EQ(compared(made, other).json()["schemes"][0]["scales"], "calibrated") << other;
    }
    const Json usual = alone({"run", "tiny", "--trace", made, "--quiet"});
    EXPECT_EQ(usual["provenance"]["scheme"], "w4a5-se");
}

// Every scheme runs on Mamba1 as well, where 16 channels count as a head.
TEST(Compare, AMamba1TraceRunsEveryScheme) {
    for (const std::string& one : {tiny_prefill(), tiny_decode()}) {
        const Folder folder;
        const Json rows = compared(one, "quamba1,quamba1-minmax,quamba2-lite,quamba2-code,hybrid")
                              .json()["schemes"];
        ASSERT_EQ(rows.size(), 5U);
        for (const Json& row : rows) {
            const std::string scheme = row["scheme"];
            const std::string file = folder.path(scheme + ".safetensors");
            const Outcome made =
                mambasic({"trace", "group", one, "--scheme", scheme, "--out", file});
            ASSERT_EQ(made.status, 0) << made.err;
            const Json run = alone(
                {"check", "--chip", "tiny", "--trace", file, "--scheme", scheme, "--quality"});
            EXPECT_EQ(row["scales"], "calibrated");
            expect_figures_of(run, row);
            expect_check_of(run, row);
        }
        EXPECT_GT(rows[2]["ssm_input_sqnr_db"], rows[0]["ssm_input_sqnr_db"]);
        EXPECT_NE(rows[1]["ssm_input_sqnr_db"], rows[0]["ssm_input_sqnr_db"]);
    }
}

TEST(Compare, TimingOnlyNeedsNoNumbers) {
    const Compared out = compared(shapes_only(), "quamba2,quamba1", {"--timing-only"});
    const Json json = out.json();
    EXPECT_EQ(json["timing_only"], true);
    for (const Json& row : json["schemes"]) {
        const std::string scheme = row["scheme"];
        EXPECT_EQ(row["scales"], "none");
        expect_figures_of(alone({"run", "tiny", "--trace", shapes_only(), "--scheme", scheme,
                                 "--timing-only", "--quiet"}),
                          row);
        for (const char* absent :
             {"saturated_elements", "ssm_input_sqnr_db", "layer_output_sqnr_db"}) {
            EXPECT_EQ(row[absent], nullptr) << absent;
        }
        EXPECT_EQ(row["check"]["mismatches"], nullptr);
    }
}

TEST(Compare, LayersAndSettingsAreThoseOfRun) {
    const Words same = {"--layers", "1:2", "--timing-only", "--set", "scale_table.units=2"};
    const Compared out = compared(grouped_prefill(), "quamba2-lite", same);
    const Json json = out.json();
    Words words = {"run", "tiny", "--trace", grouped_prefill(), "--scheme", "quamba2-lite"};
    words.insert(words.end(), same.begin(), same.end());
    expect_figures_of(alone(words), json["schemes"][0]);
    EXPECT_EQ(json["provenance"]["overrides"], Json({"scale_table.units=2"}));
    EXPECT_EQ(lines_of(out.text).at(1), "  with --set scale_table.units=2");
    EXPECT_EQ(compared(grouped_prefill(), "quamba2-lite", {"--layers", "0:1"})
                  .json()["schemes"][0]["check"]["mismatches"],
              0);
}

}  // namespace
}  // namespace mambasic::e2e
