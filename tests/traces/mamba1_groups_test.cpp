// Traces of Mamba1 with a table of scales: typed views, and what is refused.
#include <gtest/gtest.h>

#include "handmade_trace.h"
#include "refusal.h"
#include "traces/describe.h"
#include "traces/layer_groups.h"
#include "traces/trace.h"

namespace mambasic::traces {
namespace {

using test::grouped_mamba1_info;
using test::refusal;
using test::set;
using test::temp_path;
using test::write_trace;

const std::string kMixer = "backbone.layers.1.mixer.";

Trace written(const TraceInfo& info, const test::Spoil& spoil = {}) {
    const std::string path = temp_path("mamba1_groups");
    write_trace(path, info, spoil);
    return Trace::open(path);
}

TraceInfo hybrid_info() {
    TraceInfo info = grouped_mamba1_info();
    set_layer_groups({std::nullopt, GroupShape{1, 3, 2}}, info);
    return info;
}

TEST(Mamba1Groups, AreCountedInHeadsOf16Channels) {
    const Trace trace = written(grouped_mamba1_info());
    EXPECT_EQ(trace.info().scheme, "quamba2");
    EXPECT_EQ(trace.info().groups, (GroupShape{1, 3, 2}));
    EXPECT_EQ(trace.info().dims.table_heads(), 4U);
    const std::vector<std::uint64_t> states{1, 3, 2, 4};
    EXPECT_EQ(trace.find(kMixer + "selective_scan.ssm_state_scale")->shape, states);
}

TEST(Mamba1Groups, TableIsViewedWhereItIsStored) {
    const Trace trace = written(grouped_mamba1_info());
    const Mamba1Layer layer = trace.mamba1_layer(1);
    ASSERT_TRUE(layer.groups.has_value());
    EXPECT_EQ(layer.groups->shape, (GroupShape{1, 3, 2}));
    EXPECT_EQ(layer.groups->state_columns, 4U);
    const auto ints = [&trace](const char* name) {
        return trace.find(kMixer + "conv1d." + name)->as<std::int32_t>();
    };
    EXPECT_EQ(layer.groups->head_end, ints("x_head_group_range"));
    EXPECT_EQ(layer.groups->dim_end, ints("x_dim_group_range"));
    EXPECT_EQ(layer.groups->x_scales, trace.find(kMixer + "conv1d.x_out_scales")->as<float>());
    EXPECT_EQ(layer.groups->state_scales,
              trace.find(kMixer + "selective_scan.ssm_state_scale")->as<float>());
    EXPECT_EQ(layer.conv_output_scale, 0);
    EXPECT_EQ(layer.u_scale, 0);
    EXPECT_EQ(layer.ssm_state_scale, 0);
    EXPECT_EQ(layer.z_scale, 0.25F);
}

TEST(Mamba1Groups, ReplaceTheSingleScales) {
    const Trace trace = written(grouped_mamba1_info());
    for (const char* name : {"conv1d.output_scale", "selective_scan.u_scale"}) {
        EXPECT_EQ(trace.find(kMixer + name), nullptr) << name;
        const Tensor single{kMixer + name, DType::F32, {}, nullptr};
        EXPECT_NE(refusal(grouped_mamba1_info(), {}, {single}).find("not part of a trace with"),
                  std::string::npos)
            << name;
    }
    EXPECT_EQ(trace.find(kMixer + "conv1d.B_out_scales"), nullptr);
}

TEST(Mamba1Groups, HybridLayersHaveATableOrSingleScales) {
    const Trace trace = written(hybrid_info());
    EXPECT_EQ(trace.info().layer_groups, hybrid_info().layer_groups);
    const Mamba1Layer first = trace.mamba1_layer(0);
    EXPECT_FALSE(first.groups.has_value());
    EXPECT_EQ(first.u_scale, 0.25F);
    EXPECT_EQ(first.conv_output_scale, 0.25F);
    EXPECT_EQ(first.ssm_state_scale, 0.25F);
    EXPECT_TRUE(trace.mamba1_layer(1).groups.has_value());
    EXPECT_EQ(trace.find("backbone.layers.0.mixer.conv1d.x_out_scales"), nullptr);
}

std::string shape_refusal(const Dims& dims, const GroupShape& groups) {
    TraceInfo info = grouped_mamba1_info();
    info.shapes_only = true;
    info.dims = dims;
    info.groups = groups;
    return refusal(info);
}

TEST(Mamba1Groups, HaveRoomInTheNetwork) {
    const Dims dims = grouped_mamba1_info().dims;
    EXPECT_EQ(shape_refusal(dims, {1, 4, 16}), "accepted");
    const std::string bounds =
        " is outside [1x1, 4x16], the heads that the channels count as, and the channels of one";
    EXPECT_EQ(shape_refusal(dims, {1, 5, 2}), "metadata 'table_groups': 5x2" + bounds);
    EXPECT_EQ(shape_refusal(dims, {1, 3, 17}), "metadata 'table_groups': 3x17" + bounds);
    EXPECT_EQ(shape_refusal(dims, {1, 0, 2}), "metadata 'table_groups': 0x2" + bounds);
    EXPECT_EQ(shape_refusal({12, 24, 4, 4, 4, 2, 20}, {1, 1, 1}),
              "metadata 'd_inner': 24 is not a multiple of 16, the channels that a table of scales "
              "counts as a head");
}

TEST(Mamba1Groups, OneScaleNeedsNoHeads) {
    TraceInfo info = test::small_info();
    info.shapes_only = true;
    info.dims = {12, 24, 4, 4, 4, 2, 20};
    EXPECT_EQ(refusal(info), "accepted");
}

// What open() says of a shapes-only trace whose metadata has `key` set to `value`.
std::string metadata_refusal(const TraceInfo& of, const std::string& key,
                             const std::string& value) {
    TraceInfo info = of;
    info.shapes_only = true;
    auto metadata = metadata_of(info);
    metadata[key] = value;
    const std::string path = temp_path("spelled1");
    SafetensorsWriter(path, metadata, {}).finish();
    return refusal(path);
}

TEST(Mamba1Groups, MetadataThatContradicts) {
    EXPECT_EQ(metadata_refusal(grouped_mamba1_info(), "scheme", "quamba3"),
              "metadata 'scheme': 'quamba3' is not one of quamba1, quamba2, hybrid");
    EXPECT_EQ(metadata_refusal(grouped_mamba1_info(), "table_groups", "3"),
              "metadata 'table_groups': '3' is not HEADSxDIMS, such as 4x4");
    EXPECT_EQ(metadata_refusal(test::small_info(), "scheme", "quamba2"),
              "metadata 'table_groups': is missing");
    EXPECT_EQ(metadata_refusal(hybrid_info(), "table_groups", "1 one"),
              "metadata 'table_groups': tells of 1 layers, there are 2");
    EXPECT_NE(
        metadata_refusal(hybrid_info(), "table_groups", "1 one, 1 5x2").find("5x2 is outside"),
        std::string::npos);
}

TEST(Mamba1Groups, RangesLeaveNoChannelOut) {
    const std::string heads = kMixer + "conv1d.x_head_group_range";
    const std::string dims = kMixer + "conv1d.x_dim_group_range";
    EXPECT_EQ(
        refusal(grouped_mamba1_info(), set<std::int32_t>(heads, 2, 3)),
        "tensor '" + heads + "': SSD group 0 ends at 3 of 4 heads: channel 48 is in no group");
    EXPECT_EQ(refusal(grouped_mamba1_info(), set<std::int32_t>(heads, 1, 1)),
              "tensor '" + heads +
                  "': SSD group 0: end 1 is 1, not above the one before it: the group is empty");
    // Head group 2 begins at head 2, which is channel 32.
    EXPECT_EQ(refusal(grouped_mamba1_info(), set<std::int32_t>(dims, 5, 15)),
              "tensor '" + dims +
                  "': SSD group 0, head group 2 ends at 15 of 16 channels of a head: channel 47 "
                  "is in no group");
    EXPECT_EQ(
        refusal(grouped_mamba1_info(), set<std::int32_t>(dims, 5, 32)),
        "tensor '" + dims + "': SSD group 0, head group 2 ends at 32 of 16 channels of a head");
    EXPECT_NE(refusal(hybrid_info(), set<std::int32_t>(heads, 1, 1)).find("group is empty"),
              std::string::npos);
}

TEST(Mamba1Groups, ScalesAboveZero) {
    const std::string cells = kMixer + "conv1d.x_out_scales";
    EXPECT_EQ(
        refusal(grouped_mamba1_info(), set(cells, 5, 0.0F)),
        "tensor '" + cells + "': a scale must be finite and > 0 as FP32; element 5 is 0.000000");
    const std::string states = kMixer + "selective_scan.ssm_state_scale";
    EXPECT_EQ(
        refusal(grouped_mamba1_info(), set(states, 23, -1.0F)),
        "tensor '" + states + "': a scale must be finite and > 0 as FP32; element 23 is -1.000000");
}

TEST(Mamba1Groups, AreDescribed) {
    const Trace trace = written(grouped_mamba1_info());
    const auto rows = describe(trace);
    const std::map<std::string, std::string> told(rows.begin(), rows.end());
    EXPECT_EQ(told.at("scheme"), "quamba2");
    EXPECT_EQ(told.at("table_groups"), "3x2");
    EXPECT_EQ(told.at("dt_rank"), "4");
    EXPECT_TRUE(validate(trace).empty());
    std::map<std::string, double> values;
    for (const ScaleRow& row : scales(trace)) {
        if (row.layer == 1) values[row.name] = row.value;
    }
    EXPECT_EQ(values.at("mixer.conv1d.x_out_scales[0,2,1]"), 5.25);
    EXPECT_EQ(values.at("mixer.selective_scan.ssm_state_scale[0,2,1,3]"), 0.25 + 23 % 7);
    EXPECT_EQ(values.count("mixer.selective_scan.u_scale"), 0U);
}

}  // namespace
}  // namespace mambasic::traces
