#include "sim/scheme.h"

#include <gtest/gtest.h>

#include "tests/models/user_error.h"
#include "tests/sim/config_folder.h"

namespace mambasic::sim {
namespace {

using models::user_error;

TEST(Scheme, Quamba1) {
    std::vector<models::KeyDoc> docs;
    const Scheme scheme = Scheme::load("quamba1", &docs);
    EXPECT_EQ(scheme.name, "quamba1");
    ASSERT_EQ(scheme.layers.size(), 1U);
    EXPECT_EQ(scheme.layers[0].name, "quamba1");
    EXPECT_EQ(scheme.layers[0].first_layer(24), 0U);
    EXPECT_EQ(scheme.sha256.size(), 64U);
    // name, groups, lookup, observer, alpha, sigma, observes, code
    EXPECT_EQ(docs.size(), 8U);
    EXPECT_EQ(user_error([] { Scheme::load("quamba"); })
                  .rfind("quamba: no such scheme file or name, did you mean 'quamba1'? mambasic "
                         "explain schemes lists ",
                         0),
              0U);
    const ConfigFolder folder;
    const std::string other = folder.write(
        "other.yaml", "name: mine\ngroups: 4x4\nlookup: sequental\nobserver: minmax\n");
    EXPECT_NE(user_error([&] { Scheme::load(other); }).find("did you mean 'sequential'?"),
              std::string::npos);
}

TEST(Scheme, EveryFileOfOursHasUpstreamsObserverUnlessItsNameSaysOtherwise) {
    using traces::Observer;
    const auto observer = [](const char* name) {
        return Scheme::load(name).layers[0].observer.observer;
    };
    EXPECT_EQ(observer("quamba1"), Observer::Percentile);
    EXPECT_EQ(observer("quamba1-minmax"), Observer::MinMax);
    EXPECT_EQ(observer("quamba2-percentile"), Observer::Percentile);
    for (const char* name :
         {"quamba2", "quamba2-8x8", "quamba2-code", "quamba2-direct", "quamba2-lite",
          "quamba2-parallel", "quamba2-per-channel", "quamba2-runlength"}) {
        EXPECT_EQ(observer(name), Observer::MinMax) << name;
    }
    const Scheme hybrid = Scheme::load("hybrid");
    EXPECT_EQ(hybrid.layers[0].observer.observer, Observer::Percentile);
    EXPECT_EQ(hybrid.layers[1].observer.observer, Observer::MinMax);
    for (const char* name : {"quamba1", "fp32-ssm-input", "int8-sim", "se8"}) {
        EXPECT_EQ(Scheme::load(name).layers[0].observer, traces::Observation()) << name;
    }
}

const std::string kMinMax = "observer: minmax\nobserves: float\ncode: int8\n";
const std::string kPercentile =
    "observer: percentile\nalpha: 0.9995\nsigma: 0.01\nobserves: float\ncode: int8\n";

// A scheme of all layers, line by line.
Scheme written(const std::string& name, const std::string& groups, const std::string& rest) {
    const ConfigFolder folder;
    return Scheme::load(folder.write(
        "mine.yaml", "name: " + name + "\ngroups: " + groups + "\nlookup: code\n" + rest));
}

std::string why_refused(const std::string& name, const std::string& groups,
                        const std::string& rest = kMinMax) {
    const std::string what = user_error([&] { written(name, groups, rest); });
    const std::size_t file = what.find("mine.yaml");
    return file == std::string::npos ? what : what.substr(file);
}

TEST(Scheme, TheObserverIsAskedForAndChangesTheHash) {
    EXPECT_EQ(
        why_refused("a", "2x2", "").rfind("mine.yaml:1:1: the document needs key 'observer'", 0),
        0U);
    EXPECT_NE(why_refused("a", "2x2", "observer: percentil\n").find("did you mean 'percentile'?"),
              std::string::npos);
    EXPECT_NE(written("a", "2x2", kMinMax).sha256, written("a", "2x2", kPercentile).sha256);
}

TEST(Scheme, NamesCanStandInALineWithCommas) {
    const std::string why = ": name: must be one line without commas, which stand between names";
    EXPECT_EQ(why_refused("\"a,b\"", "2x2"), "mine.yaml:1:7" + why);
    EXPECT_EQ(why_refused("\"a\\nb\"", "2x2"), "mine.yaml:1:7" + why);
    EXPECT_EQ(why_refused("\"a\\tb\"", "2x2"), "mine.yaml:1:7" + why);
    EXPECT_EQ(written("a b", "2x2", kMinMax).name, "a b");
    const ConfigFolder folder;
    const std::string hybrid = folder.write(
        "mine.yaml", "name: \"a,b\"\nlayers:\n  0: {name: a, groups: one, lookup: register}\n");
    EXPECT_NE(user_error([&] { Scheme::load(hybrid); }).find("mine.yaml:1:7" + why),
              std::string::npos);
}

TEST(Scheme, GroupsAreTwoCounts) {
    const Scheme scheme = written("a", "12x03", kMinMax);
    EXPECT_EQ(scheme.layers[0].head_groups, 12U);
    EXPECT_EQ(scheme.layers[0].dim_groups, 3U);
    for (const char* groups :
         {"0x4", "4x0", "4", "x4", "4x", "4x4x4", "-1x4", "4 x 4", "4X4", "99999999999x4"}) {
        EXPECT_EQ(why_refused("a", groups),
                  "mine.yaml:2:9: groups: must be one, channel, or two counts as in 4x4")
            << groups;
    }
}

TEST(Scheme, HybridBeginsItsSecondSchemeInTheMiddle) {
    const Scheme scheme = Scheme::load("hybrid");
    ASSERT_EQ(scheme.layers.size(), 2U);
    EXPECT_EQ(scheme.layers[0].groups, GroupsOf::One);
    EXPECT_EQ(scheme.layers[0].first_layer(24), 0U);
    EXPECT_EQ(scheme.layers[1].name, "quamba2");
    EXPECT_EQ(scheme.layers[1].groups, GroupsOf::Counted);
    EXPECT_EQ(scheme.layers[1].dim_groups, 4U);
    EXPECT_EQ(scheme.layers[1].first_layer(24), 12U);
    EXPECT_EQ(scheme.layers[1].first_layer(5), 2U);
}

const std::string kRest = ", code: int8, observer: minmax, observes: float}\n";
const std::string kOne = "{name: a, groups: one, lookup: register" + kRest;
const std::string kThird = "{name: c, groups: 2x3, lookup: code" + kRest;
const std::string kGroups = "{name: b, groups: 2x3, lookup: code" + kRest;

Scheme loaded(const std::string& layers) {
    const ConfigFolder folder;
    return Scheme::load(folder.write("mine.yaml", "name: mine\nlayers:\n" + layers));
}

TEST(Scheme, LayersByNumber) {
    const Scheme scheme = loaded("  0: " + kGroups + "  7: " + kOne + "  9: " + kThird);
    ASSERT_EQ(scheme.layers.size(), 3U);
    EXPECT_EQ(scheme.name, "mine");
    EXPECT_EQ(scheme.layers[0].head_groups, 2U);
    EXPECT_EQ(scheme.layers[1].first_layer(24), 7U);
    EXPECT_EQ(scheme.layers[2].first_layer(24), 9U);
    EXPECT_NE(scheme.sha256, loaded("  0: " + kGroups + "  8: " + kOne + "  9: " + kThird).sha256);
}

TEST(Scheme, SixteenChannelsOfAMamba1CountAsAHead) {
    traces::Dims dims{96, 192, 16, 4, 6, 2, 256};
    EXPECT_EQ(group_shape(Scheme::load("quamba2").layers[0], dims), (traces::GroupShape{1, 4, 4}));
    EXPECT_EQ(group_shape(Scheme::load("quamba2-per-channel").layers[0], dims),
              (traces::GroupShape{1, 12, 16}));
    EXPECT_EQ(group_shape(Scheme::load("quamba1").layers[0], dims), traces::GroupShape{});
    const auto many = [&](const std::string& text) {
        const ConfigFolder folder;
        const std::string rest =
            "lookup: sequential\nobserver: minmax\nobserves: float\ncode: int8\n";
        const std::string file = "name: a\ngroups: " + text + "\n" + rest;
        const Scheme scheme = Scheme::load(folder.write("mine.yaml", file));
        const std::string what = user_error([&] { group_shape(scheme.layers[0], dims); });
        return what.substr(what.find("mine.yaml"));
    };
    EXPECT_EQ(many("13x4"),
              "mine.yaml:2:9: groups: the network has 12 heads of 16 channels in an SSD group, not "
              "13 x 4 groups of them; write 12x4");
    dims.d_inner = 24;
    EXPECT_EQ(many("4x4"),
              "mine.yaml:2:9: groups: 16 channels count as a head, but the network's 24 are not "
              "whole heads; write one");
}

TEST(Scheme, APartOfAHybridSaysWhereItsGroupsStand) {
    const ConfigFolder folder;
    const Scheme scheme = Scheme::load(
        folder.write("mine.yaml", "name: mine\nlayers:\n  0: " + kOne + "  7: " + kGroups));
    EXPECT_NE(scheme.layers[0].at.groups.find("mine.yaml:3:"), std::string::npos);
    EXPECT_NE(scheme.layers[1].at.groups.find(": layers.7.groups: "), std::string::npos);
}

TEST(Scheme, LayersThatMakeNoSenseAreRefused) {
    const auto refused = [](const std::string& layers) {
        const std::string what = user_error([&] { loaded(layers); });
        return what.substr(what.find("mine.yaml"));
    };
    EXPECT_EQ(refused("  1: " + kOne),
              "mine.yaml:3:3: layers.1: the first layers have no scheme; begin with 0 or 0%");
    EXPECT_EQ(refused("  0: " + kOne + "  50%: " + kGroups),
              "mine.yaml:4:3: layers.50%: all of these are layers, or all are hundredths");
    EXPECT_EQ(refused("  0%: " + kOne + "  50%: " + kGroups + "  40%: " + kThird),
              "mine.yaml:5:3: layers.40%: must be above the one before it");
    for (const char* first : {"-1", "100%", "07", "half", "\"\""}) {
        EXPECT_NE(refused("  0%: " + kOne + "  " + first + ": " + kGroups)
                      .find("must be the number of a layer"),
                  std::string::npos)
            << first;
    }
    EXPECT_EQ(refused("  0: " + kOne + "  3: " + kGroups + "  5: " + kOne),
              "mine.yaml:5:13: layers.5.name: 'a' is another part's name; take a new one");
    EXPECT_NE(refused("  {}\n").find(": layers: names no layers"), std::string::npos);
    EXPECT_NE(refused("  0: {name: a, groups: one, lookup: code}\n").find("must be register"),
              std::string::npos);
    EXPECT_NE(refused("  0: {name: a, groups: one, lookup: register, more: 1" + kRest)
                  .find("unknown key 'more'"),
              std::string::npos);
    EXPECT_NE(refused("  0: " + kOne + "groups: one\n").find("unknown key 'groups'"),
              std::string::npos);
}

}  // namespace
}  // namespace mambasic::sim
