// A trace given other scales layer by layer.
#include <gtest/gtest.h>

#include <algorithm>

#include "regrouped.h"
#include "traces/describe.h"
#include "traces/error.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::cells;
using test::kOne;
using test::regrouped;
using test::temp_path;

using Targets = std::vector<TargetScales>;

TEST(RegroupLayers, RecordedIsWhatGoldenGives) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        for (const Targets& targets : {Targets{kOne, cells(4, 4)}, Targets{cells(2, 2), kOne}}) {
            const Trace made = regrouped(captured(Scheme::Quamba2, precision), targets);
            EXPECT_EQ(made.info().scheme, "hybrid");
            EXPECT_EQ(validate(made), (std::vector<std::string>{}));
            test::expect_prefill_is_goldens(made);
            test::expect_decode_is_goldens(
                regrouped(captured(Scheme::Quamba1, precision, Phase::Decode), targets));
        }
    }
}

void expect_same_weights(const Trace& a, const Trace& b, std::uint32_t index) {
    const std::string at = weight_key(a.info(), index, "");
    for (const Tensor& tensor : a.tensors()) {
        if (tensor.name.rfind(at, 0) != 0) continue;
        const Tensor* other = b.find(tensor.name);
        ASSERT_NE(other, nullptr) << tensor.name;
        ASSERT_EQ(tensor.bytes(), other->bytes()) << tensor.name;
        EXPECT_EQ(std::memcmp(tensor.data, other->data, tensor.bytes()), 0) << tensor.name;
    }
}

TEST(RegroupLayers, AFirstLayerIsThatOfTheSchemeForAll) {
    const Trace before = captured(Scheme::Quamba2);
    expect_same_weights(regrouped(before, Targets{kOne, cells(4, 4)}, "hybrid"),
                        regrouped(before, kOne, "one"), 0);
    expect_same_weights(regrouped(before, Targets{cells(3, 5), kOne}, "hybrid"),
                        regrouped(before, cells(3, 5), "all"), 0);
}

TEST(RegroupLayers, AlikeIsNoHybridAndAHybridCanBeLeft) {
    const Trace before = captured(Scheme::Quamba2);
    const Trace alike = regrouped(before, Targets{cells(2, 2), cells(2, 2)}, "alike");
    EXPECT_EQ(alike.info().scheme, "quamba2");
    EXPECT_EQ(alike.info().data_sha256, regrouped(before, cells(2, 2)).info().data_sha256);
    const Trace hybrid = regrouped(before, Targets{kOne, cells(4, 4)}, "hybrid");
    const Trace left = regrouped(hybrid, kOne, "left");
    EXPECT_EQ(left.info().scheme, "quamba1");
    EXPECT_TRUE(left.info().layer_groups.empty());
    test::expect_prefill_is_goldens(left);
    EXPECT_EQ(regrouped(hybrid, Targets{kOne, cells(4, 4)}, "twice").info().data_sha256,
              hybrid.info().data_sha256);
}

TEST(RegroupLayers, WhatMadeTheScalesIsSaidOfEachLayer) {
    const Trace before = captured(Scheme::Quamba2);
    EXPECT_TRUE(before.info().observers.empty());
    TargetScales maximum = kOne;
    maximum.observer = Observer::MinMax;
    const Trace mixed = regrouped(before, Targets{maximum, kOne}, "mixed");
    EXPECT_EQ(mixed.info().observers, (LayerObservers{Observer::MinMax, Observer::Percentile}));
    const auto rows = describe(mixed);
    const std::pair<std::string, std::string> row{"regroup.observer", "1 minmax, 1 percentile"};
    EXPECT_EQ(std::count(rows.begin(), rows.end(), row), 1);
    slice(mixed, 1, 1, temp_path("part"));
    EXPECT_EQ(Trace::open(temp_path("part")).info().observers,
              LayerObservers{Observer::Percentile});
    EXPECT_EQ(regrouped(mixed, cells(4, 4), "again").info().observers,
              (LayerObservers{Observer::MinMax, Observer::MinMax}));
}

TEST(RegroupLayers, ASliceHasTheGroupsOfItsLayers) {
    const Trace hybrid = regrouped(captured(Scheme::Quamba2), Targets{kOne, cells(4, 4)});
    slice(hybrid, 0, 2, temp_path("whole"));
    EXPECT_EQ(Trace::open(temp_path("whole")).info().layer_groups, hybrid.info().layer_groups);
    slice(hybrid, 1, 1, temp_path("part"));
    const Trace part = Trace::open(temp_path("part"));
    EXPECT_EQ(part.info().scheme, "quamba2");
    EXPECT_EQ(part.info().groups, (GroupShape{2, 4, 4}));
    expect_same_weights(part, hybrid, 0);
}

TEST(RegroupLayers, NeedsATargetForEachLayer) {
    const Trace trace = captured(Scheme::Quamba2);
    try {
        regroup(trace, Targets{kOne}, temp_path("refused"));
        FAIL() << "accepted";
    } catch (const TraceError& error) {
        EXPECT_EQ(std::string(error.what()), trace.path() + ": has 2 layers, not 1");
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
