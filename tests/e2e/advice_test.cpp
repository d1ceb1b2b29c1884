// What the program advises is true: whoever follows it gets what it promised.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

// tiny, in bytes: a layer's norm, in_proj, conv1d, x_proj, dt_proj, scan and out_proj; what the
// head has; the rows of 2 x 21 tokens.
constexpr std::uint64_t kLayer =
    96 * 2 + 384 * 96 + 192 * 5 + 48 * 192 + 192 * 16 + (192 * 16 + 2 * 192) + 96 * 192;
constexpr std::uint64_t kHead = 96 * 2 + 256 * 96;
constexpr std::uint64_t kRows = 2 * 21 * (96 + 2);

Json report(const std::string& trace, const Words& overrides) {
    const Folder folder;
    Words words = {"run", "tiny", "--trace", trace, "--out", folder.path(""), "--timing-only"};
    for (const std::string& setting : overrides) words.insert(words.end(), {"--set", setting});
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const Json json = Json::parse(read_file(folder.path("report.json")));
    for (const std::string note : json["notes"]) {
        EXPECT_NE(outcome.out.find("  note: " + note + "\n"), std::string::npos) << note;
    }
    return json;
}

std::string weight_note(const Json& json) {
    for (const std::string note : json["notes"]) {
        if (note.find("weights") != std::string::npos) return note;
    }
    return "";
}

std::uint64_t weights_read(const Json& json) {
    return json["dram"]["by_kind"]["weights"]["read_bytes"];
}

// "raise a.b to 72 and a.c to 5" gives a.b=72 and a.c=5.
Words advised(const std::string& note) {
    Words settings;
    std::istringstream words(note.substr(note.find("raise ")));
    std::string key, to, value;
    for (std::string word; words >> word;) {
        words >> key >> to >> value;
        settings.push_back(key + "=" + value);
    }
    return settings;
}

class WeightNote : public testing::TestWithParam<Words> {};

TEST_P(WeightNote, WhoFollowsItReadsEveryWeightOnce) {
    const Json before = report(tiny_prefill(), GetParam());
    const std::string note = weight_note(before);
    ASSERT_NE(note.find("raise weight_sram.capacity_kib to "), std::string::npos) << note;
    const double times = static_cast<double>(weights_read(before) - kHead - kRows) / (2 * kLayer);
    std::istringstream words(note);
    std::string layers, read, their, weights;
    double said = 0;
    words >> layers >> read >> their >> weights >> said;
    EXPECT_NEAR(said, times, 0.005) << note;  // it says two decimals

    Words settings = GetParam();
    for (const std::string& setting : advised(note)) settings.push_back(setting);
    const Json after = report(tiny_prefill(), settings);
    EXPECT_EQ(weights_read(after), 2 * kLayer + kHead + kRows);
    EXPECT_EQ(weight_note(after), "");
}

INSTANTIATE_TEST_SUITE_P(Chips, WeightNote,
                         testing::Values(Words{}, Words{"schedule.tile_tokens=4"},
                                         Words{"schedule.fusion=none",
                                               "weight_sram.capacity_kib=16"}));

TEST(WeightNotes, NothingIsSaidWhereWeightsAreReadOnce) {
    EXPECT_EQ(weight_note(report(tiny_prefill(), {"weight_sram.capacity_kib=128"})), "");
    EXPECT_EQ(weight_note(report(tiny_decode(), {})), "");  // each step has to
}

// The network has two layers; hybrid gives the first quamba1 and the second quamba2.
TEST(HybridNotes, PartsThatNoLayerMetAreNamed) {
    const std::string shapes = trace("hybrid-shapes", {"--model", "tiny2", "--phase", "prefill",
                                                       "--tokens", "4", "--shapes-only"});
    const auto note = [&](const Words& more) {
        Words words = {"run", "tiny", "--trace", shapes, "--scheme", "hybrid", "--timing-only"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const std::string begin = "  note: scheme hybrid: of the network's 2 layers, ";
        const std::size_t at = outcome.out.find(begin);
        if (at == std::string::npos) return std::string();
        const std::size_t rest = at + begin.size();
        return outcome.out.substr(rest, outcome.out.find('\n', rest) - rest);
    };
    EXPECT_EQ(note({}), "");
    EXPECT_EQ(note({"--layers", "0:1"}),
              "0 to 0 ran; none of them has its part quamba2 (from layer 1 on)");
    EXPECT_EQ(note({"--layers", "1:2"}),
              "1 to 1 ran; none of them has its part quamba1 (from layer 0 on)");
    const Outcome compare = mambasic({"compare", "tiny", "--trace", shapes, "--schemes",
                                      "quamba1,hybrid", "--timing-only", "--layers", "0:1"});
    EXPECT_NE(compare.out.find("  note: scheme hybrid: of the network's 2 layers, 0 to 0 "),
              std::string::npos)
        << compare.out;
}

// Layer 0 alone, cut off: check says what run says.
TEST(HybridNotes, CheckSaysThemToo) {
    const Folder folder;
    const std::string whole = trace("hybrid-whole", {"--model", "tiny2", "--phase", "prefill",
                                                     "--tokens", "4", "--scheme", "quamba1"});
    const std::string first = folder.path("first.safetensors");
    ASSERT_EQ(mambasic({"trace", "slice", whole, "--layers", "0:1", "--out", first}).status, 0);
    const std::string note =
        "  note: scheme hybrid: of the network's 2 layers, 0 to 0 ran; none of them has its part "
        "quamba2 (from layer 1 on)\n";
    for (const Words& words : {Words{"run", "tiny"}, Words{"check", "--chip", "tiny"}}) {
        Words all = words;
        all.insert(all.end(), {"--trace", first, "--scheme", "hybrid"});
        const Outcome outcome = mambasic(all);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_NE(outcome.out.find(note), std::string::npos) << outcome.out;
    }
}

// What `run` and `check` say of a scheme's observer: on the terminal and in report.json, the same.
std::string observer_note(const std::string& trace, const Words& more) {
    std::string said;
    for (const Words& words : {Words{"run", "tiny"}, Words{"check", "--chip", "tiny"}}) {
        const Folder folder;
        Words all = words;
        all.insert(all.end(), {"--trace", trace, "--out", folder.path("")});
        all.insert(all.end(), more.begin(), more.end());
        const Outcome outcome = mambasic(all);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Json json = Json::parse(read_file(folder.path("report.json")));
        std::string note;
        for (const std::string each : json["notes"]) {
            if (each.find("asks for") != std::string::npos) note = each;
        }
        const bool told = outcome.out.find("  note: " + note + "\n") != std::string::npos;
        EXPECT_EQ(told, !note.empty()) << outcome.out;
        if (words[0] == "check") {
            EXPECT_EQ(note, said);
        }
        said = note;
    }
    return said;
}

TEST(ObserverNotes, AnotherObserverThanTheTracesIsTold) {
    const Folder folder;
    const std::string whole =
        trace("observer-whole", {"--model", "tiny2", "--phase", "prefill", "--tokens", "4"});
    const std::string made = folder.path("made.safetensors");
    const auto regroup = [&](const std::string& scheme) {
        EXPECT_EQ(mambasic({"trace", "group", whole, "--scheme", scheme, "--out", made}).status, 0);
    };
    const std::string end = "; the trace's own scales ran, calibrate makes others";
    EXPECT_EQ(observer_note(whole, {}), "");
    EXPECT_EQ(
        observer_note(whole, {"--scheme", "quamba2-percentile"}),
        "scheme quamba2-percentile: asks for percentile scales, but those of 2 of the 2 layers "
        "that ran are of minmax" +
            end);
    regroup("quamba2-percentile");
    EXPECT_EQ(observer_note(made, {"--scheme", "quamba2-percentile"}), "");
    EXPECT_EQ(observer_note(made, {}), "") << "the usual scheme is the one it was made for";
    EXPECT_EQ(observer_note(made, {"--scheme", "quamba2"}),
              "scheme quamba2: asks for minmax scales, but those of 2 of the 2 layers that ran are "
              "of percentile" +
                  end);
    const std::string mine =
        folder.add("mine.yaml",
                   "name: mine\nlayers:\n  0: {name: a, groups: one, lookup: register, code: int8, "
                   "observer: percentile, "
                   "alpha: 0.9995, sigma: 0.01, observes: float}\n"
                   "  1: {name: b, groups: 4x4, lookup: code, code: int8, observer: percentile, "
                   "alpha: 0.9995, sigma: 0.01, observes: float}\n");
    regroup("hybrid");
    EXPECT_EQ(
        observer_note(made, {"--scheme", mine}),
        "scheme mine: asks for percentile scales, but those of 1 of the 2 layers that ran are "
        "of minmax" +
            end);
    const Outcome timing =
        mambasic({"run", "tiny", "--trace", made, "--scheme", mine, "--timing-only"});
    EXPECT_EQ(timing.out.find("asks for"), std::string::npos) << "no scale ran";
}

std::string advised_chip(const std::string& model, const Start& start) {
    const Folder folder;
    const std::string path = folder.path("t.safetensors");
    const Outcome made =
        mambasic_from(start, {"trace", "synth", "--model", model, "--phase", "prefill", "--tokens",
                              "4", "--shapes-only", "--out", path});
    EXPECT_EQ(made.status, 0) << made.err;
    std::istringstream last(lines_of(made.out).back());
    Words words;
    for (std::string word; last >> word;) words.push_back(word);
    if (words.size() != 6 || words[0] != "mambasic") {
        ADD_FAILURE() << made.out;
        return "";
    }
    Words command(words.begin() + 1, words.end());
    command.insert(command.end(), {"--set", "dram.model=stream"});  // 84 million bursts by banks
    const Outcome run = mambasic_from(start, command);
    EXPECT_EQ(run.status, 0) << run.err;
    return words[2];
}

TEST(AdvisedChip, IsLargeEnoughForTheWeights) {
    const Start here = {MAMBASIC_BINARY, ".", {}};
    EXPECT_EQ(advised_chip("tiny", here), "edge-32x32");
    EXPECT_EQ(advised_chip("mamba-130m", here), "edge-32x32");
    EXPECT_EQ(advised_chip("mamba-2.8b", here), "server-128x128");
}

TEST(AdvisedChip, DependsOnTheChipsThatAreThere) {
    namespace fs = std::filesystem;
    const Folder folder;
    fs::copy(MAMBASIC_SOURCE "/hw_config", folder.path("hw_config"), fs::copy_options::recursive);
    fs::create_directories(folder.path("traces"));
    fs::copy(MAMBASIC_SOURCE "/traces/networks", folder.path("traces/networks"));
    const Start start = {MAMBASIC_BINARY, ".", {{"MAMBASIC_HOME", folder.path("")}}};
    // A layer of mamba-2.8b has 39.3 MiB: 5 MiB are more than an eighth of it, 4 MiB less.
    const auto add = [&](const char* kib) {
        folder.add("hw_config/chips/middle.yaml",
                   "extends: ../base.yaml\nweight_sram: {capacity_kib: " + std::string(kib) +
                       ", banks: 80}\n");
    };
    add("5120");
    EXPECT_EQ(advised_chip("mamba-2.8b", start), "middle");
    add("4080");
    EXPECT_EQ(advised_chip("mamba-2.8b", start), "server-128x128");
    folder.add("hw_config/chips/middle.yaml", "gemm: [");  // no reason to refuse the trace
    EXPECT_EQ(advised_chip("mamba-2.8b", start), "server-128x128");
}

}  // namespace
}  // namespace mambasic::e2e
