// Every code of the SSM input through the built program: calibrated, run, and every bit of it
// compared with golden.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

// Mamba2's x has 192 channels, Mamba1's 96: its last block of words is half full.
const char kHalfBlock[] =
    "name: half\nfamily: mamba1\nd_model: 48\nd_inner: 96\nd_state: 8\nd_conv: 4\ndt_rank: "
    "4\nn_layer: 2\n"
    "vocab: 128\n";

struct Base {
    std::string model;
    std::string phase;
    bool mamba1() const { return model != "tiny2-g2"; }
};

std::vector<Base> bases(const Folder& folder) {
    const std::string half = folder.add("half.yaml", kHalfBlock);
    return {{"tiny", "prefill"},
            {half, "decode"},
            {half, "prefill"},
            {"tiny2-g2", "prefill"},
            {"tiny2-g2", "decode"}};
}

void expect_done(const Words& words) {
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

// A trace with the scheme's scales: two sequences of 21 tokens, or of 5 steps; two layers.
std::string made_for(const Folder& folder, const Base& base, const std::string& scheme) {
    const std::string plain = folder.path("plain");
    expect_done({"trace", "synth", "--model", base.model, "--phase", base.phase, "--tokens",
                 base.phase == "prefill" ? "21" : "5", "--batch", "2", "--seed", "5", "--outliers",
                 "0.02", "--record", "all", "--out", plain});
    const std::string made = folder.path("made");
    expect_done({"trace", "group", plain, "--scheme", scheme, "--out", made});
    return made;
}

Json checked(const Folder& folder, const std::string& trace, const std::string& scheme,
             const Words& more) {
    Words words = {"check", "--trace",          trace,      "--chip", "tiny",
                   "--out", folder.path("out"), "--scheme", scheme};
    words.insert(words.end(), more.begin(), more.end());
    expect_done(words);
    return Json::parse(read_file(folder.path("out/report.json")));
}

Words settings(const std::string& fusion, const std::string& x_proj) {
    return {"--set", "schedule.fusion=" + fusion, "--set", "dequant_mux.x_proj_input=" + x_proj,
            "--set", "schedule.tile_tokens=9"};
}

std::size_t tensors_named(const Json& report, const std::string& end) {
    std::size_t count = 0;
    for (const Json& tensor : report["check"]["tensors"]) {
        const auto name = tensor["name"].get<std::string>();
        const bool named = name.size() >= end.size() &&
                           name.compare(name.size() - end.size(), end.size(), end) == 0;
        if (named && tensor["elements"] > 0) ++count;
    }
    return count;
}

struct Coded {
    const char* scheme;
    bool codes;   // conv1d.codes are made
    bool flags;   // and conv1d.flags
    bool values;  // conv1d.values are
    bool table;
};

class EveryCode : public testing::TestWithParam<Coded> {};

Words ways_to_x_proj(const Base& base) {
    if (!base.mamba1()) return {"copy"};
    const Coded& coded = EveryCode::GetParam();
    if (coded.table || coded.values) return {"copy", "requantized"};
    return {"copy", "requantized", "codes"};
}

void expect_tensors(const Json& report, bool mamba1, const std::string& x_proj) {
    const Coded& coded = EveryCode::GetParam();
    constexpr std::size_t kLayers = 2;
    const bool int8 = !coded.codes && !coded.values;
    const bool multiplied = mamba1 && coded.codes && x_proj == "codes";
    const bool read = int8 || (mamba1 ? !multiplied : !coded.values);
    EXPECT_EQ(tensors_named(report, "conv1d.output"), read ? kLayers : 0U);
    EXPECT_EQ(tensors_named(report, "conv1d.codes"), coded.codes ? kLayers : 0U);
    EXPECT_EQ(tensors_named(report, "conv1d.flags"), coded.flags ? kLayers : 0U);
    EXPECT_EQ(tensors_named(report, "conv1d.values"), coded.values ? kLayers : 0U);
}

TEST_P(EveryCode, IsGoldensBitForBit) {
    const std::string scheme = GetParam().scheme;
    const Folder models;
    for (const Base& base : bases(models)) {
        const Folder folder;
        const std::string trace = made_for(folder, base, scheme);
        for (const std::string fusion : {"none", "layer"}) {
            for (const std::string& x_proj : ways_to_x_proj(base)) {
                SCOPED_TRACE(base.model + " " + base.phase + " " + fusion + " " + x_proj);
                const Json report = checked(folder, trace, scheme, settings(fusion, x_proj));
                EXPECT_EQ(report["check"]["mismatches"], 0);
                expect_tensors(report, base.mamba1(), x_proj);
            }
        }
    }
}

// What golden counted of x in a run of its own is what the convolution counted.
TEST_P(EveryCode, CountsWhatGoldenCounts) {
    const std::string scheme = GetParam().scheme;
    const Folder models;
    for (const Base& base : bases(models)) {
        SCOPED_TRACE(base.model + " " + base.phase);
        const Folder folder;
        const std::string trace = made_for(folder, base, scheme);
        const Json report = checked(folder, trace, scheme, {"--quality"});
        const Json& x = report["quality"]["x"];
        EXPECT_EQ(report["quantization"]["flagged"], x["flagged"]);
        if (!base.mamba1()) continue;  // its convolution codes B and C too
        for (const Json& block : report["blocks"]) {
            if (block["name"] != "conv") continue;
            EXPECT_EQ(block["counts"].value("saturated", 0U), x["saturated"]);
        }
    }
}

TEST_P(EveryCode, RunsOnAnyTraceWhereOnlyTimeCounts) {
    const Folder models;
    for (const Base& base : bases(models)) {
        const Folder folder;
        const std::string plain = folder.path("shapes");
        expect_done({"trace", "synth", "--model", base.model, "--phase", base.phase, "--tokens",
                     "21", "--shapes-only", "--out", plain});
        expect_done({"run", "tiny", "--trace", plain, "--scheme", GetParam().scheme,
                     "--timing-only", "--quiet"});
    }
}

INSTANTIATE_TEST_SUITE_P(Schemes, EveryCode,
                         testing::Values(Coded{"w4a5-se", true, true, false, false},
                                         Coded{"w4a5-se-signed", true, true, false, false},
                                         Coded{"w4a5-se-threshold", true, true, false, false},
                                         Coded{"w4a5-se-sparse", true, true, false, false},
                                         Coded{"w4a5-se-4x4", true, true, false, true},
                                         Coded{"se8", true, true, false, false},
                                         Coded{"se8-2025", true, true, false, false},
                                         Coded{"se8-uniform", false, false, false, false},
                                         Coded{"fp32-ssm-input", false, false, true, false},
                                         Coded{"int8-sim", false, false, true, false},
                                         Coded{"int5", true, false, false, false},
                                         Coded{"outlier-120", false, false, false, false}),
                         [](const auto& test) {
                             std::string name = test.param.scheme;
                             for (char& c : name) c = c == '-' ? '_' : c;
                             return name;
                         });

// ssm.md 8.3: every tensor that both make.
TEST(Codes, Int8InFp32IsInt8) {
    const Folder models;
    for (const Base& base : bases(models)) {
        SCOPED_TRACE(base.model + " " + base.phase);
        const Folder folder;
        const std::string trace = made_for(folder, base, "quamba1");
        const std::string dump = folder.path("dump");
        expect_done({"run", "tiny", "--trace", trace, "--quiet", "--dump", dump});
        const Json report = checked(folder, trace, "int8-sim", {"--against", dump});
        EXPECT_EQ(report["check"]["mismatches"], 0);
        EXPECT_EQ(tensors_named(report, "scan.output"), 2U);
        EXPECT_EQ(tensors_named(report, "conv1d.values"), 0U) << "quamba1 made none";
    }
}

// Codes that multiply a table's scales, and a list of flags with a dual code of 8 bits.
TEST(Codes, TablesAndListsGoWithEveryCode) {
    const std::string rest = "observer: minmax\nobserves: float\n";
    const std::string table = "name: mine\ngroups: 2x3\nlookup: ";
    const Words schemes = {
        table + "runlength\ncode: dual8\nfactor: 2.5\nflags: sparse\nsparse_percent: 1\n" + rest,
        table + "sequential\ncode: uniform8\nfactor: 3\n" + rest,
        table + "direct\ncode: int5\n" + rest,
        table + "code\ncode: int8-sim\n" + rest,
        table + "parallel\ncode: fp32\n" + rest,
        table + "direct\ncode: dual4\nlevels: signed\nflag_rule: threshold\nquantile: 0.9\n" +
            "factor: 3\nflags: sparse\nsparse_percent: 3\n" + rest,
        table + "sequential\ncode: dual4\nlevels: skewed\nflag_rule: overflow\nflags: packed\n" +
            "observer: mse\nobserves: codes\n"};
    const Folder models;
    for (const Base& base : bases(models)) {
        for (const std::string& text : schemes) {
            SCOPED_TRACE(base.model + " " + base.phase + "\n" + text);
            const Folder folder;
            const std::string scheme = folder.add("mine.yaml", text);
            const std::string trace = made_for(folder, base, scheme);
            for (const char* x_proj : {"copy", "requantized"}) {
                if (!base.mamba1() && x_proj != std::string("copy")) continue;
                const Json report = checked(folder, trace, scheme, settings("layer", x_proj));
                EXPECT_EQ(report["check"]["mismatches"], 0);
            }
        }
    }
}

const char kHybrid[] =
    "name: mine\nlayers:\n"
    "  0:\n"
    "    {name: narrow, groups: one, lookup: register, code: dual4, levels: skewed,\n"
    "     flag_rule: overflow, quantile: 0.95, factor: calibrated, flags: packed,\n"
    "     observer: percentile, alpha: 0.9995, sigma: 0.01, observes: codes}\n"
    "  1:\n"
    "    {name: wide, groups: 2x2, lookup: code, code: fp32, observer: minmax, observes: float}\n";

TEST(Codes, LayersMayHaveCodesOfTheirOwn) {
    const Folder models;
    for (const Base& base : bases(models)) {
        SCOPED_TRACE(base.model + " " + base.phase);
        const Folder folder;
        const std::string scheme = folder.add("mine.yaml", kHybrid);
        const std::string trace = made_for(folder, base, scheme);
        for (const char* fusion : {"none", "layer"}) {
            const Json report = checked(folder, trace, scheme, settings(fusion, "copy"));
            EXPECT_EQ(report["check"]["mismatches"], 0);
            EXPECT_EQ(tensors_named(report, "conv1d.codes"), 1U);
            EXPECT_EQ(tensors_named(report, "conv1d.values"), 1U);
        }
    }
}

TEST(Codes, WhatACalibratedTraceRecordsIsWhatTheChipMakes) {
    const Folder models;
    for (const Base& base : bases(models)) {
        for (const char* scheme : {"w4a5-se", "int5"}) {
            SCOPED_TRACE(base.model + " " + base.phase + " " + scheme);
            const Folder folder;
            const std::string trace = made_for(folder, base, scheme);
            const Json report = checked(folder, trace, scheme, {"--against", "recorded"});
            EXPECT_EQ(report["check"]["mismatches"], 0);
            EXPECT_EQ(tensors_named(report, "conv1d.codes"), 2U);
        }
    }
}

std::string refused(const Words& words) {
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    return outcome.err;
}

TEST(Codes, WhatDoesNotFitIsRefusedInALine) {
    const Folder folder;
    const Words check = {"check", "--chip", "tiny", "--trace", tiny_prefill(), "--scheme"};
    const auto with = [&](const std::string& scheme, const Words& more) {
        Words words = check;
        words.push_back(scheme);
        words.insert(words.end(), more.begin(), more.end());
        return refused(words);
    };
    const Words codes = {"--set", "dequant_mux.x_proj_input=codes"};
    EXPECT_NE(with("w4a5-se", {}).find("mambasic calibrate --trace"), std::string::npos);
    EXPECT_NE(with("int5", {}).find("codes x as int5"), std::string::npos);
    EXPECT_NE(with("fp32-ssm-input", codes).find("there are no codes to multiply; write copy or"),
              std::string::npos);
    EXPECT_NE(with("fp32-ssm-input", {"--against", "recorded"}).find("metadata 'x_code'"),
              std::string::npos);
    const std::string grouped = made_for(folder, {"tiny", "prefill"}, "w4a5-se-4x4");
    EXPECT_NE(refused({"run", "tiny", "--trace", grouped, "--scheme", "w4a5-se-4x4", "--set",
                       "dequant_mux.x_proj_input=codes"})
                  .find("has a table of scales"),
              std::string::npos);
}

}  // namespace
}  // namespace mambasic::e2e
