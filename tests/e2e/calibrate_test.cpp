// mambasic calibrate, and what trace synth makes for it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/codes_case.h"
#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

TEST(Calibrate, OfOneTraceIsTraceGroup) {
    const Folder folder;
    const std::string one =
        calibrated(folder, "one", {"--trace", grouped_prefill(), "--scheme", "quamba2"});
    const std::string grouped = folder.path("grouped");
    ASSERT_EQ(
        mambasic({"trace", "group", grouped_prefill(), "--scheme", "quamba2", "--out", grouped})
            .status,
        0);
    EXPECT_TRUE(read_file(one) == read_file(grouped));
}

TEST(Calibrate, EndsWithCommandsThatRun) {
    const Folder folder;
    const std::string file = folder.path("made");
    const Outcome made = mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "w4a5-se",
                                   "--set", "scheme.factor=8", "--out", file});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_TRUE(has(made.out,
                    "x as dual4-skewed-overflow, scales of percentile-codes-q0.99-x8 on "
                    "2 sequences\n"))
        << made.out;
    std::size_t commands = 0;
    for (const std::string& line : lines_of(made.out)) {
        if (line.rfind("  mambasic ", 0) != 0) continue;
        const std::string command = line.substr(11, line.find("   ", 11) - 11);
        Words words(1);
        for (const char c : command)
            c == ' ' ? void(words.emplace_back()) : void(words.back() += c);
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << line << outcome.err;
        EXPECT_FALSE(has(outcome.out, "note: scheme")) << "not the scales that were asked for";
        ++commands;
    }
    EXPECT_EQ(commands, 3U);
}

TEST(Calibrate, ASettingIsNeededWhereTheScalesAreUsed) {
    const Folder folder;
    const std::string eight = calibrated(
        folder, "eight",
        {"--trace", tiny_prefill(), "--scheme", "w4a5-se", "--set", "scheme.levels=signed"});
    const Outcome without = mambasic({"run", "tiny", "--trace", eight, "--scheme", "w4a5-se"});
    EXPECT_EQ(without.status, 2);
    EXPECT_TRUE(has(without.err, "dual4-signed-overflow")) << without.err;
    const Outcome with = mambasic({"check", "--chip", "tiny", "--trace", eight, "--scheme",
                                   "w4a5-se", "--set", "scheme.levels=signed"});
    EXPECT_EQ(with.status, 0) << with.err;
    EXPECT_TRUE(has(with.out, "with --set scheme.levels=signed\n")) << with.out;
}

// What no shipped scheme codes so would run as something that it is not.
TEST(Calibrate, ATraceOfNoShippedSchemeIsRunByItsOwnOnly) {
    const Folder folder;
    const Words scheme = {"--scheme", "w4a5-se-sparse", "--set", "scheme.sparse_percent=7"};
    Words calibration = {"--trace", tiny_prefill()};
    calibration.insert(calibration.end(), scheme.begin(), scheme.end());
    const std::string made = calibrated(folder, "sparse", calibration);
    for (Words words : {Words{"run", "tiny", "--trace", made}, Words{"check", "--trace", made}}) {
        const Outcome without = mambasic(words);
        EXPECT_EQ(without.status, 2);
        EXPECT_TRUE(has(without.err, "name the one that it was made for with --scheme"))
            << without.err;
        words.insert(words.end(), scheme.begin(), scheme.end());
        EXPECT_EQ(mambasic(words).status, 0) << words.front();
    }
}

// Another prompt of the same network is another sample; another network is none.
TEST(Calibrate, TakesSeveralTracesOfOneNetwork) {
    const Folder folder;
    const auto sliced = [&](const std::string& name, const std::string& layers) {
        const std::string file = folder.path(name);
        EXPECT_EQ(
            mambasic({"trace", "slice", tiny_prefill(), "--layers", layers, "--out", file}).status,
            0);
        return file;
    };
    const std::string twice = calibrated(
        folder, "twice",
        {"--trace", tiny_prefill(), "--trace", sliced("same", "0:2"), "--scheme", "int5"});
    const std::string once =
        calibrated(folder, "once", {"--trace", tiny_prefill(), "--scheme", "int5"});
    EXPECT_FALSE(read_file(twice) == read_file(once)) << "the percentile's moving average";
    const std::string part = sliced("part", "1:2");
    const Outcome refused = mambasic({"calibrate", "--trace", tiny_prefill(), "--trace", part,
                                      "--scheme", "int5", "--out", folder.path("no")});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(lines_of(refused.err).size(), 1U) << refused.err;
    EXPECT_TRUE(has(refused.err, part)) << refused.err;
    const Words entries = folder.entries();
    EXPECT_EQ(std::count(entries.begin(), entries.end(), "no"), 0);
}

std::string tiny_sample(const Folder& folder, const std::string& name, Words more) {
    const std::string file = folder.path(name);
    more.insert(more.begin(), {"trace", "synth", "--model", "tiny", "--phase", "prefill",
                               "--tokens", "12", "--out", file});
    EXPECT_EQ(mambasic(more).status, 0);
    return file;
}

TEST(Calibrate, TakesSamplesAndTellsWhyATraceIsNone) {
    const Folder folder;
    const std::string first = tiny_sample(folder, "first", {});
    const std::string made = folder.path("made");
    const auto with = [&](const std::string& other) {
        return Words{"calibrate", "--trace", first,   "--trace", other,
                     "--scheme",  "int5",    "--out", made};
    };
    const Outcome both = mambasic(with(tiny_sample(folder, "second", {"--sample", "1"})));
    EXPECT_EQ(both.status, 0) << both.err;
    EXPECT_TRUE(has(both.out, " on 2 sequences\n")) << both.out;
    const std::string seed = only_line(with(tiny_sample(folder, "seed", {"--seed", "5"})));
    EXPECT_TRUE(has(seed, "synth.seed is 5, not 0: another seed makes another model")) << seed;
    const std::string batch = only_line(with(tiny_sample(folder, "batch", {"--batch", "2"})));
    EXPECT_TRUE(has(batch, "synthetic ones with all options but --sample alike")) << batch;
}

TEST(Calibrate, AShareOfLessThanOneValueIsRefused) {
    const Folder folder;
    const std::string out = folder.path("made");
    const auto with = [&](const std::string& scheme, const std::string& setting) {
        return Words{"calibrate", "--trace", tiny_prefill(), "--scheme", scheme,
                     "--set",     setting,   "--out",        out};
    };
    // 2 sequences of 21 tokens of 192 channels; alpha is taken of each sequence.
    EXPECT_TRUE(has(only_line(with("w4a5-se", "scheme.quantile=0.0001")), " of 8,064 values "));
    EXPECT_TRUE(has(only_line(with("quamba1", "scheme.alpha=1e-44")), " of 4,032 values "));
    EXPECT_TRUE(folder.entries().empty());
    EXPECT_EQ(mambasic(with("w4a5-se", "scheme.quantile=0.0003")).status, 0);
    const Outcome all = mambasic(with("w4a5-se", "scheme.quantile=0.999999999"));
    EXPECT_TRUE(has(all.out, "note: scheme w4a5-se: quantile 1 is the largest value")) << all.out;
}

TEST(TraceSynth, RefusalsNameWhatWasGiven) {
    const Folder folder;
    const std::string out = folder.path("made");
    std::string wrong = read_file(std::string(MAMBASIC_SOURCE) + "/traces/networks/tiny.yaml");
    wrong.replace(wrong.find("d_inner: 192"), 12, "d_inner: 100");
    const std::string network = folder.add("wrong.yaml", wrong);
    const auto with = [&](const std::string& model, const Words& more) {
        Words words = {"trace", "synth", "--model", model, "--phase", "prefill", "--out", out};
        words.insert(words.end(), more.begin(), more.end());
        return only_line(words);
    };
    EXPECT_TRUE(has(with("tiny", {"--tokens", "16777217"}),
                    "--tokens: '16777217' must be an integer from 1 to 16777216"));
    EXPECT_TRUE(has(with("tiny", {"--tokens", "16777216", "--batch", "5"}),
                    "--tokens: batch * tokens exceeds 2^26"));
    const std::string d_inner = with(network, {"--tokens", "4"});
    EXPECT_EQ(d_inner.rfind(network + ":", 0), 0U) << d_inner;
    EXPECT_TRUE(has(d_inner, ": d_inner: 100 is not 2 * d_model = 192\n")) << d_inner;
    EXPECT_TRUE(has(with("tiny", {"--tokens", "4", "--precision", "w4a8"}),
                    "--model: 'tiny': d_model 96 is not a multiple of 128"));
    EXPECT_TRUE(has(with("tiny", {"--tokens", "4", "--scheme", "w4a5-se"}),
                    "not with 'w4a5-se'; mambasic calibrate --scheme then gives it"));
}

TEST(Calibrate, ASettingThatLeavesAKeyWithoutAReaderIsNamed) {
    const Folder folder;
    const std::string made = folder.path("made.safetensors");
    const Outcome outcome = mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "w4a5-se",
                                      "--set", "scheme.observer=mse", "--out", made});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_TRUE(has(outcome.err, "leaves out: alpha, sigma, quantile, factor\n")) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "scales of mse-codes on ")) << outcome.out;
}

}  // namespace
}  // namespace mambasic::e2e
