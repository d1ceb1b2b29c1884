// Traces of Mamba2: typed views, the table of groups, and what is refused.
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "handmade_trace.h"
#include "refusal.h"
#include "traces/describe.h"
#include "traces/trace.h"

namespace mambasic::traces {
namespace {

using test::mamba2_info;
using test::refusal;
using test::set;
using test::small_info;
using test::temp_path;
using test::write_trace;

using Extents = std::vector<std::uint64_t>;

const std::string kMixer = "backbone.layers.1.mixer.";

Trace written(const TraceInfo& info, const test::Spoil& spoil = {}) {
    const std::string path = temp_path("mamba2");
    write_trace(path, info, spoil);
    return Trace::open(path);
}

TEST(Mamba2Trace, MetadataComesBack) {
    const Trace trace = written(mamba2_info());
    const TraceInfo& info = trace.info();
    EXPECT_EQ(info.family, "mamba2");
    EXPECT_TRUE(info.dims.mamba2());
    EXPECT_EQ(info.dims.heads, 8U);
    EXPECT_EQ(info.dims.head_dim, 32U);
    EXPECT_EQ(info.dims.groups, 2U);
    EXPECT_EQ(info.dims.chunk, 8U);
    EXPECT_EQ(info.dims.dt_rank, 0U);
    EXPECT_EQ(info.scheme, "quamba2");
    EXPECT_TRUE((info.groups == GroupShape{2, 3, 2}));
}

TEST(Mamba2Trace, LinearsAreByColumnIn8Bits) {
    const Trace trace = written(mamba2_info(), set(kMixer + "in_proj.a", 0, 0.125F));
    const Mamba2Layer layer = trace.mamba2_layer(1);
    EXPECT_EQ(layer.in_proj.kind, LinearKind::W8Columns);
    EXPECT_EQ(layer.in_proj.n, 256U + 320U + 8U);
    EXPECT_EQ(layer.in_proj.n_padded, 592U);
    EXPECT_EQ(layer.in_proj.k, 128U);
    EXPECT_EQ(layer.in_proj.a, 0.125F);
    EXPECT_EQ(layer.in_proj.column, trace.find(kMixer + "in_proj.b")->as<float>());
    EXPECT_EQ(layer.in_proj.weight, trace.find(kMixer + "in_proj.weight")->as<std::int8_t>());
    EXPECT_EQ(layer.out_proj.kind, LinearKind::W8);
    EXPECT_EQ(layer.out_proj.alpha, 0.25F);
    EXPECT_EQ(layer.out_proj.k, 256U);
}

TEST(Mamba2Trace, EveryScaleFromItsOwnKey) {
    float next = 1;
    std::map<std::string, float> values;
    const Trace trace = written(mamba2_info(), [&](const Tensor& tensor, test::Bytes& bytes) {
        if (tensor.elements() != 1 || tensor.name.rfind(kMixer, 0) != 0) return;
        values[tensor.name.substr(kMixer.size())] = ++next;
        if (tensor.dtype == DType::F32) test::put(bytes, 0, next);
        if (tensor.dtype == DType::F64) test::put(bytes, 0, static_cast<double>(next));
    });
    const Mamba2Layer layer = trace.mamba2_layer(1);
    EXPECT_EQ(layer.conv_x.input_scale, values.at("conv1d.x_scale"));
    EXPECT_EQ(layer.conv_b.input_scale, values.at("conv1d.B_scale"));
    EXPECT_EQ(layer.conv_c.input_scale, values.at("conv1d.C_scale"));
    EXPECT_EQ(layer.conv_x.weight_scale, values.at("conv1d.wx_scale"));
    EXPECT_EQ(layer.conv_b.weight_scale, values.at("conv1d.wB_scale"));
    EXPECT_EQ(layer.conv_c.weight_scale, values.at("conv1d.wC_scale"));
    EXPECT_EQ(layer.conv_x.bias_scale, values.at("conv1d.bx_scale"));
    EXPECT_EQ(layer.conv_b.bias_scale, values.at("conv1d.bB_scale"));
    EXPECT_EQ(layer.conv_c.bias_scale, values.at("conv1d.bC_scale"));
    EXPECT_EQ(layer.a_scale, values.at("qchunk_scan.A_log_scale"));
    EXPECT_EQ(layer.d_scale, values.at("qchunk_scan.D_scale"));
    EXPECT_EQ(layer.dt_scale, values.at("qchunk_scan.dt_scale"));
    EXPECT_EQ(layer.z_scale, values.at("norm.z_scale"));
    EXPECT_EQ(static_cast<float>(layer.had_scale), values.at("had.x_H_scale"));
    EXPECT_EQ(layer.in_proj.a, values.at("in_proj.a"));
    EXPECT_EQ(layer.out_proj.b, values.at("out_proj.b"));
}

TEST(Mamba2Trace, ArraysFromTheirOwnKeys) {
    const Trace trace = written(mamba2_info());
    const Mamba2Layer layer = trace.mamba2_layer(1);
    const auto data = [&trace](const std::string& name) { return trace.find(kMixer + name)->data; };
    const auto same = [](const void* view, const void* stored) { return view == stored; };
    EXPECT_TRUE(same(layer.norm_weight, trace.find("backbone.layers.1.norm.weight")->data));
    EXPECT_TRUE(same(layer.gated_norm_weight, data("norm.weight")));
    EXPECT_TRUE(same(layer.conv_weight, data("conv1d.weight")));
    EXPECT_TRUE(same(layer.conv_bias, data("conv1d.bias")));
    EXPECT_TRUE(same(layer.groups.head_end, data("conv1d.x_head_group_range")));
    EXPECT_TRUE(same(layer.groups.dim_end, data("conv1d.x_dim_group_range")));
    EXPECT_TRUE(same(layer.groups.x_scales, data("conv1d.x_out_scales")));
    EXPECT_TRUE(same(layer.groups.state_scales, data("qchunk_scan.ssm_state_scale")));
    EXPECT_TRUE(same(layer.b_scales, data("conv1d.B_out_scales")));
    EXPECT_TRUE(same(layer.c_scales, data("conv1d.C_out_scales")));
    EXPECT_TRUE(same(layer.dt_bias, data("qchunk_scan.dt_bias")));
    EXPECT_TRUE(same(layer.a_log, data("qchunk_scan.A_log")));
    EXPECT_TRUE(same(layer.d, data("qchunk_scan.D")));
    EXPECT_EQ(layer.groups.state_columns, 16U);
    EXPECT_EQ(layer.bc_scales, 2U);
}

TEST(Mamba2Trace, OneScaleForAllIsATableOfOneCell) {
    const Trace trace = written(mamba2_info("w8a8", "quamba1"));
    EXPECT_EQ(trace.find(kMixer + "conv1d.x_head_group_range"), nullptr);
    const Mamba2Layer layer = trace.mamba2_layer(0);
    EXPECT_EQ(layer.groups.shape.cells(), 1U);
    EXPECT_EQ(layer.groups.head_end[0], 8);
    EXPECT_EQ(layer.groups.dim_end[0], 32);
    EXPECT_EQ(layer.groups.state_columns, 1U);
    EXPECT_EQ(layer.bc_scales, 1U);
    EXPECT_EQ(trace.find(kMixer + "qchunk_scan.ssm_state_scale")->shape, (Extents{1}));
}

TEST(Mamba2Trace, StatesAndRecordedResults) {
    TraceInfo info = mamba2_info();
    info.phase = Phase::Decode;
    const Trace trace = written(info);
    EXPECT_EQ(trace.find("trace.layers.0.conv1d.state_in")->shape, (Extents{2, 320, 4}));
    EXPECT_EQ(trace.find("trace.layers.0.scan.state_in")->shape, (Extents{2, 256, 16}));
    EXPECT_EQ(trace.recorded(1, "in_proj.output")->shape, (Extents{2, 3, 584}));
    EXPECT_EQ(trace.recorded(1, "conv1d.output")->shape, (Extents{2, 3, 320}));
    EXPECT_EQ(trace.recorded(1, "gated_norm.output")->shape, (Extents{2, 3, 256}));
    EXPECT_EQ(trace.recorded(1, "gated_norm.output")->dtype, DType::F16);
    EXPECT_EQ(trace.recorded(1, "scan.carry")->shape, (Extents{2, 256, 16}));
    EXPECT_EQ(trace.recorded(1, "conv1d.state")->shape, (Extents{2, 320, 4}));
    EXPECT_EQ(trace.recorded(1, "x_proj.output"), nullptr);
    EXPECT_EQ(trace.recorded(1, "dt_proj.output"), nullptr);
}

TEST(Mamba2Trace, LayersOfTheOtherFamilyAreAMistake) {
    EXPECT_THROW(written(mamba2_info()).mamba1_layer(0), std::logic_error);
    EXPECT_THROW(written(small_info()).mamba2_layer(0), std::logic_error);
}

std::string dims_refusal(const std::function<void(TraceInfo&)>& change) {
    TraceInfo info = mamba2_info();
    info.shapes_only = true;
    change(info);
    return refusal(info);
}

TEST(Mamba2Trace, DimensionsThatContradict) {
    EXPECT_EQ(dims_refusal([](TraceInfo&) {}), "accepted");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.head_dim = 16; }),
              "metadata 'head_dim': 8 heads of 16 do not make d_inner = 256");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.heads = 7; }),
              "metadata 'head_dim': 7 heads of 32 do not make d_inner = 256");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.heads = 0; }),
              "metadata 'heads': 0 is outside [1, 256]");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.groups = 3; }),
              "metadata 'groups': 3 does not divide heads = 8");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.groups = 0; }),
              "metadata 'groups': 0 is outside [1, 8]");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.dims.chunk = 0; }),
              "metadata 'chunk': 0 is outside [1, 65536]");
    EXPECT_EQ(dims_refusal([](TraceInfo& i) { i.groups.head_groups = 5; }),
              "metadata 'table_groups': 5x2 is outside [1x1, 4x32], the heads of an SSD group and "
              "their channels");
    EXPECT_NE(dims_refusal([](TraceInfo& i) { i.groups.dim_groups = 33; }), "accepted");
    EXPECT_NE(dims_refusal([](TraceInfo& i) { i.groups.dim_groups = 0; }), "accepted");
}

// The header with one piece of text replaced by another of the same length.
std::string edited(const std::string& from, const std::string& to) {
    const std::string path = temp_path("edited2");
    TraceInfo info = mamba2_info();
    info.shapes_only = true;
    write_trace(path, info);
    std::string content = test::read_file(path);
    const std::size_t at = content.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    test::write_file(path, content.replace(at, from.size(), to));
    return refusal(path);
}

TEST(Mamba2Trace, MetadataThatDoesNotParse) {
    EXPECT_EQ(edited("\"table_groups\":\"3x2\"", "\"table_groups\":\"3*2\""),
              "metadata 'table_groups': '3*2' is not HEADSxDIMS, such as 4x4");
    EXPECT_EQ(edited("\"table_groups\":\"3x2\"", "\"table_groups\":\"3x \""),
              "metadata 'table_groups': '3x ' is not HEADSxDIMS, such as 4x4");
    EXPECT_EQ(edited("\"table_groups\"", "\"table_grouqs\""),
              "metadata 'table_groups': is missing");
    EXPECT_EQ(edited("\"heads\"", "\"beads\""), "metadata 'heads': is missing");
    EXPECT_EQ(edited("\"family\":\"mamba2\"", "\"family\":\"mamba3\""),
              "metadata 'family': 'mamba3' is not one of mamba1, mamba2");
    EXPECT_EQ(edited("\"family\":\"mamba2\"", "\"family\":\"mamba1\""),
              "metadata 'dt_rank': is missing");
    EXPECT_EQ(edited("\"precision\":\"w8a8\"", "\"precision\":\"w4a4\""),
              "metadata 'precision': 'w4a4' is not one of w8a8, w4a8");
}

TEST(Mamba2Trace, RangesLeaveNoChannelOut) {
    const std::string heads = kMixer + "conv1d.x_head_group_range";
    const std::string dims = kMixer + "conv1d.x_dim_group_range";
    const TraceInfo info = mamba2_info();
    EXPECT_EQ(
        refusal(info, set<std::int32_t>(heads, 5, 3)),
        "tensor '" + heads + "': SSD group 1 ends at 3 of 4 heads: channel 224 is in no group");
    EXPECT_EQ(refusal(info, set<std::int32_t>(heads, 2, 5)),
              "tensor '" + heads + "': SSD group 0 ends at 5 of 4 heads");
    EXPECT_EQ(refusal(info, set<std::int32_t>(heads, 1, 1)),
              "tensor '" + heads +
                  "': SSD group 0: end 1 is 1, not above the one before it: the group is empty");
    EXPECT_EQ(refusal(info, set<std::int32_t>(heads, 0, 0)),
              "tensor '" + heads +
                  "': SSD group 0: end 0 is 0, not above the one before it: the group is empty");
    EXPECT_NE(refusal(info, set(heads, 0, std::numeric_limits<std::int32_t>::min())), "accepted");
    // SSD group 1, head group 1 begins at head 4 + 1, which is channel 160.
    EXPECT_EQ(refusal(info, set<std::int32_t>(dims, 9, 30)),
              "tensor '" + dims +
                  "': SSD group 1, head group 1 ends at 30 of 32 channels of a head: channel 190 "
                  "is in no group");
    EXPECT_NE(refusal(info, set<std::int32_t>(dims, 8, 32)), "accepted");
    EXPECT_EQ(refusal(info, set<std::int32_t>(dims, 8, 31)), "accepted");
}

TEST(Mamba2Trace, ScalesAboveZero) {
    const TraceInfo info = mamba2_info();
    const std::string cells = kMixer + "conv1d.x_out_scales";
    EXPECT_EQ(
        refusal(info, set(cells, 7, 0.0F)),
        "tensor '" + cells + "': a scale must be finite and > 0 as FP32; element 7 is 0.000000");
    const std::string state = kMixer + "qchunk_scan.ssm_state_scale";
    EXPECT_NE(refusal(info, set(state, 2 * 3 * 2 * 16 - 1, -1.0F)), "accepted");
    EXPECT_NE(refusal(info, set(kMixer + "conv1d.C_out_scales", 1, -0.5F)), "accepted");
    const std::string columns = kMixer + "in_proj.b";
    EXPECT_EQ(refusal(info, set(columns, 583, 0.0F)),
              "tensor '" + columns + "': a scale must be > 0, that of column 583 is 0.000000");
    EXPECT_EQ(refusal(info, set(columns, 584, 0.0F)), "accepted");  // padding
    EXPECT_EQ(refusal(info, set(kMixer + "qchunk_scan.dt_bias", 3, std::uint16_t{0xC000U})),
              "accepted");  // -2 is a bias like any other
    EXPECT_EQ(refusal(info, set(kMixer + "in_proj.weight", 584 * 128, std::int8_t{1})),
              "tensor '" + kMixer + "in_proj.weight': row 584 is padding and must be zero");
}

std::vector<Tensor> copies() {
    const std::string scan = kMixer + "qchunk_scan.";
    return {{scan + "x_scales", DType::F32, {2, 3, 2}, nullptr},
            {scan + "x_head_group_range", DType::I32, {2, 3}, nullptr},
            {scan + "B_scale", DType::F32, {2}, nullptr}};
}

TEST(Mamba2Trace, CopiesMayBeLeftOutAndMustAgree) {
    const TraceInfo info = mamba2_info();
    EXPECT_EQ(refusal(info, {}, copies()), "accepted");
    const std::string scan = kMixer + "qchunk_scan.";
    EXPECT_EQ(refusal(info, set(scan + "x_scales", 11, 99.0F), copies()),
              "tensor '" + scan + "x_scales': differs from '" + kMixer +
                  "conv1d.x_out_scales', of which it is a copy");
    EXPECT_NE(refusal(info, set(scan + "B_scale", 0, 99.0F), copies()), "accepted");
    EXPECT_NE(refusal(info, set<std::int32_t>(scan + "x_head_group_range", 0, 2), copies()),
              "accepted");
    std::vector<Tensor> wrong = copies();
    wrong[2].shape = {1};
    EXPECT_EQ(refusal(info, {}, wrong),
              "tensor '" + scan + "B_scale': is F32 [1], expected F32 [2]");
}

TEST(Mamba2Trace, DescribedByItsOwnDimensions) {
    const auto rows = describe(written(mamba2_info()));
    const std::map<std::string, std::string> told(rows.begin(), rows.end());
    EXPECT_EQ(told.at("heads"), "8");
    EXPECT_EQ(told.at("table_groups"), "3x2");
    EXPECT_EQ(told.count("dt_rank"), 0U);
    EXPECT_EQ(told.count("w4_layout"), 0U);
}

TEST(Mamba2Trace, ScalesAreListedCellByCell) {
    std::map<std::string, double> told;
    for (const ScaleRow& row : scales(written(mamba2_info()))) {
        if (row.layer == 1) told[row.name] = row.value;
    }
    EXPECT_EQ(told.at("mixer.conv1d.x_out_scales[1,2,1]"), 0.25 + 11 % 7);
    EXPECT_EQ(told.at("mixer.conv1d.B_out_scales[0]"), 0.25);
    EXPECT_EQ(told.at("mixer.conv1d.wx_scale"), 0.25);
    EXPECT_EQ(told.at("mixer.qchunk_scan.ssm_state_scale: lowest of 192"), 0.25);
    EXPECT_EQ(told.at("mixer.qchunk_scan.ssm_state_scale: highest of 192"), 6.25);
}

TEST(Mamba2Trace, ValidateRemarksOnInputScales) {
    EXPECT_TRUE(validate(written(mamba2_info())).empty());
    const auto remarks = validate(written(mamba2_info(), set(kMixer + "in_proj.a", 0, 0.5F)));
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_EQ(remarks[0],
              "layer 1: norm.output_scale = 0.25 differs from in_proj's input scale = 0.5; "
              "upstream gives them one observer");
}

}  // namespace
}  // namespace mambasic::traces
