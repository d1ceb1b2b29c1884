// What a run leaves behind: the same bytes every time, and the same figures with numbers or
// without.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"
#include "tests/reports/schema_walker.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;

std::string report_of(const std::vector<std::string>& extra, const Environment& environment) {
    const Folder folder;
    std::vector<std::string> words = {"run",          "tiny",  "--trace",
                                      tiny_prefill(), "--out", folder.path("out")};
    words.insert(words.end(), extra.begin(), extra.end());
    const Outcome outcome = mambasic(words, environment);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");  // no progress in a pipe
    return read_file(folder.path("out/report.json"));
}

TEST(Reports, TheSameInputsGiveTheSameBytes) {
    const std::string first = report_of({}, {{"OMP_NUM_THREADS", "1"}});
    EXPECT_EQ(first, report_of({}, {{"OMP_NUM_THREADS", "1"}}));
    EXPECT_EQ(first, report_of({"--quiet"}, {{"OMP_NUM_THREADS", "2"}, {"LC_ALL", "C.UTF-8"}}));
    EXPECT_GT(first.size(), 1000U);
}

struct Written {
    std::string report;
    std::string tensors;
};

Written written_by(const std::string& trace, const std::string& setting, const char* threads) {
    const Folder folder;
    const Outcome outcome = mambasic({"run", "tiny", "--trace", trace, "--set", setting, "--out",
                                      folder.path("out"), "--dump", folder.path("dump"), "--quiet"},
                                     {{"OMP_NUM_THREADS", threads}});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return {read_file(folder.path("out/report.json")), read_file(folder.path("dump"))};
}

// Jobs of several tiles, layers and steps run at once; what they leave behind does not show it.
TEST(Reports, ThreadsChangeNeitherTensorsNorReport) {
    for (const std::string& trace : {tiny_prefill(), tiny_decode()}) {
        for (const char* setting : {"schedule.fusion=layer", "schedule.fusion=none",
                                    "schedule.tile_tokens=2", "ssm.state_residency=spilled"}) {
            const Written one = written_by(trace, setting, "1");
            EXPECT_GT(one.tensors.size(), 1000U);
            for (const char* threads : {"2", "7"}) {
                const Written many = written_by(trace, setting, threads);
                EXPECT_EQ(many.report.substr(many.report.find("totals")),
                          one.report.substr(one.report.find("totals")))
                    << setting << ", " << threads << " threads";
                EXPECT_TRUE(many.tensors == one.tensors) << setting << ", " << threads;
            }
        }
    }
}

TEST(Reports, ChecksAreDeterministicToo) {
    const auto check = [](const char* threads) {
        const Folder folder;
        const Outcome outcome = mambasic(
            {"check", "--trace", tiny_decode(), "--chip", "tiny", "--out", folder.path("out")},
            {{"OMP_NUM_THREADS", threads}});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return read_file(folder.path("out/report.json"));
    };
    EXPECT_EQ(check("1"), check("2"));
}

TEST(Reports, TheTextIsWhatTheTerminalShowed) {
    const Folder folder;
    const Outcome outcome =
        mambasic({"run", "tiny", "--trace", tiny_prefill(), "--out", folder.path("out")});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string text = read_file(folder.path("out/report.txt"));
    EXPECT_EQ(outcome.out.compare(0, text.size(), text), 0);  // then come the next steps
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "colour in a pipe";
}

TEST(Reports, OverridesAreToldWithTheChip) {
    const Folder folder;
    const std::vector<std::string> sets = {"--set", "ssm.exp_units=8", "--set", "gemm.rows=4"};
    for (std::vector<std::string> words :
         {std::vector<std::string>{"run", "tiny"}, {"check", "--chip", "tiny"}}) {
        words.insert(words.end(), sets.begin(), sets.end());
        words.insert(words.end(), {"--trace", tiny_prefill(), "--out", folder.path("out")});
        const Outcome outcome = mambasic(words);
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const std::string line = "  with --set ssm.exp_units=8 --set gemm.rows=4";
        EXPECT_EQ(lines_of(outcome.out).at(1), line) << words[0];
        EXPECT_EQ(lines_of(read_file(folder.path("out/report.txt"))).at(1), line) << words[0];
        EXPECT_EQ(Json::parse(read_file(folder.path("out/report.json")))["provenance"]["overrides"],
                  Json({"ssm.exp_units=8", "gemm.rows=4"}));
    }
    EXPECT_EQ(Json::parse(report_of({}, {}))["provenance"]["overrides"], Json::array());
}

TEST(Reports, TimeDoesNotDependOnNumbers) {
    Json with = Json::parse(report_of({}, {}));
    Json without = Json::parse(report_of({"--timing-only"}, {}));
    EXPECT_EQ(with["totals"], without["totals"]);
    EXPECT_GT(with["totals"]["cycles"], 0);
    EXPECT_EQ(with["totals"]["tokens"], 42);
}

TEST(Reports, ShapesAloneGiveTheSameTime) {
    const std::string shapes =
        trace("tiny-shapes", {"--model", "tiny", "--phase", "prefill", "--tokens", "21", "--batch",
                              "2", "--seed", "7", "--shapes-only"});
    const Folder folder;
    const Outcome outcome =
        mambasic({"run", "tiny", "--trace", shapes, "--timing-only", "--out", folder.path("out")});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(Json::parse(read_file(folder.path("out/report.json")))["totals"],
              Json::parse(report_of({"--timing-only"}, {}))["totals"]);
}

TEST(Reports, ConformToTheirSchema) {
    const reports::SchemaWalker schema(
        Json::parse(read_file(MAMBASIC_SOURCE "/reports/report.schema.json")));
    for (const std::vector<std::string>& extra : std::vector<std::vector<std::string>>{
             {}, {"--timing-only"}, {"--set", "nonlinear.exp.kind=table"}, {"--layers", "1:2"}}) {
        EXPECT_EQ(schema.fault(Json::parse(report_of(extra, {}))), "");
    }
    const Folder folder;
    ASSERT_EQ(mambasic({"check", "--trace", tiny_decode(), "--chip", "tiny", "--out",
                        folder.path("equal")})
                  .status,
              0);
    ASSERT_EQ(mambasic({"check", "--trace", tiny_decode(), "--chip", "tiny", "--set",
                        "nonlinear.exp.kind=table", "--out", folder.path("different")})
                  .status,
              1);
    for (const char* name : {"equal/report.json", "different/report.json"}) {
        const Json report = Json::parse(read_file(folder.path(name)));
        EXPECT_EQ(schema.fault(report), "") << name;
        EXPECT_TRUE(report["check"].is_object()) << name;
    }
}

// Of what crossed the DRAM's pins every byte has an op and a kind.
TEST(Reports, BytesOfOpsByKindAreTheWhole) {
    for (const char* fusion : {"schedule.fusion=layer", "schedule.fusion=none"}) {
        const Json report = Json::parse(report_of({"--set", fusion}, {}));
        for (const char* way : {"read_bytes", "written_bytes"}) {
            for (const auto& [kind, whole] : report["dram"]["by_kind"].items()) {
                std::uint64_t sum = 0;
                for (const Json& op : report["ops"]) {
                    sum += op["dram_by_kind"][kind][way].get<std::uint64_t>();
                }
                EXPECT_EQ(sum, whole[way].get<std::uint64_t>()) << kind << " " << way;
            }
            for (const Json& op : report["ops"]) {
                std::uint64_t sum = 0;
                for (const Json& bytes : op["dram_by_kind"]) sum += bytes[way].get<std::uint64_t>();
                EXPECT_EQ(sum, op[std::string("dram_") + way]) << op["name"];
            }
        }
    }
}

// An array's products are two operations each; the rest of a projection is its epilogue.
TEST(Reports, ThePeaksBoundTheRun) {
    const Json report = Json::parse(report_of({}, {}));
    std::uint64_t operations = 0;
    for (const Json& op : report["ops"]) {
        EXPECT_GE(op["operations"], 2 * op["macs"].get<std::uint64_t>()) << op["name"];
        if (op["block"] == "gemm") operations += 2 * op["macs"].get<std::uint64_t>();
    }
    const auto cycles = report["totals"]["cycles"].get<std::uint64_t>();
    EXPECT_LT(operations,
              cycles * report["peaks"]["mac_operations_per_cycle"].get<std::uint64_t>());
    EXPECT_GT(operations, 0U);
}

TEST(Reports, TheConfigurationIsWhatExplainLists) {
    const Json report = Json::parse(report_of({"--set", "gemm.rows=4"}, {}));
    std::map<std::string, std::string> values;
    for (const Json& row : report["configuration"]["chip"]) values[row["key"]] = row["value"];
    EXPECT_EQ(values["gemm.rows"], "4");
    EXPECT_EQ(values["name"], "tiny");
    for (const std::string& line : lines_of(mambasic({"explain", "--chip", "tiny"}).out)) {
        const std::string key = line.substr(0, line.find(' '));
        if (key.rfind("scheme.", 0) == 0 || key.empty()) continue;
        EXPECT_EQ(values.count(key), 1U) << key;
    }
}

// Also with a blank in a name, and from another folder than the trace's.
TEST(Reports, TheirCommandsCanBePasted) {
    const Folder folder;
    std::filesystem::create_directory(folder.path("my traces"));
    std::filesystem::copy_file(tiny_prefill(), folder.path("my traces/t.safetensors"));
    folder.add("mine.yaml", "extends: ../schemes/quamba1.yaml\nname: my own\n");
    const Start start = {MAMBASIC_BINARY, folder.path(""), {}};
    const std::string trace = folder.path("my traces/t.safetensors");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run", "tiny", "--trace", trace, "--scheme", "./mine.yaml"},
          {"check", "--chip", "tiny", "--trace", "my traces/t.safetensors"},
          {"compare", "tiny", "--trace", trace, "--schemes", "quamba1,mine.yaml"}}) {
        std::vector<std::string> with_out = words;
        with_out.insert(with_out.end(), {"--out", "out"});
        ASSERT_EQ(mambasic_from(start, with_out).status, 0);
        const std::string kind = words[0] == "compare" ? "compare" : "report";
        const std::string file = folder.path("out/" + kind + ".json");
        const std::string written = read_file(file);
        const std::string command = Json::parse(written)["provenance"]["command"];
        EXPECT_EQ(command.find(folder.path("")), std::string::npos) << command;
        std::filesystem::remove_all(folder.path("out"));
        const std::string path = std::filesystem::path(MAMBASIC_BINARY).parent_path();
        const std::string line = "cd '" + folder.path("") + "' && PATH='" + path + "':$PATH " +
                                 command + " --out out >/dev/null 2>&1";
        EXPECT_EQ(std::system(line.c_str()), 0) << command;
        EXPECT_EQ(read_file(file), written);
    }
}

TEST(Reports, APageStandsBesideTheReport) {
    const Folder folder;
    const Outcome outcome = mambasic(
        {"run", "tiny", "--trace", tiny_prefill(), "--out", folder.path("out"), "--quiet"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string page = read_file(folder.path("out/report.html"));
    EXPECT_EQ(page.compare(0, 15, "<!DOCTYPE html>"), 0);
    EXPECT_NE(page.find("\"schema\":\"mambasic-report/1\""), std::string::npos);
}

// Both families, at once and token by token.
TEST(Reports, QualityIsToldOfEveryLayer) {
    const reports::SchemaWalker schema(
        Json::parse(read_file(MAMBASIC_SOURCE "/reports/report.schema.json")));
    const std::string samples = MAMBASIC_SOURCE "/traces/samples/";
    for (const char* name : {"tiny-prefill", "tiny-decode", "tiny2-prefill", "tiny2-decode-w4a8"}) {
        const Folder folder;
        const Outcome outcome =
            mambasic({"check", "--trace", samples + name + ".safetensors", "--chip", "tiny",
                      "--quality", "--out", folder.path("out")});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_NE(outcome.out.find("against an FP32 SSM input"), std::string::npos);
        const Json report = Json::parse(read_file(folder.path("out/report.json")));
        EXPECT_EQ(schema.fault(report), "") << name;
        EXPECT_NE(report["provenance"]["command"].get<std::string>().find("--quality"),
                  std::string::npos);
        const Json& quality = report["quality"];
        EXPECT_EQ(quality["layers"].size(), report["layers"].size());
        for (const char* figure : {"ssm_input_sqnr_db", "layer_output_sqnr_db"}) {
            EXPECT_GT(quality[figure].get<double>(), 5) << name;
            EXPECT_LT(quality[figure].get<double>(), 60) << name;
            EXPECT_GT(quality["layers"][1][figure].get<double>(), 5) << name;
        }
    }
    EXPECT_TRUE(Json::parse(report_of({}, {}))["quality"].is_null());
}

// exposed_cycles is what the conv1d tiles would be shorter by if lookups took no time.
TEST(Reports, LookupsAreExposedByWhatTheyLengthenTiles) {
    const auto conv_busy = [](const Json& report) {
        for (const Json& op : report["ops"]) {
            if (op["name"] == "conv1d") return op["busy_cycles"].get<std::uint64_t>();
        }
        return std::uint64_t{0};
    };
    const auto exposed = [&](std::vector<std::string> settings) {
        std::vector<std::string> words = {"--timing-only"};
        for (const std::string& s : settings) words.insert(words.end(), {"--set", s});
        const Json with = Json::parse(report_of(words, {}));
        words.insert(words.end(), {"--set", "scale_table.lookup_cycles=0"});
        const Json without = Json::parse(report_of(words, {}));
        const std::uint64_t cycles = with["lookup"]["exposed_cycles"];
        EXPECT_EQ(conv_busy(with) - conv_busy(without), cycles);
        EXPECT_EQ(without["lookup"]["cycles"], 0);
        EXPECT_GT(with["lookup"]["cycles"], 0);
        return std::pair(cycles, with["lookup"]["cycles"].get<std::uint64_t>());
    };
    const auto usual = exposed({});
    EXPECT_EQ(usual.first, usual.second);
    // Wide lanes in front of a narrow scratchpad: the tiles wait for its ports.
    const auto hidden = exposed({"conv.lanes=128", "activation_sram.word_bytes=1"});
    EXPECT_LT(hidden.first, hidden.second);
}

TEST(Reports, EveryCycleOfEveryBlockIsAccountedFor) {
    const Json report = Json::parse(report_of({}, {}));
    EXPECT_GT(report["blocks"].size(), 5U);
    for (const Json& block : report["blocks"]) {
        const std::uint64_t sum = block["busy_cycles"].get<std::uint64_t>() +
                                  block["stalled_input_cycles"].get<std::uint64_t>() +
                                  block["stalled_output_cycles"].get<std::uint64_t>() +
                                  block["idle_cycles"].get<std::uint64_t>();
        EXPECT_EQ(sum, report["totals"]["cycles"].get<std::uint64_t>()) << block["name"];
    }
}

std::uint64_t count_of(const Json& report, const std::string& block, const std::string& event) {
    for (const Json& row : report["blocks"]) {
        if (row["name"] == block) return row["counts"].value(event, std::uint64_t{0});
    }
    ADD_FAILURE() << "no block " << block;
    return 0;
}

// 2 layers, 2 sequences, 192 channels of 16 states, tiles of 8, 8 and 5 tokens.
TEST(Reports, StatesAreReadAndWrittenOnceATile) {
    const Json report = Json::parse(report_of({"--timing-only"}, {}));
    constexpr std::uint64_t kStates = 2 * 2 * 192 * 16;
    EXPECT_EQ(count_of(report, "ssm", "state_read_bytes"), kStates * (0 + 4 + 4));
    EXPECT_EQ(count_of(report, "ssm", "state_write_bytes"), kStates * (4 + 4 + 1));
}

// Nothing else in the activation scratchpad depends on where the tiles are cut, if all of it fits.
TEST(Reports, HistoriesOfTheConvolutionPassTheScratchpadOnceATile) {
    const auto with_tiles_of = [](const char* tokens) {
        return Json::parse(report_of({"--timing-only", "--set", "activation_sram.capacity_kib=256",
                                      "--set", std::string("schedule.tile_tokens=") + tokens},
                                     {}));
    };
    const Json three = with_tiles_of("8");
    const Json one = with_tiles_of("21");
    constexpr std::uint64_t kHistories = 2 * 2 * 192 * 4;
    for (const char* event : {"sram_read_bytes", "sram_write_bytes"}) {
        EXPECT_EQ(count_of(three, "activation_sram", event),
                  count_of(one, "activation_sram", event) + 2 * kHistories)
            << event;
    }
}

TEST(Reports, ALayerRangeRunsThoseLayersOnly) {
    const Json report = Json::parse(report_of({"--layers", "0:1"}, {}));
    ASSERT_EQ(report["layers"].size(), 1U);
    EXPECT_EQ(report["layers"][0]["index"], 0);
}

}  // namespace
}  // namespace mambasic::e2e
