// The keys of a scheme about codes of x and about observers: what each code has, what it refuses.
#include "sim/scheme_code.h"

#include <gtest/gtest.h>

#include "sim/scheme.h"
#include "tests/models/user_error.h"
#include "tests/sim/config_folder.h"
#include "traces/layer_observers.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

using models::user_error;

constexpr const char* kObserver = "observer: minmax\nobserves: float\n";

// One scale; the lines of code and observer begin at line 4.
LayerScheme written(const std::string& code, const std::string& observer = kObserver) {
    const ConfigFolder folder;
    return Scheme::load(folder.write("mine.yaml",
                                     "name: a\ngroups: one\nlookup: register\n" + code + observer))
        .layers.front();
}

std::string why_refused(const std::string& code, const std::string& observer = kObserver) {
    const std::string what = user_error([&] { written(code, observer); });
    const std::size_t file = what.find("mine.yaml");
    return file == std::string::npos ? what : what.substr(file);
}

bool refuses(const std::string& code, const std::string& text,
             const std::string& observer = kObserver) {
    const std::string why = why_refused(code, observer);
    EXPECT_NE(why.find(text), std::string::npos) << why;
    return why.find(text) != std::string::npos;
}

// The chip has the FP32 number: just above 1 is 1, just above 0 is 0.
TEST(SchemeCode, NumbersAreJudgedAsTheChipHoldsThem) {
    EXPECT_TRUE(
        refuses("code: uniform8\nfactor: 1.00000001\n", "factor: must be a number above 1"));
    const std::string four = "code: dual4\nlevels: signed\nflag_rule: overflow\nflags: packed\n";
    EXPECT_TRUE(refuses(four + "quantile: 0.9\nfactor: 1.00000001\n", "a number above 1"));
    EXPECT_TRUE(refuses(four + "quantile: 1e-60\nfactor: 8\n", "quantile: must be above 0"));
    const auto percentile = [](const char* alpha, const char* sigma) {
        return std::string("observer: percentile\nobserves: float\nalpha: ") + alpha +
               "\nsigma: " + sigma + "\n";
    };
    EXPECT_TRUE(refuses("code: int8\n", "alpha: must be above 0", percentile("0", "0.5")));
    EXPECT_EQ(written("code: int8\n", percentile("1", "0")).observer.sigma, 0);
}

TEST(SchemeCode, OurFilesSayWhatTheirNamesDo) {
    const auto code = [](const char* name) {
        return traces::spell(Scheme::load(name).layers.front().x_code);
    };
    EXPECT_EQ(code("quamba2"), "int8");
    EXPECT_EQ(code("outlier-120"), "int8");
    EXPECT_EQ(code("fp32-ssm-input"), "fp32");
    EXPECT_EQ(code("int8-sim"), "int8-sim");
    EXPECT_EQ(code("int5"), "int5");
    EXPECT_EQ(code("rotation-hadamard"), "rotated8-hadamard");
    EXPECT_EQ(code("rotation-dense"), "rotated8-dense");
    EXPECT_EQ(code("se8"), "dual8-x4");
    EXPECT_EQ(code("se8-2025"), "dual8-x2025");
    EXPECT_EQ(code("se8-uniform"), "uniform8-x4");
    EXPECT_EQ(code("w4a5-se"), "dual4-skewed-overflow");
    EXPECT_EQ(code("w4a5-se-signed"), "dual4-signed-overflow");
    EXPECT_EQ(code("w4a5-se-threshold"), "dual4-skewed-threshold");
    EXPECT_EQ(code("w4a5-se-sparse"), "dual4-skewed-overflow-sparse2");
    EXPECT_EQ(code("w4a5-se-4x4"), "dual4-skewed-overflow");
}

TEST(SchemeCode, RotatedChannelsShareAScale) {
    const ConfigFolder folder;
    const std::string file =
        folder.write("mine.yaml",
                     "name: a\ngroups: 2x2\nlookup: direct\ncode: rotated8\nrotation: "
                     "hadamard\n" +
                         std::string(kObserver));
    const std::string why = user_error([&] { Scheme::load(file); });
    EXPECT_NE(why.find("mine.yaml:2:9: groups: must be one where code is rotated8"),
              std::string::npos)
        << why;
}

TEST(SchemeCode, ObserversHaveTheirNumbers) {
    const auto spelled = [](const std::string& code, const std::string& observer) {
        return traces::spell(written(code, observer).observer);
    };
    const std::string int8 = "code: int8\n";
    EXPECT_EQ(spelled(int8, kObserver), "minmax");
    EXPECT_EQ(spelled(int8, "observer: mse\nobserves: codes\n"), "mse-codes");
    EXPECT_EQ(spelled(int8, "observer: percentile\nalpha: 0.9995\nsigma: 0.01\nobserves: float\n"),
              "percentile");
    EXPECT_EQ(spelled(int8, "observer: outlier-aware\nalpha: 0.75\nsigma: 0.5\nobserves: codes\n"),
              "outlier-aware-0.75-0.5-codes");
    const std::string dual4 = "code: dual4\nlevels: signed\nflag_rule: threshold\nflags: packed\n";
    EXPECT_EQ(spelled(dual4 + "quantile: 0.75\nfactor: 8\n", kObserver), "minmax-q0.75-x8");
    EXPECT_EQ(spelled(dual4 + "quantile: 0.75\nfactor: calibrated\n", kObserver), "minmax-q0.75");
    EXPECT_EQ(spelled(dual4, "observer: mse\nobserves: float\n"), "mse");
}

TEST(SchemeCode, WhatACodeNeedsIsAskedFor) {
    const std::string dual4 = "code: dual4\nlevels: skewed\nflag_rule: overflow\n";
    EXPECT_TRUE(refuses("", "needs key 'code'"));
    EXPECT_TRUE(refuses("code: int6\n", "'int6' is not a choice"));
    EXPECT_TRUE(refuses("code: dual8\nflags: packed\n", "needs key 'factor'"));
    EXPECT_TRUE(refuses("code: dual8\nfactor: 4\n", "needs key 'flags'"));
    EXPECT_TRUE(refuses("code: uniform8\n", "needs key 'factor'"));
    EXPECT_TRUE(refuses("code: dual4\n", "needs key 'levels'"));
    EXPECT_TRUE(refuses(dual4 + "factor: 4\nflags: packed\n", "needs key 'quantile'"));
    EXPECT_TRUE(refuses(dual4 + "quantile: 0.9\nflags: packed\n", "needs key 'factor'"));
    EXPECT_TRUE(refuses("code: dual8\nfactor: 4\nflags: sparse\n", "needs key 'sparse_percent'"));
    EXPECT_TRUE(
        refuses("code: int8\n", "needs key 'alpha'", "observer: percentile\nobserves: float\n"));
    EXPECT_TRUE(refuses("code: int8\n", "needs key 'observes'", "observer: minmax\n"));
}

TEST(SchemeCode, WhatACodeHasNotIsRefusedWithTheReason) {
    EXPECT_EQ(why_refused("code: int8\nfactor: 4\n"),
              "mine.yaml:5:9: factor: nothing here reads it; leave it out, or take code dual8 or "
              "uniform8, or dual4 with another observer than mse");
    EXPECT_TRUE(refuses("code: uniform8\nfactor: 4\nflags: packed\n",
                        "6:8: flags: nothing here reads it; leave it out, or take code dual8"));
    EXPECT_TRUE(
        refuses("code: dual8\nfactor: 4\nflags: packed\nsparse_percent: 3\n",
                "sparse_percent: nothing here reads it; leave it out, or take flags: sparse"));
    EXPECT_TRUE(refuses("code: int4\n", "code: there are no 4 bits alone; write dual4"));
    EXPECT_TRUE(refuses("code: int5\nlevels: signed\n", "take code dual4"));
    EXPECT_TRUE(refuses("code: int5\nrotation: dense\n", "take code rotated8"));
    EXPECT_TRUE(refuses("code: rotated8\n", "'rotation'"));
    EXPECT_TRUE(refuses("code: rotated8\nrotation: sparse\n", "hadamard | dense"));
    EXPECT_TRUE(refuses("code: rotated8\nrotation: dense\nflags: packed\n", "take code dual8"));
    EXPECT_TRUE(refuses("code: fp32\nflag_rule: overflow\n", "take code dual4"));
    EXPECT_TRUE(
        refuses("code: dual4\nlevels: signed\nflag_rule: overflow\nflags: packed\n"
                "quantile: 0.9\n",
                "quantile: nothing here reads it", "observer: mse\nobserves: float\n"));
    EXPECT_TRUE(refuses("code: int8\nalpha: 0.9\n",
                        "alpha: nothing here reads it; leave it out, or take observer percentile"));
}

TEST(SchemeCode, NumbersHaveTheirRange) {
    const std::string kRange = "factor: must be a number above 1 and at most 1e6";
    EXPECT_TRUE(refuses("code: dual8\nfactor: 1\nflags: packed\n", kRange));
    EXPECT_TRUE(refuses("code: uniform8\nfactor: 0.5\n", kRange));
    EXPECT_TRUE(refuses("code: uniform8\nfactor: calibrated\n", kRange));
    const std::string dual4 = "code: dual4\nlevels: skewed\nflag_rule: overflow\nflags: packed\n";
    EXPECT_TRUE(refuses(dual4 + "quantile: 0.9\nfactor: much\n",
                        "factor: must be calibrated, or a number above 1"));
    EXPECT_TRUE(refuses(dual4 + "quantile: 0.9\nfactor: 1\n", "a number above 1 and"));
    EXPECT_TRUE(refuses(dual4 + "quantile: 0.9\nfactor: 2e6\n", "factor: must be calibrated, or"));
    EXPECT_TRUE(refuses(dual4 + "quantile: 0\nfactor: 2\n", "quantile: must be above 0"));
    EXPECT_TRUE(refuses("code: dual8\nfactor: 4\nflags: sparse\nsparse_percent: 0\n",
                        "sparse_percent: '0' is outside 1 to 100"));
}

// Half a step above the largest code, over the factor, must round to 1: 127.5 / 255, 7.5 / 15,
// 14.5 / 29.
TEST(SchemeCode, AFactorThatZeroesFlaggedValuesIsWarnedOf) {
    const auto warns = [](const std::string& code) {
        const LayerScheme scheme = written(code);
        return !code_warning(scheme.x_code, scheme.observer).empty();
    };
    EXPECT_FALSE(warns("code: dual8\nfactor: 255\nflags: packed\n"));
    EXPECT_TRUE(warns("code: dual8\nfactor: 255.5\nflags: packed\n"));
    EXPECT_FALSE(warns("code: uniform8\nfactor: 2025\n"));
    const std::string rest = "flag_rule: overflow\nflags: packed\nquantile: 0.9\nfactor: ";
    EXPECT_FALSE(warns("code: dual4\nlevels: signed\n" + rest + "15\n"));
    EXPECT_TRUE(warns("code: dual4\nlevels: signed\n" + rest + "15.5\n"));
    EXPECT_FALSE(warns("code: dual4\nlevels: skewed\n" + rest + "29\n"));
    EXPECT_TRUE(warns("code: dual4\nlevels: skewed\n" + rest + "30\n"));
    EXPECT_FALSE(warns("code: dual4\nlevels: skewed\n" + rest + "calibrated\n"));
}

}  // namespace
}  // namespace mambasic::sim
