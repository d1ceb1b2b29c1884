// A rotated x, from words to bits: both rotations, families, phases and fusions give golden's very
// bits, and so does what the trace was recorded with.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

const char* const kRotations[] = {"rotation-hadamard", "rotation-dense"};
const char* const kPhases[] = {"prefill", "decode"};

// Two sequences of 21 tokens, or of 5 steps; two layers of 192 = 12 * 2^4 channels.
std::string plain(const std::string& model, const std::string& phase) {
    const std::string tokens = phase == "prefill" ? "21" : "5";
    return trace("unrotated-" + model + "-" + phase,
                 {"--model", model, "--phase", phase, "--tokens", tokens, "--batch", "2", "--seed",
                  "9", "--outliers", "0.1", "--scheme", "quamba1", "--record", "none"});
}

std::string calibrated(const Folder& folder, const std::string& from, const std::string& scheme) {
    const std::string to = folder.path(scheme + ".safetensors");
    const Outcome made = mambasic({"calibrate", "--trace", from, "--scheme", scheme, "--out", to});
    EXPECT_EQ(made.status, 0) << made.err;
    return to;
}

Json checked(const std::string& trace, const std::string& scheme, const Words& more) {
    const Folder folder;
    Words words = {"check",    "--trace", trace,   "--chip",          "tiny",
                   "--scheme", scheme,    "--out", folder.path("out")};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    return Json::parse(read_file(folder.path("out/report.json")));
}

// As many tensors as without a rotation, and of each of 2 layers what conv1d, rotate and unrotate
// give out.
void expect_equal(const std::string& trace, const std::string& scheme, const Words& more,
                  std::size_t tensors) {
    const Json check = checked(trace, scheme, more)["check"];
    EXPECT_EQ(check["mismatches"], 0);
    EXPECT_EQ(check["tensors"].size(), tensors + 2 * 3);
}

Words set(const Words& settings) {
    Words words;
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
}

class GoldenPathRotation : public testing::TestWithParam<Words> {};

TEST_P(GoldenPathRotation, IsEqual) {
    for (const char* phase : kPhases) {
        for (const char* scheme : kRotations) {
            const Folder folder;
            expect_equal(calibrated(folder, plain("tiny", phase), scheme), scheme, GetParam(), 28);
            expect_equal(calibrated(folder, plain("tiny2-g2", phase), scheme), scheme, GetParam(),
                         26);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Chips, GoldenPathRotation,
                         testing::Values(set({"schedule.fusion=none", "schedule.tile_tokens=4"}),
                                         set({"schedule.fusion=layer", "schedule.tile_tokens=7"}),
                                         set({"dequant_mux.x_proj_input=requantized"}),
                                         set({"rotation.fma_lanes=5",
                                              "rotation.recurrence_ii_cycles=3"})));

// What golden counted of x in a run of its own is what the rotation unit counted.
TEST(Rotation, CountsWhatGoldenCounts) {
    for (const char* phase : kPhases) {
        const Folder folder;
        const std::string trace = calibrated(folder, plain("tiny", phase), kRotations[0]);
        const Json report = checked(trace, kRotations[0], {"--quality"});
        const std::uint64_t rows = phase == std::string("prefill") ? 2 * 21 : 2 * 5;
        EXPECT_EQ(report["quality"]["x"]["elements"], rows * 2 * 192);
        for (const Json& block : report["blocks"]) {
            if (block["name"] != "rotation") continue;
            EXPECT_EQ(block["counts"]["quantize_int8"], rows * 2 * 192);
            EXPECT_EQ(block["counts"].value("saturated", 0U), report["quality"]["x"]["saturated"]);
        }
    }
}

// Which unit works is the scheme's: the blocks' table has it there, and only there.
TEST(Rotation, HasABlockOfItsOwnWhereTheSchemeNeedsIt) {
    const std::string trace = plain("tiny", "prefill");
    const auto has_rotation = [&](const std::string& scheme) {
        const Folder folder;
        const Outcome outcome = mambasic({"run", "--trace", trace, "--chip", "tiny", "--scheme",
                                          scheme, "--timing-only", "--out", folder.path("out")});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Json json = Json::parse(read_file(folder.path("out/report.json")));
        bool block = false;
        bool op = false;
        for (const Json& row : json["blocks"]) block = block || row["name"] == "rotation";
        for (const Json& row : json["ops"]) op = op || row["name"] == "unrotate";
        EXPECT_EQ(block, op);
        return block;
    };
    EXPECT_FALSE(has_rotation("quamba1"));
    EXPECT_TRUE(has_rotation("rotation-hadamard"));
    EXPECT_TRUE(has_rotation("rotation-dense"));
}

TEST(Rotation, RefusesWhatDoesNotFit) {
    const std::string trace = plain("tiny", "prefill");
    const auto why = [](const Words& words) {
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
        return outcome.err;
    };
    const Words run = {"run", "--trace", trace, "--chip", "tiny", "--scheme", "rotation-hadamard"};
    const auto with = [&](const Words& more) {
        Words words = run;
        words.insert(words.end(), more.begin(), more.end());
        return why(words);
    };
    EXPECT_NE(with({}).find("mambasic calibrate --trace"), std::string::npos);
    EXPECT_NE(with({"--timing-only", "--set", "dequant_mux.x_proj_input=codes"})
                  .find("rotates x: its codes are of other numbers"),
              std::string::npos);
}

}  // namespace
}  // namespace mambasic::e2e
