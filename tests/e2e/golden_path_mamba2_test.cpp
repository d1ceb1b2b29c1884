// Mamba2 and 4-bit weights, from words to bits: every chip, scheme and precision gives golden's
// very bits.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

// Two sequences of 21 tokens, or of 5 steps; two layers.
std::string mamba2(const std::string& model, const std::string& phase,
                   const std::string& precision) {
    const std::string tokens = phase == "prefill" ? "21" : "5";
    return trace(model + "-" + phase + "-" + precision,
                 {"--model", model, "--phase", phase, "--tokens", tokens, "--batch", "2", "--seed",
                  "5", "--precision", precision, "--record", "all"});
}

void expect_equal(const std::string& trace, const Words& more, std::size_t tensors) {
    const Folder folder;
    Words words = {"check", "--trace", trace, "--chip", "tiny", "--out", folder.path("out")};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Json check = Json::parse(read_file(folder.path("out/report.json")))["check"];
    EXPECT_EQ(check["mismatches"], 0);
    EXPECT_EQ(check["tensors"].size(), tensors);
}

// 11 tensors of each of 2 layers, the embedding, and 3 of the head.
constexpr std::size_t kTensors = 26;

class GoldenPathMamba2 : public testing::TestWithParam<Words> {};

TEST_P(GoldenPathMamba2, IsEqual) {
    for (const char* phase : {"prefill", "decode"}) {
        expect_equal(mamba2("tiny2-g2", phase, "w8a8"), GetParam(), kTensors);
        expect_equal(mamba2("tiny2", phase, "w4a8"), GetParam(), kTensors);
    }
}

Words set(const Words& settings) {
    Words words;
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
}

INSTANTIATE_TEST_SUITE_P(
    Chips, GoldenPathMamba2,
    testing::Values(set({"schedule.fusion=none", "schedule.tile_tokens=1"}),
                    set({"schedule.fusion=none", "schedule.tile_tokens=4"}),
                    set({"schedule.fusion=layer", "schedule.tile_tokens=7"}),
                    set({"schedule.fusion=layer", "schedule.tile_tokens=21"}),
                    set({"gemm.dataflow=weight_stationary"}),
                    set({"gemm.dataflow=output_stationary"}),
                    set({"ssm.ssd_sum=sequential", "gated_norm.sum=tree 4"}),
                    set({"ssm.state_residency=spilled"}), set({"ssm.state_store_kib=4"}),
                    set({"scale_table.loop_order=token_major", "scale_table.word_bytes=8"}),
                    set({"scale_table.range_bytes=1", "scale_table.residency=all_layers"}),
                    set({"arithmetic.quirks=quamba", "arithmetic.softplus=log_exp_plus_1"})));

INSTANTIATE_TEST_SUITE_P(Lookups, GoldenPathMamba2,
                         testing::Values(Words{"--scheme", "quamba2"},
                                         Words{"--scheme", "quamba2-parallel"},
                                         Words{"--scheme", "quamba2-direct"},
                                         Words{"--scheme", "quamba2-code"},
                                         Words{"--scheme", "quamba2-runlength"}));

TEST(GoldenPathGroups, EightSsdGroupsAreEqual) {
    for (const char* phase : {"prefill", "decode"}) {
        expect_equal(mamba2("tiny2-g8", phase, "w8a8"), {}, kTensors);
        expect_equal(mamba2("tiny2-g8", phase, "w4a8"), {}, kTensors);
    }
}

TEST(GoldenPathGroups, EveryGroupingIsEqual) {
    for (const char* phase : {"prefill", "decode"}) {
        const auto grouped = [&](const std::string& scheme, const std::string& groups) {
            Words words = {"--model", "tiny2-g2", "--phase", phase, "--tokens", "6"};
            words.insert(words.end(), {"--scheme", scheme, "--record", "none"});
            if (!groups.empty()) words.insert(words.end(), {"--groups", groups});
            return trace("grouped-" + scheme + groups + phase, words);
        };
        expect_equal(grouped("quamba1", ""), {"--scheme", "quamba1"}, kTensors);
        expect_equal(grouped("quamba2", "2x2"), {"--scheme", "quamba2-lite"}, kTensors);
        expect_equal(grouped("quamba2", "8x8"), {"--scheme", "quamba2-8x8"}, kTensors);
        expect_equal(grouped("quamba2", "per-channel"), {"--scheme", "quamba2-per-channel"},
                     kTensors);
    }
}

TEST(GoldenPathGroups, ARunThatNamesNoSchemeTakesOneWithTheTracesGroups) {
    const std::map<std::string, std::string> schemes = {
        {"2x2", "quamba2-lite"}, {"4x4", "quamba2"}, {"per-channel", "quamba2-per-channel"}};
    for (const auto& [groups, scheme] : schemes) {
        const Folder folder;
        const std::string grouped =
            trace("usual-" + groups,
                  {"--model", "tiny2", "--phase", "prefill", "--tokens", "6", "--groups", groups});
        const Outcome outcome =
            mambasic({"check", "--trace", grouped, "--chip", "tiny", "--out", folder.path("out")});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Json report = Json::parse(read_file(folder.path("out/report.json")));
        EXPECT_EQ(report["provenance"]["scheme"], scheme);
    }
}

// A trace of one scale has one for B, C and the states too; 1x1 groups have more of them.
TEST(GoldenPathGroups, OneGroupIsNotOneScale) {
    const Folder folder;
    const std::string one_group = folder.add("one.yaml",
                                             "name: one\ngroups: 1x1\nlookup: sequential\ncode: "
                                             "int8\nobserver: minmax\nobserves: float\n");
    const Words synth = {"--model", "tiny2", "--phase", "prefill", "--tokens", "6"};
    const auto made = [&](const std::string& name, const Words& more) {
        Words words = synth;
        words.insert(words.end(), more.begin(), more.end());
        return trace(name, words);
    };
    const std::string one_scale = made("one-scale", {"--scheme", "quamba1"});
    const std::string grouped = made("one-group", {"--groups", "1x1"});
    expect_equal(grouped, {"--scheme", one_group}, kTensors);
    for (const Words& other : {Words{one_scale, one_group}, Words{grouped, "quamba1"}}) {
        Words words = {"run", "tiny", "--trace", other[0], "--scheme", other[1], "--quiet"};
        EXPECT_EQ(mambasic(words).status, 2);
        words.emplace_back("--timing-only");
        const Outcome timing = mambasic(words);
        EXPECT_EQ(timing.status, 0) << timing.err;
    }
}

TEST(GoldenPathGroups, LayersThatDifferAreEqual) {
    const Folder folder;
    const std::string hybrid = folder.path("hybrid");
    for (const char* phase : {"prefill", "decode"}) {
        for (const char* precision : {"w8a8", "w4a8"}) {
            const std::string plain = mamba2("tiny2-g2", phase, precision);
            const Outcome made =
                mambasic({"trace", "group", plain, "--scheme", "hybrid", "--out", hybrid});
            ASSERT_EQ(made.status, 0) << made.err;
            expect_equal(hybrid, {}, kTensors);  // the scheme that the trace was made for
            expect_equal(hybrid, {"--against", "recorded"}, kTensors);
            const Outcome other =
                mambasic({"run", "tiny", "--trace", hybrid, "--scheme", "quamba2"});
            EXPECT_EQ(other.status, 2);
            EXPECT_NE(other.err.find("layer 0 has one scale for all channels, but scheme 'quamba2' "
                                     "asks for scales of 4x4 groups; take the scheme it was made"),
                      std::string::npos)
                << other.err;
        }
    }
}

TEST(GoldenPathW4, AMamba1OfFourBitsIsEqual) {
    for (const char* phase : {"prefill", "decode"}) {
        const std::string w4 = trace(std::string("tiny-w4-") + phase,
                                     {"--model", "tiny-128", "--phase", phase, "--tokens", "9",
                                      "--batch", "2", "--precision", "w4a8", "--record", "all"});
        expect_equal(w4, {}, 28);
        expect_equal(w4, set({"gemm.int4_macs_per_mac=2"}), 28);
        expect_equal(w4, {"--against", "recorded"}, 28);
        const std::string note = "note: gemm.int4_macs_per_mac is 2: ";
        for (Words words : {Words{"run", "tiny", "--trace", w4},
                            Words{"check", "--chip", "tiny", "--trace", w4}}) {
            EXPECT_EQ(mambasic(words).out.find(note), std::string::npos);
            words.insert(words.end(), {"--set", "gemm.int4_macs_per_mac=2"});
            EXPECT_NE(mambasic(words).out.find(note), std::string::npos) << words.front();
        }
    }
}

TEST(GoldenPathW4, AChipOfInt8WeightsIsSmallerAndRefusesOthers) {
    const Words shapes = {"--phase", "decode", "--tokens", "2", "--shapes-only"};
    const auto made = [&](const std::string& precision) {
        Words words = {"--model", "tiny-128", "--precision", precision};
        words.insert(words.end(), shapes.begin(), shapes.end());
        return trace("tiny-shapes-" + precision, words);
    };
    const Words int8 = {"--timing-only", "--set", "gemm.int4_weights=false"};
    Words w4 = {"run", "tiny", "--trace", made("w4a8")};
    w4.insert(w4.end(), int8.begin(), int8.end());
    const Outcome refused = mambasic(w4);
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.err, "--set gemm.int4_weights=false: gemm.int4_weights: " + made("w4a8") +
                               " has 4-bit weights, which this chip does not take; write true, or "
                               "take a W8A8 trace\n");
    const auto area = [&](const Words& more) {
        const Folder folder;
        Words words = {"run", "tiny", "--trace", made("w8a8"), "--out", folder.path("")};
        words.insert(words.end(), more.begin(), more.end());
        EXPECT_EQ(mambasic(words).status, 0);
        return Json::parse(read_file(folder.path("report.json")))["totals"]["area_mm2"]["value"]
            .get<double>();
    };
    EXPECT_LT(area(int8), area({"--timing-only"}));
}

TEST(GoldenPathChunked, TheDistanceIsReportedAndAccepted) {
    const std::string prefill = mamba2("tiny2-g2", "prefill", "w8a8");
    const Outcome outcome =
        mambasic({"check", "--trace", prefill, "--chip", "tiny", "--against", "golden-chunked"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("DIFFERENT"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("bits differ on purpose (scan: recurrent, not chunked)"),
              std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("SQNR"), std::string::npos) << outcome.out;
}

TEST(GoldenPathChunked, IsOfMamba2sPrefillOnly) {
    for (const std::string& other : {tiny_prefill(), mamba2("tiny2-g2", "decode", "w8a8")}) {
        const Outcome outcome =
            mambasic({"check", "--trace", other, "--chip", "tiny", "--against", "golden-chunked"});
        EXPECT_EQ(outcome.status, 2);
        EXPECT_NE(outcome.err.find("take golden"), std::string::npos) << outcome.err;
        EXPECT_EQ(outcome.out, "");
    }
}

}  // namespace
}  // namespace mambasic::e2e
