// Traces whose layers have different groups.
#include <gtest/gtest.h>

#include "handmade_trace.h"
#include "refusal.h"
#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/metadata.h"

namespace mambasic::traces {
namespace {

using test::refusal;
using test::temp_path;
using test::write_trace;

constexpr std::nullopt_t kOne = std::nullopt;

TEST(LayerGroups, AreSpelledAsRunsOfLayers) {
    const LayerGroups groups{kOne, kOne, GroupShape{2, 4, 3}, kOne, GroupShape{2, 1, 1}};
    EXPECT_EQ(spell_layer_groups(groups), "2 one, 1 4x3, 1 one, 1 1x1");
    LayerGroups read;
    ASSERT_TRUE(read_layer_groups("2 one, 1 4x3, 1 one, 1 1x1", 2, read));
    EXPECT_EQ(read, groups);
}

TEST(LayerGroups, WrongSpellingsAreRefused) {
    for (const char* text : {"", "one", "4x4", "2 one,", ",2 one", "2 one,, 1 4x4", "2  one",
                             "2 two", "-1 one", "0 one", "1 4x", "1 4x4x4", "1025 one",
                             "1000 one, 25 4x4", "99999999999 one", "1 one 4x4"}) {
        LayerGroups read;
        EXPECT_FALSE(read_layer_groups(text, 1, read)) << text;
    }
    LayerGroups most;
    EXPECT_TRUE(read_layer_groups("1000 one, 24 4x4", 1, most));
    EXPECT_EQ(most.size(), 1024U);
}

TEST(LayerGroups, MakeAHybridOnlyWhereTheyDiffer) {
    TraceInfo info;
    set_layer_groups({kOne, GroupShape{1, 1, 1}}, info);
    EXPECT_EQ(info.scheme, "hybrid");
    EXPECT_EQ(info.layer_groups.size(), 2U);
    EXPECT_EQ(info.groups, GroupShape{});
    set_layer_groups({GroupShape{2, 4, 4}, GroupShape{2, 4, 4}}, info);
    EXPECT_EQ(info.scheme, "quamba2");
    EXPECT_EQ(info.groups, (GroupShape{2, 4, 4}));
    EXPECT_TRUE(info.layer_groups.empty());
    set_layer_groups({kOne}, info);
    EXPECT_EQ(info.scheme, "quamba1");
    EXPECT_EQ(info.groups, GroupShape{});
}

// handmade_trace.h fills ranges that are right for 3x2 groups.
TraceInfo hybrid_info() {
    TraceInfo info = test::mamba2_info("w8a8", "quamba1");
    set_layer_groups({kOne, GroupShape{2, 3, 2}}, info);
    return info;
}

TEST(HybridTrace, LayersHaveTheirOwnTables) {
    const std::string path = temp_path("hybrid");
    write_trace(path, hybrid_info());
    const Trace trace = Trace::open(path);
    EXPECT_EQ(trace.info().scheme, "hybrid");
    EXPECT_EQ(trace.info().layer_groups, hybrid_info().layer_groups);
    EXPECT_EQ(trace.info().table(0), kOne);
    EXPECT_EQ(trace.info().table(1), (GroupShape{2, 3, 2}));
    const Mamba2Layer first = trace.mamba2_layer(0);
    EXPECT_EQ(first.groups.shape, GroupShape{});
    EXPECT_EQ(first.groups.state_columns, 1U);
    EXPECT_EQ(first.bc_scales, 1U);
    EXPECT_EQ(*first.groups.head_end, 8);
    EXPECT_EQ(*first.groups.dim_end, 32);
    const Mamba2Layer second = trace.mamba2_layer(1);
    EXPECT_EQ(second.groups.shape, (GroupShape{2, 3, 2}));
    EXPECT_EQ(second.groups.state_columns, 16U);
    EXPECT_EQ(second.bc_scales, 2U);
    const std::string conv = ".mixer.conv1d.";
    EXPECT_EQ(trace.find("backbone.layers.0" + conv + "x_head_group_range"), nullptr);
    EXPECT_EQ(trace.find("backbone.layers.0" + conv + "x_out_scales")->shape,
              (std::vector<std::uint64_t>{1}));
    EXPECT_EQ(trace.find("backbone.layers.1" + conv + "x_out_scales")->shape,
              (std::vector<std::uint64_t>{2, 3, 2}));
    EXPECT_EQ(second.groups.head_end,
              trace.find("backbone.layers.1" + conv + "x_head_group_range")->as<std::int32_t>());
}

TEST(HybridTrace, TablesAreCheckedInTheLayersThatHaveThem) {
    EXPECT_EQ(refusal(hybrid_info()), "accepted");
    const std::string range = "backbone.layers.1.mixer.conv1d.x_head_group_range";
    EXPECT_NE(refusal(hybrid_info(), test::set<std::int32_t>(range, 1, 1)).find("group is empty"),
              std::string::npos);
}

// What open() says of a shapes-only trace whose metadata spells its groups so.
std::string refused_groups(const std::string& spelled, std::uint32_t layers = 2) {
    TraceInfo info = hybrid_info();
    info.shapes_only = true;
    info.layers = layers;
    auto metadata = metadata_of(info);
    metadata["table_groups"] = spelled;
    const std::string path = temp_path("spelled");
    SafetensorsWriter(path, metadata, {}).finish();
    return refusal(path);
}

TEST(HybridTrace, GroupsThatContradict) {
    EXPECT_EQ(refused_groups("1 one, 1 3x2"), "accepted");
    EXPECT_EQ(refused_groups("1 one"), "metadata 'table_groups': tells of 1 layers, there are 2");
    EXPECT_EQ(refused_groups("2 one, 1 3x2"),
              "metadata 'table_groups': tells of 3 layers, there are 2");
    EXPECT_EQ(refused_groups("4x4"),
              "metadata 'table_groups': '4x4' is not LAYERS GROUPS, ..., such as 12 one, 12 4x4");
    EXPECT_EQ(refused_groups("1 one, 1 5x2"),
              "metadata 'table_groups': 5x2 is outside [1x1, 4x32], the heads of an SSD group and "
              "their channels");
}

TraceInfo with_observers(const std::string& spelled) {
    auto metadata = metadata_of(hybrid_info());
    metadata["regroup.observer"] = spelled;
    metadata["data_sha256"] = std::string(64, '0');
    return parse_info("t", metadata);
}

TEST(Observers, AreTheUsualWhereNothingIsSaid) {
    EXPECT_EQ(hybrid_info().observer(0), Observer::Percentile);
    EXPECT_EQ(hybrid_info().observer(1), Observer::MinMax);
    EXPECT_EQ(metadata_of(hybrid_info()).count("regroup.observer"), 0U);
}

TEST(Observers, AreReadAsTheyAreSpelled) {
    constexpr Observer kMaxima = Observer::MinMax, kQuantiles = Observer::Percentile;
    EXPECT_EQ(with_observers("minmax").observers, (LayerObservers{kMaxima, kMaxima}));
    EXPECT_EQ(with_observers("2 percentile").observers, (LayerObservers{kQuantiles, kQuantiles}));
    const TraceInfo mixed = with_observers("1 minmax, 1 percentile");
    EXPECT_EQ(mixed.observers, (LayerObservers{kMaxima, kQuantiles}));
    EXPECT_EQ(mixed.observer(1), kQuantiles);
    EXPECT_EQ(mixed.notes.count("regroup.observer"), 0U);
    EXPECT_EQ(metadata_of(mixed).at("regroup.observer"), "1 minmax, 1 percentile");
    EXPECT_EQ(metadata_of(with_observers("2 percentile")).at("regroup.observer"), "percentile");
}

TEST(Observers, WrongSpellingsAreRefused) {
    for (const char* text : {"", "maximum", "minmax,percentile", "1 minmax", "3 minmax", "2 mean",
                             "1 minmax, percentile", "1025 minmax"}) {
        try {
            with_observers(text);
            ADD_FAILURE() << text;
        } catch (const TraceError& error) {
            EXPECT_EQ(error.what(), "t: metadata 'regroup.observer': '" + std::string(text) +
                                        "' is not minmax, percentile, mse, ... or, for all of 2 "
                                        "layers, as in 12 percentile, 12 minmax");
        }
    }
}

}  // namespace
}  // namespace mambasic::traces
