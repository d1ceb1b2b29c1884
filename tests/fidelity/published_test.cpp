// Chips of the size of two published ones, beside what was published (hw_config/sources/chips.md).
// The factors are ours: what is known of both is not enough for closer ones.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

constexpr double kLayers = 64;

struct Workload {
    std::string model;
    std::string phase;
    unsigned tokens;
    std::string precision;
};

json report(const std::string& chip, const Workload& work, unsigned layers, const Words& settings) {
    const std::string tokens = std::to_string(work.tokens);
    const std::string count = std::to_string(layers);
    const std::string trace = e2e::trace(
        work.model + "-" + work.phase + "-" + tokens + "-" + work.precision + "-" + count,
        {"--model", work.model, "--phase", work.phase, "--tokens", tokens, "--layers", count,
         "--precision", work.precision, "--shapes-only"});
    const e2e::Folder out;
    Words words = {"run",           chip,      "--trace", trace,
                   "--timing-only", "--quiet", "--out",   out.path("report")};
    for (const std::string& setting : settings) {
        words.emplace_back("--set");
        words.push_back(setting);
    }
    const e2e::Outcome run = e2e::mambasic(words);
    if (run.status != 0) throw std::runtime_error(run.err);
    return json::parse(e2e::read_file(out.path("report/report.json")));
}

// All layers are alike, so two more of them cost what any two cost.
double tokens_per_second(const std::string& chip, const Workload& work,
                         const Words& settings = {}) {
    const auto seconds = [&](unsigned layers) {
        return 1e-9 * report(chip, work, layers, settings)["totals"]["time_ns"].get<double>();
    };
    const double one = seconds(1);
    const double each = (seconds(3) - one) / 2;
    return work.tokens / (one + (kLayers - 1) * each);
}

// Weights of the projections and of the head, each read once a token.
constexpr double kMamba2Weights =  // mamba2-2.7b
    kLayers * (2560.0 * (2 * 5120 + 2 * 128 + 80) + 5120.0 * 2560) + 2560.0 * 50288;
constexpr double kMamba2States = kLayers * 5120 * 128 * 2;  // of 8 bits, read and written
constexpr double kMamba1Weights =                           // mamba-2.8b
    kLayers * (2560.0 * 10240 + 5120.0 * (160 + 2 * 16) + 160.0 * 5120 + 5120.0 * 2560) +
    2560.0 * 50280;

struct LightMamba {
    const char* precision;
    double bytes_per_weight;
    double tokens_per_second;  // chips.md 2
};

void PrintTo(const LightMamba& row, std::ostream* out) { *out << row.precision; }

class LightMambaLike : public testing::TestWithParam<LightMamba> {};
INSTANTIATE_TEST_SUITE_P(, LightMambaLike,
                         testing::Values(LightMamba{"w4a8", 0.5, 7.21},
                                         LightMamba{"w8a8", 1, 3.61}),
                         [](const auto& test) { return std::string(test.param.precision); });

constexpr double kLightMambaBandwidth = 12.0e9;

TEST_P(LightMambaLike, DecodesAsFastAsPublished) {
    const Workload decode{"mamba2-2.7b", "decode", 1, GetParam().precision};
    const double ours = tokens_per_second("lightmamba-like", decode);
    const double bytes = kMamba2Weights * GetParam().bytes_per_weight + kMamba2States;
    const double fastest = kLightMambaBandwidth / bytes;
    RecordProperty("tokens_per_second", std::to_string(ours));
    EXPECT_LE(ours, fastest);
    EXPECT_GE(ours, 0.75 * fastest);
    // It streams at 81 % of its memory, ours at 83 to 88 %, and moves states besides its weights.
    EXPECT_LE(ours, 1.2 * GetParam().tokens_per_second);
    EXPECT_GE(ours, GetParam().tokens_per_second / 1.2);
}

TEST(LightMambaLikeArray, TooSmallForItsMemoryDecidesTheSpeed) {
    const Workload decode{"mamba2-2.7b", "decode", 1, "w8a8"};
    const double ours = tokens_per_second(
        "lightmamba-like", decode,
        {"gemm.rows=4", "gemm.cols=4", "gemm.vector_adder_tree_width=4", "gemm.epilogue_lanes=4"});
    constexpr double kMacsPerSecond = 16 * 0.4e9;
    EXPECT_LE(ours, kMacsPerSecond / kMamba2Weights);
    EXPECT_GE(ours, 0.9 * kMacsPerSecond / kMamba2Weights);
}

// Ours at 7 nm, MARCA's 28 nm over 0.16 (chips.md 1).
TEST(MarcaLike, TakesTheAreaPublishedWithinAFactor) {
    const json r = report("marca-like", {"mamba-2.8b", "decode", 1, "w8a8"}, 1, {});
    constexpr double kPublished = 221.88;
    const double ours = r["totals"]["area_mm2"]["value"].get<double>() / 0.16;
    double memories = 0;
    for (const json& block : r["blocks"]) {
        const std::string name = block["name"];
        if (name == "weight_sram" || name == "activation_sram") {
            memories += block["area_mm2"]["value"].get<double>() / 0.16;
        }
    }
    RecordProperty("area_mm2", std::to_string(ours));
    RecordProperty("memories_mm2", std::to_string(memories));
    EXPECT_LE(ours, 1.5 * kPublished);
    EXPECT_GE(ours, kPublished / 1.5);
    EXPECT_LE(memories, 2 * 0.8 * kPublished);  // about 80 % are memory
    EXPECT_GE(memories, 0.8 * kPublished / 2);
}

TEST(MarcaLike, DecodesWithinAFactorOfThePublishedRatio) {
    const double ours = tokens_per_second("marca-like", {"mamba-2.8b", "decode", 1, "w8a8"});
    constexpr double kFastest = 256e9 / kMamba1Weights;
    RecordProperty("tokens_per_second", std::to_string(ours));
    EXPECT_LE(ours, kFastest);
    EXPECT_GE(ours, 0.75 * kFastest);
    // 1.38 times an A100 that decodes 258 tokens/s, which 256 GB/s cannot carry (chips.md 1).
    constexpr double kPublished = 1.38 * 258;
    EXPECT_LE(ours, kPublished);
    EXPECT_GE(ours, kPublished / 5);
}

TEST(MarcaLike, PrefillsNearThePeakOfItsElements) {
    const double ours = tokens_per_second("marca-like", {"mamba-2.8b", "prefill", 256, "w8a8"});
    constexpr double kTokens = 256;
    constexpr double kHead = 2560.0 * 50280;  // runs for the last token only
    constexpr double kMacs = kTokens * (kMamba1Weights - kHead) + kHead;
    constexpr double kFastest = 8192e9 * kTokens / kMacs;
    RecordProperty("tokens_per_second", std::to_string(ours));
    EXPECT_LE(ours, kFastest);
    EXPECT_GE(ours, 0.75 * kFastest);
}

}  // namespace
}  // namespace mambasic
