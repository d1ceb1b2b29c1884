// mambasic compare: its rows are runs of their own, its three outputs say the same, and nothing
// else depends on how the work is shared out.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/program.h"
#include "tests/reports/schema_walker.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

std::string grouped_prefill() {
    return trace("compare-prefill", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21",
                                     "--groups", "2x2", "--seed", "7"});
}

std::string grouped_decode() {
    return trace("compare-decode",
                 {"--model", "tiny2", "--phase", "decode", "--tokens", "3", "--precision", "w4a8",
                  "--groups", "4x4", "--prompt", "9", "--seed", "8"});
}

std::string shapes_only() {
    return trace("compare-shapes",
                 {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "64", "--shapes-only"});
}

Words compare_words(const std::string& trace, const std::string& schemes, const Words& more) {
    Words words = {"compare", "tiny", "--trace", trace, "--schemes", schemes};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

struct Compared {
    std::string text, csv, json_text;
    Json json() const { return Json::parse(json_text); }
};

Compared compared(const std::string& trace, const std::string& schemes, Words more = {},
                  const Environment& environment = {}) {
    const Folder folder;
    more.insert(more.end(), {"--out", folder.path("out")});
    const Outcome outcome = mambasic(compare_words(trace, schemes, more), environment);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");  // no progress in a pipe
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "colour in a pipe";
    Compared out;
    out.text = outcome.out;
    out.csv = read_file(folder.path("out/compare.csv"));
    out.json_text = read_file(folder.path("out/compare.json"));
    return out;
}

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
    EXPECT_EQ(row["lookup"], lookup["kind"]);
    EXPECT_EQ(row["lookups"], lookup["lookups"]);
    EXPECT_EQ(row["lookup_cycles"], lookup["cycles"]);
    EXPECT_EQ(row["exposed_lookup_cycles"], lookup["exposed_cycles"]);
    EXPECT_EQ(row["lookup_energy_pj"], lookup["energy_pj"]);
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
}

const Words kLookups = {"quamba2",      "quamba2-parallel",  "quamba2-direct",
                        "quamba2-code", "quamba2-runlength", "quamba1"};

TEST(Compare, ARowIsARunOfItsOwn) {
    const Json json = compared(grouped_decode(), "quamba2,quamba2-code").json();
    for (std::size_t i = 0; i < 2; ++i) {
        const Json& row = json["schemes"][i];
        const std::string scheme = row["scheme"];
        const Json run = alone({"check", "--chip", "tiny", "--trace", grouped_decode(), "--scheme",
                                scheme, "--quality"});
        EXPECT_EQ(row["scales"], "recorded");
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
    for (std::size_t i = 1; i < 5; ++i) {
        const Json& row = json["schemes"][i];
        const std::string scheme = row["scheme"];
        const std::string file = folder.path(scheme + ".safetensors");
        const Outcome made =
            mambasic({"trace", "group", grouped_prefill(), "--scheme", scheme, "--out", file});
        ASSERT_EQ(made.status, 0) << made.err;
        const Json run =
            alone({"check", "--chip", "tiny", "--trace", file, "--scheme", scheme, "--quality"});
        EXPECT_EQ(row["scales"], "calibrated");
        expect_figures_of(run, row);
        expect_check_of(run, row);
    }
    EXPECT_EQ(json["schemes"][0]["scales"], "recorded");
    EXPECT_EQ(json["schemes"][0]["trace_sha256"], json["provenance"]["trace_sha256"]);
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

// --- One table, three ways to read it
// -------------------------------------------------------------

// Cells are two blanks apart; none holds two but the last, which is left as it is.
Words table_cells(const std::string& line) {
    Words cells;
    std::size_t at = line.find_first_not_of(' ');
    while (at != std::string::npos && cells.size() < 12) {
        const std::size_t end = line.find("  ", at);
        cells.push_back(line.substr(at, end - at));
        at = end == std::string::npos ? end : line.find_first_not_of(' ', end);
    }
    if (at != std::string::npos) cells.push_back(line.substr(at));
    return cells;
}

Words table_rows(const std::string& text) {
    Words rows = lines_of(text);
    const auto rule = std::find_if(rows.begin(), rows.end(), [](const std::string& line) {
        return line.rfind("  -----", 0) == 0;
    });
    const auto end = std::find_if(rule, rows.end(), [](const std::string& line) {
        return line.rfind("  *", 0) == 0 || line.rfind("  check:", 0) == 0;
    });
    return {rule + 1, end};
}

std::string digits(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), ','), text.end());
    return text;
}

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
    const Words names = {"quamba2-direct *", "quamba1 *", "quamba2-lite"};
    for (std::size_t i = 0; i < 3; ++i) {
        const Json& row = json["schemes"][i];
        const Words cells = table_cells(rows[i]);
        ASSERT_EQ(cells.size(), 13U) << rows[i];
        EXPECT_EQ(cells[0], names[i]);
        EXPECT_EQ(cells[0].substr(0, cells[0].find(' ')), row["scheme"]);
        EXPECT_EQ(digits(cells[1]), row["cycles"].dump());
        EXPECT_EQ(digits(cells[2]), row["exposed_lookup_cycles"].dump());
        EXPECT_EQ(digits(cells[7]), row["table_bytes"].dump());
        EXPECT_EQ(digits(cells[8]), row["dram_bytes"].dump());
        EXPECT_EQ(cells[9], with_two_decimals(row["ssm_input_sqnr_db"]));
        EXPECT_EQ(cells[10], with_two_decimals(row["layer_output_sqnr_db"]));
        EXPECT_EQ(cells[11], "equal");
    }
}

TEST(CompareTable, FitsAWideTerminalAndEndsWithTheNextStep) {
    const std::string text =
        compared(grouped_prefill(), "quamba1,quamba2-lite,quamba2-per-channel").text;
    for (const std::string& line : table_rows(text)) EXPECT_LE(line.size(), 160U);
    const std::size_t next = text.find("\nNext\n");
    ASSERT_NE(next, std::string::npos);
    const std::string command =
        "mambasic run tiny --trace " + grouped_prefill() + " --scheme quamba2-lite ";
    EXPECT_NE(text.find(command, next), std::string::npos) << text;
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
        for (std::size_t c = 0; c < columns.size(); ++c) {
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
    EXPECT_EQ(schema.fault(compared(grouped_prefill(), "quamba1,quamba2").json()), "");
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
    EXPECT_EQ(command.rfind("mambasic compare tiny --trace compare-decode.safetensors", 0), 0U);
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
    const std::string mine = folder.add("mine.yaml", "name: my own\ngroups: 2x2\nlookup: code\n");
    const Compared out = compared(grouped_prefill(), mine, {"--timing-only"});
    const Json json = out.json();
    EXPECT_EQ(json["schemes"][0]["scheme"], "my own");
    EXPECT_EQ(json["provenance"]["command"].get<std::string>().find(folder.path("")),
              std::string::npos);
    EXPECT_NE(out.text.find(" --scheme " + mine + " --timing-only"), std::string::npos) << out.text;
}

// --- What goes wrong
// ------------------------------------------------------------------------------

// The error, which is one line; nothing is written, neither results nor temporary traces.
std::string error_of(Words words) {
    const Folder results, temporary;
    words.insert(words.end(), {"--out", results.path("out")});
    const Outcome outcome = mambasic(words, {{"TMPDIR", temporary.path("")}});
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(results.entries(), Words());
    EXPECT_EQ(temporary.entries(), Words());
    return outcome.err;
}

void expect_refused(const Words& words, const std::string& text) {
    const std::string error = error_of(words);
    EXPECT_NE(error.find(text), std::string::npos) << error;
}

TEST(CompareErrors, AFailingSchemeIsNamed) {
    const Words small = {"--set", "scale_table.capacity_kib=1"};
    const std::string error =
        error_of(compare_words(grouped_prefill(), "quamba1,quamba2-per-channel,quamba2", small));
    EXPECT_EQ(error.rfind("scheme quamba2-per-channel: ", 0), 0U) << error;
    EXPECT_NE(error.find("scale_table.capacity_kib"), std::string::npos) << error;
}

TEST(CompareErrors, SchemesAreGivenOnceAndExist) {
    const std::string t = grouped_prefill();
    expect_refused(compare_words(t, "quamba1,quamba2-dirct", {}),
                   "quamba2-dirct: no such scheme file or name, did you mean 'quamba2-direct'?");
    expect_refused(compare_words(t, "quamba1,quamba2,quamba1", {}),
                   "--schemes: 'quamba1' is given twice");
    expect_refused(compare_words(t, "quamba1,,quamba2", {}),
                   "--schemes: a name between the commas is missing");
    expect_refused(compare_words(t, ",", {}), "--schemes: a name between the commas is missing");
    expect_refused({"compare", "tiny", "--trace", t}, "--schemes: is missing");
    expect_refused({"compare", "tiny", "--schemes", "quamba1"}, "--trace: is missing");
    expect_refused(compare_words(t, "quamba1", {"--jobs", "0"}),
                   "--jobs: '0' must be an integer from 1 to 1024");
    expect_refused({"compre"}, "unknown verb 'compre', did you mean 'compare'?");
}

TEST(CompareErrors, WhatATraceCannotGiveIsSaid) {
    expect_refused(compare_words(tiny_prefill(), "quamba1,quamba2", {}),
                   "scheme quamba2: " + tiny_prefill() + ": a Mamba1 network");
    expect_refused(compare_words(shapes_only(), "quamba1", {}),
                   "holds shapes only; add --timing-only");
    expect_refused(compare_words(grouped_prefill(), "quamba2-lite", {"--layers", "1:2"}),
                   "--layers: golden begins at the trace's first layer");
    const Folder folder;
    const std::string many =
        folder.add("many.yaml", "name: many\ngroups: 400x2\nlookup: sequential\n");
    expect_refused(compare_words(grouped_decode(), many, {"--timing-only"}),
                   "scheme many: groups: the network has");
}

TEST(CompareErrors, AFolderThatIsNoFolderIsToldBeforeTheWork) {
    const Folder folder;
    const std::string file = folder.add("file", "");
    const Outcome outcome =
        mambasic(compare_words(grouped_prefill(), "quamba2-lite", {"--out", file}));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("is not a folder"), std::string::npos) << outcome.err;
}

TEST(CompareErrors, TemporaryTracesGoAway) {
    const Folder temporary;
    const Outcome outcome = mambasic(compare_words(grouped_prefill(), "quamba1,quamba2", {}),
                                     {{"TMPDIR", temporary.path("")}});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(temporary.entries(), Words());
}

TEST(CompareErrors, ADifferenceIsToldInTheTableAndInTheStatus) {
    const Folder folder;
    const Words approximate = {"--set", "nonlinear.exp.kind=table", "--set",
                               "nonlinear.exp.table_entries=16"};
    Words words = compare_words(grouped_prefill(), "quamba2-lite", approximate);
    words.insert(words.end(), {"--out", folder.path("out")});
    const Outcome differs = mambasic(words);
    EXPECT_EQ(differs.status, 1);
    const std::string mismatches =
        Json::parse(read_file(folder.path("out/compare.json")))["schemes"][0]["check"]["mismatches"]
            .dump();
    EXPECT_GT(std::stoul(mismatches), 0U);
    EXPECT_EQ(differs.err.rfind("scheme quamba2-lite: " + mismatches + " elements differ", 0), 0U)
        << differs.err;
    const Words cells = table_cells(table_rows(differs.out).at(0));
    EXPECT_EQ(digits(cells.at(11)), mismatches + " differ");
    words.emplace_back("--approximate");
    const Outcome accepted = mambasic(words);
    EXPECT_EQ(accepted.status, 0);
    EXPECT_EQ(accepted.err, "");
    EXPECT_EQ(accepted.out, differs.out);
}

}  // namespace
}  // namespace mambasic::e2e
