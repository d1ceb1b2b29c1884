// Mamba1 with a table of scales, from words to bits: every chip, lookup and grouping gives golden's
// very bits.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

const char* const kPhases[] = {"prefill", "decode"};

// Two sequences of 21 tokens, or of 5 steps; two layers of 12 heads of 16 channels, or of 16 in
// 4 bits, whose widths are multiples of 128.
std::string plain(const std::string& phase, const std::string& precision) {
    const std::string tokens = phase == "prefill" ? "21" : "5";
    const std::string model = precision == "w4a8" ? "tiny-128" : "tiny";
    return trace("one-scale-" + phase + "-" + precision,
                 {"--model", model, "--phase", phase, "--tokens", tokens, "--batch", "2", "--seed",
                  "7", "--precision", precision});
}

/// With these groups in its two layers, of any size.
std::string grouped(const Folder& folder, const std::string& phase, const std::string& precision,
                    const Words& groups) {
    Words words = {plain(phase, precision), folder.path("grouped")};
    words.insert(words.end(), groups.begin(), groups.end());
    const Outcome made = mambasic_from({MAMBASIC_MAKE_GROUPED_TRACE, ".", {}}, words);
    EXPECT_EQ(made.status, 0) << made.err;
    return words[1];
}

// 12 tensors of each of 2 layers, the embedding, and 3 of the head.
void expect_equal(const std::string& trace, const Words& more) {
    const Folder folder;
    Words words = {"check", "--trace", trace, "--chip", "tiny", "--out", folder.path("out")};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    const Json check = Json::parse(read_file(folder.path("out/report.json")))["check"];
    EXPECT_EQ(check["mismatches"], 0);
    EXPECT_EQ(check["tensors"].size(), 28U);
}

class GoldenPathMamba1Groups : public testing::TestWithParam<Words> {};

TEST_P(GoldenPathMamba1Groups, AreEqual) {
    for (const char* phase : kPhases) {
        for (const char* precision : {"w8a8", "w4a8"}) {
            const Folder folder;
            expect_equal(grouped(folder, phase, precision, {"4x4", "4x4"}), GetParam());
        }
    }
}

Words set(const Words& settings) {
    Words words;
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
}

INSTANTIATE_TEST_SUITE_P(
    Chips, GoldenPathMamba1Groups,
    testing::Values(set({"schedule.fusion=none", "schedule.tile_tokens=1"}),
                    set({"schedule.fusion=none", "schedule.tile_tokens=4"}),
                    set({"schedule.fusion=layer", "schedule.tile_tokens=7"}),
                    set({"schedule.fusion=layer", "schedule.tile_tokens=21"}),
                    set({"ssm.state_residency=spilled"}), set({"ssm.state_store_kib=4"}),
                    // The states of 8 channels are computed together: half a head.
                    set({"ssm.state_store_kib=1"}),
                    set({"scale_table.loop_order=token_major", "scale_table.word_bytes=8"}),
                    set({"scale_table.range_bytes=1", "scale_table.residency=all_layers"})));

INSTANTIATE_TEST_SUITE_P(Lookups, GoldenPathMamba1Groups,
                         testing::Values(Words{"--scheme", "quamba2"},
                                         Words{"--scheme", "quamba2-parallel"},
                                         Words{"--scheme", "quamba2-direct"},
                                         Words{"--scheme", "quamba2-code"},
                                         Words{"--scheme", "quamba2-runlength"}));

TEST(GoldenPathMamba1, EveryGroupingIsEqual) {
    const std::map<std::string, std::string> schemes = {
        {"2x2", "quamba2-lite"}, {"8x8", "quamba2-8x8"}, {"12x16", "quamba2-per-channel"}};
    for (const char* phase : kPhases) {
        for (const auto& [groups, scheme] : schemes) {
            const Folder folder;
            const std::string trace = grouped(folder, phase, "w8a8", {groups, groups});
            expect_equal(trace, {"--scheme", scheme});
            expect_equal(trace, {"--scheme", scheme, "--set", "schedule.fusion=none"});
        }
    }
}

TEST(GoldenPathMamba1, LayersThatDifferAreEqual) {
    for (const char* phase : kPhases) {
        for (const char* precision : {"w8a8", "w4a8"}) {
            const Folder folder;
            const std::string trace = grouped(folder, phase, precision, {"one", "4x4"});
            expect_equal(trace, {"--scheme", "hybrid"});
            const Outcome other =
                mambasic({"run", "tiny", "--trace", trace, "--scheme", "quamba1", "--quiet"});
            EXPECT_EQ(other.status, 2);
            EXPECT_NE(other.err.find("layer 1 has scales of 4x4 groups, but scheme 'quamba1' asks "
                                     "for one scale for all channels"),
                      std::string::npos)
                << other.err;
        }
    }
}

// Groups that fit the data: channels move, and x_proj takes their scales in.
TEST(GoldenPathMamba1, ACalibratedTableIsEqual) {
    const Folder folder;
    const std::string made = folder.path("made");
    for (const char* phase : kPhases) {
        for (const char* precision : {"w8a8", "w4a8"}) {
            for (const char* scheme : {"quamba2", "quamba2-per-channel", "hybrid"}) {
                const Outcome outcome = mambasic(
                    {"trace", "group", plain(phase, precision), "--scheme", scheme, "--out", made});
                ASSERT_EQ(outcome.status, 0) << outcome.err;
                expect_equal(made, {"--scheme", scheme});
                expect_equal(made, {});  // the scheme that the trace was made for
            }
        }
    }
}

// Time needs no scales: a trace of one scale shows what groups would take.
TEST(GoldenPathMamba1, ATimingOnlyRunTakesAnyScheme) {
    const Folder folder;
    const auto report_of = [&folder](const std::string& trace, const std::string& out) {
        const Outcome outcome = mambasic({"run", "tiny", "--trace", trace, "--scheme", "quamba2",
                                          "--timing-only", "--out", folder.path(out)});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return Json::parse(read_file(folder.path(out + "/report.json")));
    };
    const Json one = report_of(plain("prefill", "w8a8"), "one");
    // 2 x 192 channels in each of the conv's and the scan's tiles, of which there are several.
    EXPECT_GE(one["lookup"]["lookups"], 2 * 2 * 192);
    // 4 + 16 ends and 16 scales of 4 bytes, 16 scales for each of the 16 cells, in 2 layers.
    EXPECT_EQ(one["lookup"]["table_bytes"]["ranges"], 2 * 4 * 20);
    EXPECT_EQ(one["lookup"]["table_bytes"]["scales"], 2 * 4 * 16);
    EXPECT_EQ(one["lookup"]["table_bytes"]["state_scales"], 2 * 4 * 16 * 16);
    const Json same = report_of(grouped(folder, "prefill", "w8a8", {"4x4", "4x4"}), "same");
    EXPECT_EQ(one["totals"]["dram_read_bytes"], same["totals"]["dram_read_bytes"]);
}

}  // namespace
}  // namespace mambasic::e2e
