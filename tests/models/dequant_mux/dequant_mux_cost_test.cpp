// What codes of x take in bytes, cycles and gates, counted by hand.
#include "models/dequant_mux/dequant_mux_cost.h"

#include <gtest/gtest.h>

#include "models/conv/conv_cost.h"
#include "models/gemm/gemm_cost.h"
#include "models/ssm/ssd_cost.h"
#include "models/ssm/ssm_cost.h"
#include "tests/models/user_error.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::dual4;
using test::dual8;
using test::plain;
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

const XCode kFour = dual4(false, FlagRule::Overflow);

double part(const AreaParts& area, const std::string& name) {
    for (const LogicPart& p : area.logic) {
        if (p.name == name) return p.count;
    }
    return 0;
}

TEST(DequantMuxConfig, TakesItsThreeKeys) {
    const DequantMuxConfig c = DequantMuxConfig::parse(
        map_of("x_proj_input: requantized\npipeline_cycles: 6\nrequantize_cycles: 9\n"));
    EXPECT_EQ(c.x_proj_input, XProjInput::Requantized);
    EXPECT_EQ(c.pipeline_cycles, 6U);
    EXPECT_EQ(c.requantize_cycles, 9U);
    const std::string refused = user_error([] {
        DequantMuxConfig::parse(
            map_of("x_proj_input: code\npipeline_cycles: 6\nrequantize_cycles: 9\n"));
    });
    EXPECT_NE(refused.find("codes"), std::string::npos) << refused;
}

TEST(DequantMuxCost, DecodingShowsOnceATile) {
    const DequantMuxConfig c{XProjInput::Copy, 6, 9};
    EXPECT_EQ(x_decode_latency(c, {}).count, 0U);
    EXPECT_EQ(x_decode_latency(c, {kFour, false, XProjInput::Copy}).count, 6U);
    EXPECT_EQ(x_decode_latency(c, {plain(XFormat::Uniform8), false, XProjInput::Copy}).count, 0U);
    EXPECT_EQ(x_decode_latency(c, {plain(XFormat::Fp32), false, XProjInput::Copy}).count, 0U);
    EXPECT_EQ(x_proj_latency(c, {kFour, true, XProjInput::Copy}).count, 0U);
    EXPECT_EQ(x_proj_latency(c, {kFour, true, XProjInput::Requantized}).count, 15U);
    EXPECT_EQ(x_proj_latency(c, {kFour, true, XProjInput::Codes}).count, 6U);
    const XUse values{plain(XFormat::Fp32), true, XProjInput::Requantized};
    EXPECT_EQ(x_proj_latency(c, values).count, 9U);
    EXPECT_EQ(x_proj_latency(c, {{}, true, XProjInput::Requantized}).count, 0U);
}

std::uint64_t written(const XCode& code, bool mamba1, XProjInput input) {
    XOutput x;
    x.use = {code, mamba1, input};
    x.channels = 1536;
    return conv_traffic({2, 5, mamba1 ? 1536U : 1792U}, x).activation_write_bytes;
}

TEST(DequantMuxCost, TheConvWritesWordsAndPerhapsACopy) {
    const XProjInput copy = XProjInput::Copy;
    EXPECT_EQ(written({}, true, copy), 10U * 1536);
    EXPECT_EQ(written(kFour, true, copy), 10U * (960 + 1536));
    EXPECT_EQ(written(kFour, true, XProjInput::Codes), 10U * 960);
    EXPECT_EQ(written(kFour, false, copy), 10U * (960 + 256));
    EXPECT_EQ(written(dual8(), false, copy), 10U * (1728 + 256));
    EXPECT_EQ(written(plain(XFormat::Fp32), false, copy), 10U * 4 * 1792);
    EXPECT_EQ(written(plain(XFormat::Fp32), true, copy), 10U * 5 * 1536);
    EXPECT_EQ(written(plain(XFormat::Uniform8), false, copy), 10U * 1792);
}

TEST(DequantMuxCost, TheSsmReadsWholeBlocks) {
    XInput x;
    x.use.code = kFour;
    x.channels = 1536;
    x.first = 96;
    // 96 channels from 96 on lie in two blocks of 40 bytes; dt and z are 96 bytes each.
    EXPECT_EQ(ssm_traffic({1, 10, 96, 16}, x).activation_read_bytes, 10U * (80 + 192 + 32));
    EXPECT_EQ(ssm_traffic({1, 10, 96, 16}).activation_read_bytes, 10U * (96 + 192 + 32));
    const SsdShape heads{1, 10, 2, 48, 128, 32, 2};
    EXPECT_EQ(ssd_traffic(heads, x).activation_read_bytes, 10U * (80 + 2 + 256));
    x.use.code = plain(XFormat::Fp32);
    EXPECT_EQ(ssd_traffic(heads, x).activation_read_bytes, 10U * (4 * 96 + 2 + 4 * 256));
    EXPECT_EQ(ssm_traffic({1, 10, 96, 16}, x).activation_read_bytes, 10U * (384 + 192 + 32));
}

GemmConfig array() {
    GemmConfig c;
    c.rows = 8;
    c.cols = 4;
    c.vector_adder_tree_width = 16;
    c.accumulator_rows = 64;
    c.epilogue_lanes = 2;
    return c;
}

TEST(DequantMuxCost, XProjReadsWordsAndKeepsTwoSums) {
    const GemmShape shape{10, 9, 1536};  // three groups of columns, 192 passes over k
    XInput x;
    x.use = {kFour, true, XProjInput::Codes};
    const auto read = [&] {
        return gemm_traffic(array(), shape, MacMode::Int8, Epilogue::Int8WeightFirst, x)
            .activation_read_bytes;
    };
    const auto sums = [&] {
        return gemm_accumulator_traffic(array(), shape, MacMode::Int8, x).read_bytes;
    };
    EXPECT_EQ(read(), 3U * 10 * 960);
    EXPECT_EQ(sums(), 2U * 4 * 90 * 192);
    x.use.x_proj = XProjInput::Requantized;
    EXPECT_EQ(read(), 3U * 10 * 960);
    EXPECT_EQ(sums(), 4U * 90 * 192);
    x.use.x_proj = XProjInput::Copy;
    EXPECT_EQ(read(), 3U * 10 * 1536);
    x.use = {plain(XFormat::Fp32), true, XProjInput::Requantized};
    EXPECT_EQ(read(), 3U * 10 * 6144);
    const GemmShape row{1, 9, 1536};  // two lanes of 16: five groups
    EXPECT_EQ(
        gemm_traffic(array(), row, MacMode::Int8, Epilogue::Int8Alpha, x).activation_read_bytes,
        5U * 6144);
}

TEST(DequantMuxCost, AChipHasThePartsThatItsSchemeNeeds) {
    ConvConfig conv;
    conv.lanes = 10;
    const NonlinearConfig units;
    EXPECT_TRUE(x_quantizer_area(conv, {{}}).logic.empty());
    EXPECT_TRUE(x_quantizer_area(conv, {}).logic.empty());
    const AreaParts four = x_quantizer_area(conv, {{}, {kFour, false, XProjInput::Copy}});
    EXPECT_EQ(part(four, "further dividers"), 10);
    EXPECT_EQ(part(four, "further quantizers"), 10);
    EXPECT_EQ(part(four, "packers"), 10);
    EXPECT_EQ(part(four, "code selection"), 80);
    EXPECT_EQ(part(four, "further scales"), 320);
    EXPECT_EQ(part(four, "threshold comparators"), 0);
    const XUse copied{dual4(false, FlagRule::Threshold), true, XProjInput::Copy};
    const AreaParts all = x_quantizer_area(conv, {copied});
    EXPECT_EQ(part(all, "further dividers"), 20);
    EXPECT_EQ(part(all, "further scales"), 960);
    EXPECT_EQ(part(all, "threshold comparators"), 10);
    const XUse five{plain(XFormat::Int5), false, XProjInput::Copy};
    EXPECT_EQ(part(x_quantizer_area(conv, {five}), "further dividers"), 0);
    EXPECT_EQ(part(x_quantizer_area(conv, {five}), "packers"), 10);
    const XUse sim{plain(XFormat::Int8Sim), false, XProjInput::Copy};
    EXPECT_EQ(part(x_quantizer_area(conv, {sim}), "code multipliers"), 10);
    const XUse values{plain(XFormat::Fp32), false, XProjInput::Copy};
    EXPECT_TRUE(x_quantizer_area(conv, {values}).logic.empty());
    EXPECT_EQ(part(conv_area(conv, units, {values}), "output dividers"), 0);
    EXPECT_EQ(part(conv_area(conv, units, {values, five}), "output dividers"), 10);
    EXPECT_EQ(part(conv_area(conv, units), "output dividers"), 10);
}

TEST(DequantMuxCost, TheSsmHasAMultiplexerALane) {
    SsmConfig ssm;
    ssm.channel_lanes = 6;
    EXPECT_TRUE(x_decoder_area(ssm, {{}}).logic.empty());
    const AreaParts dual = x_decoder_area(ssm, {{kFour, false, XProjInput::Copy}});
    EXPECT_EQ(part(dual, "unpackers"), 6);
    EXPECT_EQ(part(dual, "scale multiplexers"), 192);
    EXPECT_EQ(part(dual, "high scales"), 192);
    const AreaParts five = x_decoder_area(ssm, {{plain(XFormat::Int5), false, XProjInput::Copy}});
    EXPECT_EQ(part(five, "unpackers"), 6);
    EXPECT_EQ(part(five, "scale multiplexers"), 0);
}

TEST(DequantMuxCost, XProjHasRequantizersOrSecondSums) {
    GemmConfig c = array();
    EXPECT_TRUE(x_proj_area(c, {{kFour, true, XProjInput::Copy}}).logic.empty());
    EXPECT_TRUE(x_proj_area(c, {{kFour, false, XProjInput::Codes}}).logic.empty()) << "Mamba2";
    const AreaParts made = x_proj_area(c, {{kFour, true, XProjInput::Requantized}});
    EXPECT_EQ(part(made, "requantizer dividers"), 16) << "the one-row mode takes 16 a cycle";
    EXPECT_EQ(part(made, "requantizer multipliers"), 16);
    EXPECT_EQ(part(made, "requantizer scale multiplexers"), 512);
    const AreaParts codes = x_proj_area(c, {{kFour, true, XProjInput::Codes}});
    EXPECT_EQ(part(codes, "second sums"), 32 * 32);
    EXPECT_EQ(part(codes, "sum selection"), 64 * 32);
    EXPECT_EQ(part(codes, "second accumulator adders"), 4);
    EXPECT_EQ(part(codes, "second adder trees"), 2 * 15);
    EXPECT_EQ(part(codes, "ratio multipliers"), 2);
    EXPECT_EQ(part(codes, "ratio fma"), 2);
    ASSERT_EQ(codes.memory.size(), 1U);
    EXPECT_EQ(codes.memory[0].kib_per_bank, gemm_accumulators(c).kib_per_bank);
    const XUse five{plain(XFormat::Int5), true, XProjInput::Codes};
    EXPECT_EQ(part(x_proj_area(c, {five}), "second sums"), 0);
    EXPECT_EQ(part(x_proj_area(c, {five}), "ratio multipliers"), 2);
    c.dataflow = Dataflow::OutputStationary;
    c.one_row = OneRowMode::Systolic;
    const AreaParts inside = x_proj_area(c, {{kFour, true, XProjInput::Codes}});
    EXPECT_EQ(part(inside, "second sums"), 2 * 32 * 32) << "one of them drains";
    EXPECT_TRUE(inside.memory.empty());
    EXPECT_EQ(part(inside, "x_proj unpackers"), 8);
}

}  // namespace
}  // namespace mambasic::models
