// The words of `mambasic trace group`, on traces of shapes only.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "models/common/error.h"
#include "sim/commands/trace_verbs.h"
#include "traces/error.h"
#include "traces/synth/synthesize.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

std::string temp(const std::string& name) {
    return (fs::temp_directory_path() / (std::to_string(::getpid()) + "_" + name)).string();
}

std::string shapes(bool mamba2, traces::synth::Scheme scheme) {
    const traces::Dims first{96, 192, 16, 4, 16, 2, 256};
    // Two SSD groups of four heads of 32 channels.
    const traces::Dims second{128, 256, 16, 4, 0, 2, 256, traces::Family::Mamba2, 8, 32, 2, 16};
    traces::synth::SynthOptions options =
        traces::synth::default_options("small", mamba2 ? second : first, traces::Phase::Decode);
    options.scheme = scheme;
    if (scheme == traces::synth::Scheme::Quamba2) options.groups = {2, 4, 4};
    options.shapes_only = true;
    traces::synth::synthesize(options, temp("shapes"));
    return temp("shapes");
}

std::string without_groups() { return shapes(true, traces::synth::Scheme::Quamba1); }
std::string with_groups() { return shapes(true, traces::synth::Scheme::Quamba2); }
std::string mamba1() { return shapes(false, traces::synth::Scheme::Quamba1); }

struct Made {
    std::string scheme;
    traces::GroupShape groups;
};

Made grouped(const std::string& source, const std::vector<std::string>& more) {
    const std::string path = temp("grouped");
    std::vector<std::string> words{"trace", "group", source, "--out", path};
    words.insert(words.end(), more.begin(), more.end());
    dispatch({trace_group_verb()}, words);
    const traces::TraceInfo info = traces::Trace::open(path).info();
    fs::remove(path);
    fs::remove(source);
    return {info.scheme, info.groups};
}

TEST(TraceGroup, TheWordsForGroups) {
    const Made usual = grouped(without_groups(), {});
    EXPECT_EQ(usual.scheme, "quamba2");
    EXPECT_EQ(usual.groups, (traces::GroupShape{2, 4, 4}));
    EXPECT_EQ(grouped(with_groups(), {"--groups", "3x2"}).groups, (traces::GroupShape{2, 3, 2}));
    EXPECT_EQ(grouped(with_groups(), {"--groups", "per-channel"}).groups,
              (traces::GroupShape{2, 4, 32}));
    const Made one = grouped(with_groups(), {"--groups", "one"});
    EXPECT_EQ(one.scheme, "quamba1");
    EXPECT_EQ(one.groups, traces::GroupShape{});
}

// 192 channels: 12 heads of 16.
TEST(TraceGroup, AMamba1TraceHasGroupsOfSixteenChannelsAHead) {
    const Made usual = grouped(mamba1(), {});
    EXPECT_EQ(usual.scheme, "quamba2");
    EXPECT_EQ(usual.groups, (traces::GroupShape{1, 4, 4}));
    EXPECT_EQ(grouped(mamba1(), {"--scheme", "quamba2-8x8"}).groups, (traces::GroupShape{1, 8, 8}));
    EXPECT_EQ(grouped(mamba1(), {"--groups", "per-channel"}).groups,
              (traces::GroupShape{1, 12, 16}));
    EXPECT_EQ(grouped(mamba1(), {"--groups", "one", "--observer", "minmax"}).scheme, "quamba1");
}

// The network has two layers: a half is one of them.
TEST(TraceGroup, ASchemeSaysTheGroupsOfEachLayer) {
    const std::string path = temp("hybrid");
    dispatch({trace_group_verb()},
             {"trace", "group", without_groups(), "--scheme", "hybrid", "--out", path});
    const traces::TraceInfo info = traces::Trace::open(path).info();
    EXPECT_EQ(info.scheme, "hybrid");
    EXPECT_EQ(info.table(0), std::nullopt);
    EXPECT_EQ(info.table(1), (traces::GroupShape{2, 4, 4}));
    fs::remove(path);
    fs::remove(temp("shapes"));
    EXPECT_EQ(grouped(with_groups(), {"--scheme", "quamba2-lite"}).groups,
              (traces::GroupShape{2, 2, 2}));
    EXPECT_THROW(grouped(with_groups(), {"--scheme", "hybrid", "--groups", "2x2"}),
                 models::UserError);
    EXPECT_THROW(grouped(with_groups(), {"--scheme", "hybrid", "--observer", "minmax"}),
                 models::UserError);
    EXPECT_THROW(grouped(with_groups(), {"--observer", "maximum"}), models::UserError);
    fs::remove(temp("shapes"));
}

std::string error_of(const std::string& source, const std::string& groups) {
    std::string what = "(no error)";
    try {
        grouped(source, {"--groups", groups});
    } catch (const models::UserError& e) {
        what = e.what();
    } catch (const traces::TraceError& e) {
        what = e.what();
    }
    EXPECT_FALSE(fs::exists(temp("grouped")));
    fs::remove(source);
    return what;
}

TEST(TraceGroup, WrongWordsNameTheRightOnes) {
    EXPECT_EQ(error_of(with_groups(), "4by4"),
              "mambasic trace group: --groups: '4by4' is neither HEADSxDIMS, such as 4x4, nor "
              "per-channel or one");
    EXPECT_EQ(error_of(with_groups(), "0x4"),
              "mambasic trace group: --groups: '0x4' is outside [1x1, 4x32], the heads of an SSD "
              "group and their channels");
    EXPECT_EQ(error_of(with_groups(), "5x4"),
              "mambasic trace group: --groups: '5x4' is outside [1x1, 4x32], the heads of an SSD "
              "group and their channels");
    EXPECT_EQ(error_of(mamba1(), "4x17"),
              "mambasic trace group: --groups: '4x17' is outside [1x1, 12x16], the heads of an SSD "
              "group and their channels");
}

}  // namespace
}  // namespace mambasic::sim
