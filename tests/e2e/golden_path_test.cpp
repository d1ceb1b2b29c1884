// The spine, from words to bits: every way to run the tiny network gives golden's very bits.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Settings = std::vector<std::string>;

std::vector<std::string> check_words(const std::string& trace, const Settings& settings) {
    std::vector<std::string> words = {"check", "--trace", trace, "--chip", "tiny"};
    for (const std::string& setting : settings) {
        words.emplace_back("--set");
        words.push_back(setting);
    }
    return words;
}

class GoldenPath : public testing::TestWithParam<Settings> {
protected:
    static void expect_equal(const std::string& trace, std::size_t tensors) {
        const Folder folder;
        std::vector<std::string> words = check_words(trace, GetParam());
        words.insert(words.end(), {"--out", folder.path("out")});
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        EXPECT_EQ(outcome.err, "");
        EXPECT_NE(outcome.out.find("EQUAL: all "), std::string::npos) << outcome.out;
        const Json check = Json::parse(read_file(folder.path("out/report.json")))["check"];
        EXPECT_EQ(check["mismatches"], 0);
        EXPECT_EQ(check["against"], "golden");
        EXPECT_EQ(check["tensors"].size(), tensors);
    }
};

// 12 tensors of each of 2 layers, the embedding, and 3 of the head.
TEST_P(GoldenPath, PrefillIsEqual) { expect_equal(tiny_prefill(), 28); }
TEST_P(GoldenPath, DecodeIsEqual) { expect_equal(tiny_decode(), 28); }

INSTANTIATE_TEST_SUITE_P(
    Chips, GoldenPath,
    testing::Values(Settings{"schedule.fusion=none", "schedule.tile_tokens=1"},
                    Settings{"schedule.fusion=none", "schedule.tile_tokens=4"},
                    Settings{"schedule.fusion=none", "schedule.tile_tokens=64"},
                    Settings{"schedule.fusion=layer", "schedule.tile_tokens=1"},
                    Settings{"schedule.fusion=layer", "schedule.tile_tokens=7"},
                    Settings{"schedule.fusion=layer", "schedule.tile_tokens=21"},
                    Settings{"gemm.dataflow=weight_stationary"},
                    Settings{"gemm.dataflow=output_stationary"},
                    Settings{"arithmetic.quirks=quamba"},
                    Settings{"arithmetic.softplus=log_exp_plus_1"}));

// One row, or one row a sequence: other epilogues, partial tiles everywhere.
TEST(GoldenPathShapes, FewRowsAreEqual) {
    const std::vector<std::vector<std::string>> shapes = {
        {"--phase", "prefill", "--tokens", "1"},
        {"--phase", "prefill", "--tokens", "1", "--batch", "3"},
        {"--phase", "prefill", "--tokens", "17"},
        {"--phase", "decode", "--tokens", "3"},
        {"--phase", "decode", "--tokens", "2", "--batch", "3"}};
    for (std::vector<std::string> options : shapes) {
        options.insert(options.end(), {"--model", "tiny", "--seed", "11"});
        std::string name = "few";
        for (std::size_t i = 1; i < options.size(); i += 2) name += "-" + options[i];
        for (const char* setting :
             {"schedule.fusion=none", "schedule.fusion=layer", "arithmetic.quirks=quamba"}) {
            const Outcome outcome = mambasic(check_words(trace(name, options), {setting}));
            EXPECT_EQ(outcome.status, 0) << name << " " << setting << outcome.out << outcome.err;
        }
    }
}

TEST(GoldenPathShapes, ASliceIsEqual) {
    const Folder folder;
    for (const std::string& whole : {tiny_prefill(), tiny_decode()}) {
        const std::string path = folder.path("slice");
        ASSERT_EQ(mambasic({"trace", "slice", whole, "--layers", "1:2", "--out", path}).status, 0);
        const Outcome outcome = mambasic(check_words(path, {}));
        EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        EXPECT_NE(outcome.out.find("of 12 tensors"), std::string::npos) << outcome.out;
        // Its recorded results are those of the whole trace.
        const Outcome recorded =
            mambasic({"check", "--trace", path, "--chip", "tiny", "--against", "recorded"});
        EXPECT_EQ(recorded.status, 0) << recorded.out << recorded.err;
    }
}

TEST(GoldenPathRecorded, TheTraceRemembersTheSameBits) {
    for (const std::string& trace : {tiny_prefill(), tiny_decode()}) {
        const Outcome outcome =
            mambasic({"check", "--trace", trace, "--chip", "tiny", "--against", "recorded"});
        EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        EXPECT_NE(outcome.out.find("Check against recorded"), std::string::npos) << outcome.out;
    }
}

TEST(GoldenPathDump, WhatRunWritesCheckReads) {
    for (const std::string& trace : {tiny_prefill(), tiny_decode()}) {
        const Folder folder;
        const std::string dump = folder.path("dump.safetensors");
        const Outcome run = mambasic({"run", "tiny", "--trace", trace, "--dump", dump, "--quiet"});
        ASSERT_EQ(run.status, 0) << run.err;
        EXPECT_EQ(run.out, "");
        const Outcome check =
            mambasic({"check", "--trace", trace, "--chip", "tiny", "--against", dump});
        EXPECT_EQ(check.status, 0) << check.out << check.err;
        EXPECT_NE(check.out.find("of 28 tensors"), std::string::npos) << check.out;
    }
}

TEST(GoldenPathDump, ADifferentBitIsFoundAndNamed) {
    const Folder folder;
    const std::string dump = folder.path("dump.safetensors");
    ASSERT_EQ(
        mambasic({"run", "tiny", "--trace", tiny_prefill(), "--dump", dump, "--quiet"}).status, 0);
    std::string bytes = read_file(dump);
    const std::string key = "\"trace.layers.1.had.output\":";
    const std::size_t entry = bytes.find(key) + key.size();
    const Json tensor = Json::parse(bytes.substr(entry, bytes.find('}', entry) + 1 - entry));
    std::uint64_t header = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        header |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    // Sequence 1, token 2, channel 3 of [2][21][192].
    const std::size_t index = (1 * 21 + 2) * 192 + 3;
    const std::size_t at = 8 + header + tensor["data_offsets"][0].get<std::size_t>() + index;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    const std::vector<std::string> words = {"check",
                                            "--trace",
                                            tiny_prefill(),
                                            "--chip",
                                            "tiny",
                                            "--against",
                                            folder.add("dump.safetensors", bytes),
                                            "--approximate"};  // an exact chip
    const Outcome check = mambasic(words);
    EXPECT_EQ(check.status, 1) << check.err;
    EXPECT_NE(check.out.find("DIFFERENT: 1 of "), std::string::npos) << check.out;
    EXPECT_NE(check.out.find("layers.1.had.output  " + std::to_string(index) + " [1,2,3]"),
              std::string::npos)
        << check.out;
}

TEST(Approximate, LeavesRungOneOnPurposeAndSaysSo) {
    std::vector<std::string> words =
        check_words(tiny_prefill(), {"nonlinear.exp.kind=table", "nonlinear.silu.kind=polynomial"});
    const Outcome strict = mambasic(words);
    EXPECT_EQ(strict.status, 1) << strict.err;
    EXPECT_NE(strict.out.find("bits differ on purpose (exp: table, silu: polynomial)"),
              std::string::npos)
        << strict.out;
    EXPECT_NE(strict.out.find("SQNR dB"), std::string::npos);
    words.emplace_back("--approximate");
    EXPECT_EQ(mambasic(words).status, 0);
}

}  // namespace
}  // namespace mambasic::e2e
