// The table, compare.csv and compare.json say the same, and nothing in them depends on how the work
// was shared out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/e2e/compare_case.h"
#include "tests/reports/schema_walker.h"

namespace mambasic::e2e {
namespace {

const Words kLookups = {"quamba2",      "quamba2-parallel",  "quamba2-direct",
                        "quamba2-code", "quamba2-runlength", "quamba1"};

std::string with_two_decimals(double value) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f", value);
    return text;
}

TEST(CompareTable, HoldsTheFiguresOfTheJsonInTheOrderGiven) {
    const std::string schemes = "quamba2-direct,quamba1,quamba2-lite";
    const Compared out = compared(grouped_prefill(), schemes);
    const Json json = out.json();
    const Words rows = table_rows(out.text);
    ASSERT_EQ(rows.size(), 3U) << out.text;
    const Words scales = {"minmax *", "percentile *", "minmax *"};
    for (std::size_t i = 0; i < 3; ++i) {
        const Json& row = json["schemes"][i];
        const Words cells = table_cells(rows[i]);
        ASSERT_EQ(cells.size(), 12U) << rows[i];
        EXPECT_EQ(cells[0], row["scheme"]);
        EXPECT_EQ(cells[1], scales[i]);
        EXPECT_EQ(row["scales"], "calibrated");
        EXPECT_EQ(cells[1].substr(0, cells[1].find(' ')), row["observer"]);
        EXPECT_EQ(digits(cells[2]), row["cycles"].dump());
        EXPECT_EQ(digits(cells[3]), row["exposed_lookup_cycles"].dump());
        EXPECT_EQ(digits(cells[8]), row["table_bytes"].dump());
        EXPECT_EQ(digits(cells[9]), row["dram_bytes"].dump());
        EXPECT_EQ(cells[10], "equal");
    }
}

TEST(CompareTable, HoldsTheAccuracyOfTheJsonBelow) {
    const Compared out = compared(grouped_prefill(), "quamba1,se8,fp32-ssm-input",
                                  {"--set", "schedule.fusion=none"});
    const Json json = out.json();
    const Words rows = accuracy_rows(out.text);
    ASSERT_EQ(rows.size(), 3U) << out.text;
    for (std::size_t i = 0; i < 2; ++i) {
        const Json& row = json["schemes"][i];
        const Words cells = table_cells(rows[i]);
        ASSERT_EQ(cells.size(), 10U) << rows[i];
        EXPECT_EQ(cells[0], row["scheme"]);
        EXPECT_EQ(cells[1], with_two_decimals(row["ssm_input_sqnr_db"]));
        EXPECT_EQ(cells[2], with_two_decimals(row["layer_output_sqnr_db"]));
        EXPECT_EQ(cells[3], with_two_decimals(row["network"]["sqnr_db"]));
        EXPECT_NEAR(std::stod(cells[4]), row["network"]["cosine"].get<double>(), 1e-5);
        EXPECT_NEAR(std::stod(cells[5]), 100 * row["network"]["top1_agreement"].get<double>(), 0.1);
        EXPECT_NEAR(std::stod(cells[6]) / row["network"]["kl_nats"].get<double>(), 1, 0.01);
        EXPECT_EQ(digits(cells[9]), row["conv_to_ssm_dram_bytes"].dump());
    }
    const Words exact = table_cells(rows[2]);
    EXPECT_EQ(Words(exact.begin() + 1, exact.begin() + 4), Words({"exact", "exact", "exact"}));
    EXPECT_EQ(json["schemes"][2]["ssm_input_sqnr_db"], nullptr);
    EXPECT_EQ(json["schemes"][2]["network"]["cosine"], 1.0);
    EXPECT_EQ(json["schemes"][2]["x"]["elements"], 0);
    EXPECT_GT(json["schemes"][1]["x"]["flagged"], 0);
    EXPECT_EQ(json["schemes"][0]["x"]["flagged"], 0);
    EXPECT_TRUE(accuracy_rows(compared(shapes_only(), "quamba1", {"--timing-only"}).text).empty());
}

// By hand: what the convolution makes of a token is written once and read once, in Mamba1 its x
// twice, or its int8 copy besides (golden/spec/ssm.md 8.8); E = 192 are three blocks of 64.
TEST(CompareFiles, TheConvolutionsBytesAreThoseOfTheCodes) {
    const auto bytes = [](const std::string& trace, const Words& more) {
        Words all = {"--set", "schedule.fusion=none", "--timing-only"};
        all.insert(all.end(), more.begin(), more.end());
        const Json rows =
            compared(trace, "quamba1,w4a5-se,se8,fp32-ssm-input,int5", all).json()["schemes"];
        std::vector<std::uint64_t> of_row;
        for (const Json& row : rows) of_row.push_back(row["conv_to_ssm_dram_bytes"]);
        return of_row;
    };
    using Bytes = std::vector<std::uint64_t>;
    const std::uint64_t rows = 2 * 42;  // 2 layers, 2 sequences of 21 tokens
    const std::uint64_t copy = 2 * 192;
    EXPECT_EQ(bytes(tiny_prefill(), {}),
              Bytes({rows * 3 * 192, rows * (copy + 2 * 120), rows * (copy + 2 * 216),
                     rows * (copy + 2 * 768), rows * (copy + 2 * 120)}));
    EXPECT_EQ(bytes(tiny_prefill(), {"--set", "dequant_mux.x_proj_input=requantized"})[1],
              rows * 3 * 120);
}

TEST(CompareTable, FitsAWideTerminalAndEndsWithTheNextStep) {
    const std::string text =
        compared(grouped_prefill(), "quamba1,quamba2-lite,quamba2-per-channel").text;
    for (const std::string& line : table_rows(text)) EXPECT_LE(line.size(), 160U);
    const std::size_t next = text.find("\nNext\n");
    ASSERT_NE(next, std::string::npos);
    const std::string command = "mambasic calibrate --trace " + grouped_prefill() +
                                " --scheme quamba2-per-channel --out F ";
    EXPECT_NE(text.find(command, next), std::string::npos) << text;
}

TEST(CompareTable, TheNextStepIsARunOfTheSame) {
    const std::string text = compared(grouped_prefill(), "quamba1,quamba2-lite",
                                      {"--timing-only", "--layers", "0:1", "--set", "conv.lanes=8"})
                                 .text;
    const std::string command = "mambasic run tiny --trace " + grouped_prefill() +
                                " --scheme quamba2-lite --timing-only --layers 0:1 --set "
                                "conv.lanes=8 ";
    EXPECT_NE(text.find(command), std::string::npos) << text;
}

double percent(double from, double to) { return (to / from - 1) * 100; }

TEST(CompareTable, ChangesAreAgainstTheFirst) {
    const Compared out = compared(grouped_prefill(), "quamba2-lite,quamba1,quamba2-direct");
    const Json json = out.json();
    const Words rows = table_rows(out.text);
    const Json& first = json["schemes"][0];
    EXPECT_EQ(table_cells(rows.at(0)).back(), "baseline");
    for (const auto& [key, value] : first["change"].items()) EXPECT_EQ(value, nullptr) << key;
    for (std::size_t i = 1; i < 3; ++i) {
        const Json& row = json["schemes"][i];
        const double cycles = percent(first["cycles"], row["cycles"]);
        const double energy = percent(first["energy_pj"]["value"], row["energy_pj"]["value"]);
        const double area = percent(first["area_mm2"]["value"], row["area_mm2"]["value"]);
        EXPECT_NEAR(row["change"]["cycles_percent"].get<double>(), cycles, 1e-9);
        EXPECT_NEAR(row["change"]["energy_percent"].get<double>(), energy, 1e-9);
        EXPECT_NEAR(row["change"]["area_percent"].get<double>(), area, 1e-9);
        EXPECT_NE(energy, 0);
        std::istringstream cell(table_cells(rows.at(i)).back());
        for (const double want : {cycles, energy, area}) {
            double shown = 0;
            std::string unit;
            cell >> shown >> unit;
            EXPECT_NEAR(shown, want, 0.00501) << rows[i];
            EXPECT_EQ(unit.front(), '%');
        }
    }
}

TEST(CompareFiles, TheCsvHoldsTheRowsOfTheJson) {
    const Compared out = compared(grouped_prefill(), "quamba2-lite,quamba1");
    const Json json = out.json();
    const Words lines = lines_of(out.csv);
    ASSERT_EQ(lines.size(), 3U);
    const auto cells = [](const std::string& line) {
        Words all(1);
        for (const char c : line) c == ',' ? void(all.emplace_back()) : void(all.back() += c);
        return all;
    };
    const Words columns = cells(lines[0]);
    for (std::size_t i = 0; i < 2; ++i) {
        const Words values = cells(lines[i + 1]);
        ASSERT_EQ(values.size(), columns.size());
        EXPECT_EQ(columns.back(), "refused");
        EXPECT_EQ(values.back(), "");
        for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
            std::string pointer = "/" + columns[c];
            std::replace(pointer.begin(), pointer.end(), '.', '/');
            Json want = json["schemes"][i].at(Json::json_pointer(pointer));
            if (want.is_object()) want = want.at("value");
            const Json got = values[c].empty()  ? Json(nullptr)
                             : want.is_string() ? Json(values[c])
                                                : Json::parse(values[c]);
            EXPECT_EQ(got, want) << columns[c];
        }
    }
}

TEST(CompareFiles, TheJsonConformsToItsSchema) {
    std::ifstream file(MAMBASIC_SOURCE "/reports/compare.schema.json");
    const reports::SchemaWalker schema(Json::parse(file));
    EXPECT_EQ(schema.fault(compared(grouped_prefill(), "quamba1,quamba2,w4a5-se").json()), "");
    EXPECT_EQ(schema.fault(compared(shapes_only(), "quamba1", {"--timing-only"}).json()), "");
}

TEST(CompareFiles, AreTheSameForAnyNumberOfJobsAndThreads) {
    std::string schemes;
    for (const std::string& scheme : kLookups) schemes += (schemes.empty() ? "" : ",") + scheme;
    const Compared one =
        compared(grouped_decode(), schemes, {"--jobs", "1"}, {{"OMP_NUM_THREADS", "1"}});
    const Compared many =
        compared(grouped_decode(), schemes, {"--jobs", "3"}, {{"OMP_NUM_THREADS", "5"}});
    EXPECT_EQ(one.json_text, many.json_text);
    EXPECT_EQ(one.csv, many.csv);
    EXPECT_EQ(one.text, many.text);
    const std::string command = one.json()["provenance"]["command"];
    EXPECT_EQ(command.rfind("mambasic compare tiny --trace ", 0), 0U);
    EXPECT_NE(command.find("/compare-decode.safetensors --schemes "), std::string::npos);
    EXPECT_NE(command.find(" --schemes " + schemes), std::string::npos) << command;
}

// The lookups differ in what they cost; what they return does not.
TEST(CompareFiles, EveryLookupGivesTheSameQuality) {
    const Json rows = compared(grouped_decode(),
                               "quamba2,quamba2-parallel,quamba2-direct,quamba2-code,"
                               "quamba2-runlength")
                          .json()["schemes"];
    for (const Json& row : rows) {
        EXPECT_EQ(row["ssm_input_sqnr_db"], rows[0]["ssm_input_sqnr_db"]);
        EXPECT_EQ(row["saturated_elements"], rows[0]["saturated_elements"]);
    }
}

TEST(CompareFiles, ASchemeMayBeAFile) {
    const Folder folder;
    const std::string mine = folder.add(
        "mine.yaml",
        "name: my own\ngroups: 2x2\nlookup: code\ncode: int8\nobserver: minmax\nobserves: float\n");
    const Compared out = compared(grouped_prefill(), mine, {"--timing-only"});
    const Json json = out.json();
    EXPECT_EQ(json["schemes"][0]["scheme"], "my own");
    EXPECT_NE(json["provenance"]["command"].get<std::string>().find("/mine.yaml"),
              std::string::npos);
    EXPECT_NE(out.text.find(" --scheme " + mine + " --timing-only"), std::string::npos) << out.text;
}

}  // namespace
}  // namespace mambasic::e2e
