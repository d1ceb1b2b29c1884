// Blocks with a scale table where x is not int8: each asks for its words of a cell, works with what
// it got, and waits for what decodes.
#include <gtest/gtest.h>

#include "models/conv/conv.h"
#include "models/conv/conv_cost.h"
#include "models/dma/dma.h"
#include "models/gemm/gemm.h"
#include "models/gemm/gemm_cost.h"
#include "models/ssm/ssd_cost.h"
#include "models/ssm/ssm.h"
#include "models/ssm/ssm_cost.h"
#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/stream_memory.h"
#include "tests/models/function_test_support.h"
#include "tests/models/scale_table/random_table.h"
#include "tests/models/ssm/small_core.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::Program;
using test::wide_sram;
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

constexpr std::uint64_t kTokens = 4;
constexpr std::uint64_t kStates = 16;
constexpr std::uint64_t kChannels = 64;  // four heads of 16 in 2 x 4 cells
const DequantMuxConfig kDequant{XProjInput::Copy, 7, 5};

ScaleTableShape table_shape(const XUse& use) {
    return {LookupKind::Direct, 1, 2, 4, 4, 16, 0, 0, kStates, table_columns(use)};
}

struct Bench {
    Bench(const XUse& asked, BlockId block)
        : use(asked), program({test::compute(0, block)}), table(table_shape(use), 7) {
        test::Random random(9);
        const std::size_t cells = table.x.size();
        low = random.floats(cells, 0.05F, 0.2F);
        high = random.floats(cells, 0.3F, 0.9F);
        threshold = random.floats(cells, 0.3F, 1.4F);
        ScaleTableSource source = table.source();
        source.x_low = low.data();
        source.x_high = high.data();
        source.x_threshold = threshold.data();
        image = std::make_shared<ScaleTableImage>(
            scale_table_build(test::base_table(), table.shape, source));
        stride = x_row_bytes(use.code, kChannels);
        words.assign(kTokens * stride, 0xA5);
        load.dram(dram);
        for (std::uint32_t c = 0; c < kChannels; ++c) {
            cells_of.push_back(table.cell(c));
            int8_of.push_back(table.x[table.cell(c)]);
            low_of.push_back(low[table.cell(c)]);
            high_of.push_back(high[table.cell(c)]);
            threshold_of.push_back(threshold[table.cell(c)]);
        }
    }

    WorkerPorts ports() { return {program.dispatch, weights, activations}; }
    XScaleRow by_hand() const {
        const bool low_is_int8 = use.code.format == XFormat::Dual8;
        return {int8_of.data(), low_is_int8 ? nullptr : low_of.data(), high_of.data(),
                threshold_of.data()};
    }
    XInput input() const {
        XInput x;
        x.use = use;
        x.channels = kChannels;
        x.words = words.data();
        x.stride = stride;
        x.sequence_stride = stride * kTokens;
        return x;
    }
    void fill_words() {
        test::Random random(10);
        const auto codes =
            random.codes(kTokens * kChannels, test::lowest(use.code), test::highest(use.code));
        const auto flags = random.codes(kTokens * kChannels, 0, 1);
        for (std::uint64_t t = 0; t < kTokens; ++t) {
            x_pack_row(use.code, kChannels, codes.data() + t * kChannels,
                       flags.data() + t * kChannels, words.data() + t * stride);
        }
    }

    const XUse use;
    Program program;
    Sram weights{"weights", wide_sram()};
    Sram activations{"activations", wide_sram()};
    StreamDram dram{"dram", test::stream_memory({32, 1.0, 10, 10}), test::kPeriod};
    Dma load{"load", Dma::Direction::Load, {32, 256, 0}, program.dispatch};
    const NonlinearConfig units;
    test::RandomTable table;
    ScaleTable scales{"scale_table", test::base_table()};
    std::vector<float> low, high, threshold;
    std::shared_ptr<const ScaleTableImage> image;
    std::uint64_t stride = 0;
    std::vector<std::uint8_t> words;
    std::vector<std::uint32_t> cells_of;
    std::vector<float> int8_of, low_of, high_of, threshold_of;
};

const XUse kCopied{test::dual4(false, FlagRule::Threshold), true, XProjInput::Copy};
const XUse kRequantized{test::dual4(true, FlagRule::Overflow), true, XProjInput::Requantized};
const XUse kEight{test::dual8(5), false, XProjInput::Copy};
const XUse kUniform{test::plain(XFormat::Uniform8), true, XProjInput::Copy};

struct ConvData {
    std::vector<std::int8_t> x, history, weight, output;
    std::vector<std::uint8_t> words;

    explicit ConvData(const Bench& bench) : output(kTokens * kChannels, 77), words(bench.words) {
        test::Random random(11);
        x = random.codes(kTokens * kChannels);
        history = random.codes(kChannels * 4);
        weight = random.codes(kChannels * 4);
    }
    ConvTile tile(const Bench& bench) {
        ConvTile t;
        t.shape = {1, kTokens, kChannels};
        t.x = x.data();
        t.x_stride = kChannels;
        t.history = history.data();
        t.weight = t.bias = weight.data();
        t.input_scale = 0.03F;
        t.weight_scale = 0.007F;
        t.bias_scale = 0.004F;
        t.output = output.data();
        t.output_stride = kChannels;
        t.x_out.use = bench.use;
        t.x_out.channels = kChannels;
        t.x_out.words = words.data();
        t.x_out.stride = bench.stride;
        return t;
    }
};

void expect_conv(const XUse& use, std::uint64_t words_of_a_cell) {
    Bench bench(use, BlockId::Conv);
    ConvData got(bench);
    ConvData want(bench);
    const ConvConfig config{16, 20};
    Conv conv("conv", config, bench.units, bench.scales, bench.ports(), true, [&](const Task&) {
        return BoundWithTable<ConvTile>{{got.tile(bench), {}}, bench.image};
    });
    sc_core::sc_start();
    bench.program.dispatch.rethrow();
    ConvTile tile = want.tile(bench);
    tile.x_out.scales = bench.by_hand();
    tile.output_scales = bench.int8_of.data();
    const Counts counts = conv_compute(config, bench.units, tile);
    EXPECT_EQ(got.words, want.words);
    EXPECT_EQ(got.output, want.output);
    const Counts& data = bench.program.data.at(0);
    EXPECT_EQ(data[Event::Flagged], counts[Event::Flagged]);
    EXPECT_EQ(data[Event::Saturated], counts[Event::Saturated]);
    EXPECT_GT(counts[Event::Flagged], 0U);
    const Work& work = bench.program.work.at(0);
    EXPECT_EQ(work.counts[Event::ScaleLookup], words_of_a_cell * kChannels);
    EXPECT_EQ(work.counts[Event::TableReadBytes], 4 * words_of_a_cell * kChannels);
    EXPECT_EQ(work.sram.activation_write_bytes,
              conv_traffic(tile.shape, tile.x_out).activation_write_bytes + 4 * kChannels);
    // A word a cycle in front of the first group's 4 steps, and more than these after it.
    EXPECT_EQ(work.table_cycles, 16 * words_of_a_cell + 3 * (16 * words_of_a_cell - kTokens));
}

TEST(ConvXBlock, MakesACodeByThresholdAndACopy) { expect_conv(kCopied, 4); }
TEST(ConvXBlock, MakesACodeAlone) { expect_conv(kRequantized, 2); }
TEST(ConvXBlock, MakesADualCodeOfInt8) { expect_conv(kEight, 2); }

struct ScanData {
    std::vector<std::int8_t> wide, narrow, weights, state;
    std::vector<float> carry = std::vector<float>(kChannels * kStates, 0.5F);
    std::vector<arith::Half> y = std::vector<arith::Half>(kTokens * kChannels, 0x5555);

    ScanData() {
        test::Random random(12);
        wide = random.codes(kTokens * kChannels);
        narrow = random.codes(kTokens * 2 * kStates);
        weights = random.codes(kChannels * kStates);
        state = random.codes(kChannels * kStates);
    }
    SsmTile tile(const Bench& bench) {
        SsmTile t;
        t.shape = {1, kTokens, kChannels, kStates};
        t.last_tile = true;
        t.u = t.dt = t.z = {wide.data(), kChannels, 0, 0.03F};
        t.u.scale = 0.0F;  // the table has it
        t.b = {narrow.data(), 2 * kStates, 0, 0.02F};
        t.c = {narrow.data() + kStates, 2 * kStates, 0, 0.02F};
        t.weights = {weights.data(), weights.data(), weights.data(), 0.02F, 0.01F, 0.03F, 0.0F};
        t.carry = carry.data();
        t.state = state.data();
        t.y = y.data();
        t.y_stride = kChannels;
        t.x_in = bench.input();
        return t;
    }
};

void expect_scan(const XUse& use, std::uint64_t words_of_a_cell, std::uint64_t decode) {
    Bench bench(use, BlockId::Ssm);
    if (!use.int8()) bench.fill_words();
    ScanData got;
    ScanData want;
    SsmConfig config = test::small_core();
    config.exp_units = 16;
    config.silu_units = 1;
    Ssm ssm("ssm", {config, bench.units, kDequant}, bench.scales, bench.ports(), true,
            Ssm::BindScan([&](const Task&) {
                return BoundWithTable<SsmTile>{{got.tile(bench), {}}, bench.image};
            }));
    sc_core::sc_start();
    bench.program.dispatch.rethrow();
    SsmTile tile = want.tile(bench);
    tile.x_in.scales = bench.by_hand();
    tile.cells = {bench.high_of.data(), bench.table.state.data(), bench.cells_of.data()};
    ssm_compute(config, bench.units, tile);
    EXPECT_EQ(got.y, want.y);
    EXPECT_EQ(got.state, want.state);
    const Work& work = bench.program.work.at(0);
    EXPECT_EQ(work.counts[Event::ScaleLookup], words_of_a_cell * kChannels);
    EXPECT_EQ(work.sram.activation_read_bytes,
              ssm_traffic(tile.shape, tile.x_in).activation_read_bytes);
    const SsmCycles alone =
        ssm_cycles(config, bench.units, tile.shape, ssm_codes(tile.shape, false, true));
    EXPECT_EQ(work.cycles.count, alone.total().count + decode + work.table_cycles);
}

TEST(SsmXBlock, ReadsADualCode) { expect_scan(kRequantized, 2, 7); }
TEST(SsmXBlock, ReadsADualCodeOfInt8) { expect_scan(kEight, 2, 7); }
TEST(SsmXBlock, MultipliesAUniformCodeWithItsOtherScale) { expect_scan(kUniform, 1, 0); }

struct GemmData {
    std::vector<std::int8_t> weight, out;
    GemmData() : weight(test::Random(13).codes(20 * kChannels)), out(kTokens * 20) {}
    GemmTile tile(const Bench& bench) {
        GemmTile t;
        t.shape = {kTokens, 20, kChannels};
        t.weight = weight.data();
        t.a = 0.3F;
        t.b = 0.001F;
        t.out_int8 = out.data();
        t.out_stride = 20;
        t.x_in = bench.input();
        return t;
    }
};

TEST(GemmXBlock, RequantizesWithTheScalesOfItsTable) {
    Bench bench(kRequantized, BlockId::Gemm);
    bench.fill_words();
    GemmData got;
    GemmData want;
    GemmConfig config;
    config.rows = config.cols = config.vector_adder_tree_width = 8;
    config.accumulator_rows = 64;
    config.epilogue_lanes = 8;
    Gemm gemm("gemm", config, kDequant, bench.scales, bench.ports(), true, [&](const Task&) {
        return BoundWithTable<GemmTile>{{got.tile(bench), {}}, bench.image};
    });
    sc_core::sc_start();
    bench.program.dispatch.rethrow();
    GemmTile tile = want.tile(bench);
    tile.x_in.scales = bench.by_hand();
    gemm_compute(config, tile);
    EXPECT_EQ(got.out, want.out);
    const Work& work = bench.program.work.at(0);
    // Three groups of columns, each with all channels anew; a cell has three words for them.
    EXPECT_EQ(work.counts[Event::ScaleLookup], 3 * 3 * kChannels);
    EXPECT_EQ(work.counts[Event::TableReadBytes], 4 * 3 * 3 * kChannels);
    EXPECT_EQ(work.sram.activation_read_bytes, 3 * kTokens * 40);
    EXPECT_EQ(work.cycles.count,
              gemm_cycles(config, tile.shape, MacMode::Int8).count + 7 + 5 + work.table_cycles);
}

// One token: the MACs are dot-product lanes that take 16 channels a cycle, or the array's 8 rows.
Work one_row(OneRowMode mode) {
    Bench bench(kRequantized, BlockId::Gemm);
    bench.fill_words();
    GemmData data;
    GemmConfig config;
    config.rows = config.cols = 8;
    config.vector_adder_tree_width = 16;
    config.accumulator_rows = 64;
    config.epilogue_lanes = 8;
    config.one_row = mode;
    Gemm gemm("gemm", config, kDequant, bench.scales, bench.ports(), true, [&](const Task&) {
        GemmTile tile = data.tile(bench);
        tile.shape.m = 1;
        return BoundWithTable<GemmTile>{{tile, {}}, bench.image};
    });
    sc_core::sc_start();
    bench.program.dispatch.rethrow();
    return bench.program.work.at(0);
}

// The table gives a word a cycle and a channel has three. So the first 16 channels' are there after
// 48 cycles and all after 192, when the lanes alone would have begun their last 16 channels 3
// cycles behind the first: 189 are waited for, by each 4 of the 20 outputs that 64 MACs make at
// once.
TEST(GemmXBlock, OneRowIsLookedUpAtTheLanesPace) {
    const Work work = one_row(OneRowMode::Vector);
    EXPECT_EQ(work.table_cycles, 5 * (48 + 144 - 3));
    EXPECT_EQ(work.hidden_table_cycles, 5 * 3);
    EXPECT_EQ(work.counts[Event::ScaleLookup], 5 * 3 * kChannels);
    EXPECT_EQ(work.sram.activation_read_bytes, 5 * 40);
}

// 8 channels at once, so 8 groups, and 8 outputs.
TEST(GemmXBlock, OneRowInTheArrayIsLookedUpAtTheRowsPace) {
    const Work work = one_row(OneRowMode::Systolic);
    EXPECT_EQ(work.table_cycles, 3 * (24 + 168 - 7));
    EXPECT_EQ(work.hidden_table_cycles, 3 * 7);
    EXPECT_EQ(work.counts[Event::ScaleLookup], 3 * 3 * kChannels);
}

}  // namespace
}  // namespace mambasic::models
