// x_proj where x comes in words: requantized, or multiplied as it is with a sum for each scale.
// Against kernels.md 2.2 and 2.3 and ssm.md 8.7, output by output.
#include <gtest/gtest.h>

#include "models/gemm/gemm_function.h"
#include "tests/models/function_test_support.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::codes_in_words;
using test::plain;
using test::Random;
using test::XElement;
using test::XScalesOf;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

struct Problem {
    GemmShape shape;
    XCode code;
    XScalesOf scales{0.021F, 0.13F, 0.61F, 1.0F};
    std::vector<std::int8_t> weight, out;
    std::vector<float> column;
    std::vector<std::vector<XElement>> rows;
    std::vector<std::uint8_t> words;
    std::uint64_t stride;

    Problem(const GemmShape& s, const XCode& c) : shape(s), code(c), stride(x_row_bytes(c, s.k)) {
        Random random(31);
        weight = random.codes(s.n * s.k);
        column = random.floats(s.n, 0.0001F, 0.0005F);
        out.assign(s.m * s.n, 99);
        for (std::uint64_t r = 0; r < s.m; ++r) {
            rows.push_back(test::code_row(code, random.floats(s.k, -0.28F, 9.0F),
                                          std::vector<XScalesOf>(s.k, scales)));
            const std::vector<std::uint8_t> packed = test::WordsByHand(code, rows.back()).bytes;
            words.insert(words.end(), packed.begin(), packed.end());
        }
    }

    GemmTile tile(XProjInput input, Epilogue epilogue) {
        GemmTile t;
        t.shape = shape;
        t.weight = weight.data();
        t.epilogue = epilogue;
        t.a = 0.3713F;
        t.b = 0.0007F;
        t.alpha = 0.00029F;
        t.column = column.data();
        t.out_int8 = out.data();
        t.out_stride = shape.n;
        t.x_in.use = {code, true, input};
        t.x_in.channels = shape.k;
        const float low = code.format == XFormat::Dual8 ? scales.int8 : scales.low;
        t.x_in.one = {scales.int8, low, scales.high};
        t.x_in.words = words.data();
        t.x_in.stride = stride;
        return t;
    }

    float sum(std::uint64_t i, std::uint64_t j, XProjInput input) const {
        std::int64_t sums[2] = {0, 0};
        for (std::uint64_t k = 0; k < shape.k; ++k) {
            const XElement& e = rows[i][k];
            const int w = weight[j * shape.k + k];
            if (input == XProjInput::Codes) {
                sums[e.flag] += e.code * w;
            } else {
                sums[0] += test::hold(e.value, scales.int8, -128, 127).code * w;
            }
        }
        if (input != XProjInput::Codes) return static_cast<float>(sums[0]);
        const float low = code.format == XFormat::Dual8 ? scales.int8 : scales.low;
        const float first = static_cast<float>(sums[0]) * (low / scales.int8);
        if (!code.dual()) return first;
        return std::fma(static_cast<float>(sums[1]), scales.high / scales.int8, first);
    }
};

float scaled(const GemmTile& t, float sum, std::uint64_t j) {
    if (t.epilogue == Epilogue::Int8Alpha) return t.alpha * sum;
    if (t.epilogue == Epilogue::Int8Columns) return t.a * (t.column[j] * sum);
    return t.a * (t.b * sum);
}

void compare(const GemmShape& shape, const XCode& code, XProjInput input, Epilogue epilogue,
             bool wrap = false) {
    SCOPED_TRACE(test::shown(code));
    Problem p(shape, code);
    GemmTile tile = p.tile(input, epilogue);
    tile.wrap = wrap;
    std::vector<std::int8_t> want;
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < shape.m; ++i) {
        for (std::uint64_t j = 0; j < shape.n; ++j) {
            const float v = scaled(tile, p.sum(i, j, input), j);
            want.push_back(wrap ? arith::wrap_rhe(v) : arith::quantize_rhe(v));
            saturated += v >= 127.5F || v < -128.5F ? 1U : 0U;
        }
    }
    GemmConfig config;
    config.rows = config.cols = config.vector_adder_tree_width = 8;
    for (const GemmEngine engine : {GemmEngine::Best, GemmEngine::Kernels}) {
        use_gemm_engine(engine);
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            std::fill(p.out.begin(), p.out.end(), std::int8_t{99});
            Counts counts = gemm_compute(config, tile);
            EXPECT_EQ(p.out, want) << name_of(isa);
            EXPECT_EQ(counts[Event::Saturated], saturated);
            counts[Event::Saturated] = 0;
            EXPECT_TRUE(counts == gemm_count(config, shape, epilogue, MacMode::Int8, tile.x_in));
        }
    }
    use_gemm_engine(GemmEngine::Best);
}

TEST(GemmX, MultipliesCodesWithASumForEachScale) {
    for (const XCode& code : codes_in_words()) {
        compare({9, 21, 150}, code, XProjInput::Codes, Epilogue::Int8WeightFirst);
        compare({1, 40, 64}, code, XProjInput::Codes, Epilogue::Int8Alpha);
        compare({7, 5, 130}, code, XProjInput::Codes, Epilogue::Int8Columns);
    }
}

TEST(GemmX, WrapsUnderQuirks) {
    const XCode code = test::dual4(true, traces::FlagRule::Overflow);
    compare({1, 60, 500}, code, XProjInput::Codes, Epilogue::Int8Alpha, true);
    compare({1, 60, 500}, code, XProjInput::Requantized, Epilogue::Int8Alpha, true);
}

TEST(GemmX, RequantizesOnTheWay) {
    for (const XCode& code : codes_in_words()) {
        compare({9, 21, 150}, code, XProjInput::Requantized, Epilogue::Int8WeightFirst);
        compare({1, 40, 64}, code, XProjInput::Requantized, Epilogue::Int8Alpha);
        compare({7, 5, 130}, code, XProjInput::Requantized, Epilogue::Int8Columns);
    }
}

TEST(GemmX, BothSumsAreAddedWithOneRounding) {
    // 3 r2 needs a bit more than FP32 has, and r1 is 3 r2 rounded: what is left of 3 r2 - r1 is
    // what the product would have lost.
    const float r2 = 1.0F + 0x1p-23F;
    const float r1 = 3.0F * r2;
    const double left = 3.0 * static_cast<double>(r2) - static_cast<double>(r1);
    Problem p({1, 1, 2}, test::dual4(false, traces::FlagRule::Overflow));
    const std::int8_t codes[2] = {-1, 3};
    const std::int8_t flags[2] = {0, 1};
    x_pack_row(p.code, 2, codes, flags, p.words.data());
    p.weight = {1, 1};
    GemmTile tile = p.tile(XProjInput::Codes, Epilogue::Int8Alpha);
    tile.alpha = 0x1p+23F;
    tile.x_in.one = {1.0F, r1, r2};
    GemmConfig config;
    config.rows = config.cols = config.vector_adder_tree_width = 8;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        gemm_compute(config, tile);
        EXPECT_EQ(p.out[0], static_cast<int>(left * 0x1p+23)) << name_of(isa);
    }
    EXPECT_NE(p.out[0], 0);
}

TEST(GemmX, ShowsTheCodesThatItMade) {
    Problem p({3, 4, 70}, test::dual8());
    GemmTile tile = p.tile(XProjInput::Requantized, Epilogue::Int8WeightFirst);
    std::vector<std::int8_t> shown(3 * 70, 99);
    tile.requantized = shown.data();
    GemmConfig config;
    config.rows = config.cols = 8;
    gemm_compute(config, tile);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const float u = p.rows[i / 70][i % 70].value;
        ASSERT_EQ(shown[i], test::hold(u, p.scales.int8, -128, 127).code) << i;
    }
}

TEST(GemmX, ManyRowsAreTakenByAllThreads) {
    compare({150, 33, 1000}, test::dual8(3), XProjInput::Codes, Epilogue::Int8WeightFirst);
    compare({150, 33, 1000}, test::dual8(3), XProjInput::Requantized, Epilogue::Int8WeightFirst);
}

TEST(GemmX, ACopyIsReadAsEver) {
    Problem p({4, 6, 32}, test::dual8());
    const std::vector<std::int8_t> x = Random(32).codes(4 * 32);
    GemmTile tile = p.tile(XProjInput::Copy, Epilogue::Int8WeightFirst);
    tile.x = x.data();
    tile.x_stride = 32;
    tile.x_in.words = nullptr;
    gemm_compute({}, tile);
    const std::vector<std::int8_t> got = p.out;
    tile.x_in = {};
    gemm_compute({}, tile);
    EXPECT_EQ(got, p.out);
}

TEST(GemmX, CountsAreTheHandCount) {
    // 10 rows, 20 columns in three groups of 8, k of 40 in five passes of 8.
    GemmConfig c;
    c.rows = c.cols = 8;
    const GemmShape shape{10, 20, 40};
    const auto count = [&](const XCode& code, XProjInput input) {
        XInput x;
        x.use = {code, true, input};
        return gemm_count(c, shape, Epilogue::Int8WeightFirst, MacMode::Int8, x);
    };
    const Counts copy = count(test::dual8(), XProjInput::Copy);
    EXPECT_EQ(copy[Event::Int32Add], 800U);
    EXPECT_EQ(copy[Event::Fp32Mul], 400U);
    const Counts codes = count(test::dual8(), XProjInput::Codes);
    EXPECT_EQ(codes[Event::Int8Mac], 8000U) << "a code is in one of the two sums";
    EXPECT_EQ(codes[Event::Int32Add], 1600U);
    EXPECT_EQ(codes[Event::Fp32Mul], 600U);
    EXPECT_EQ(codes[Event::Fp32Fma], 200U);
    EXPECT_EQ(codes[Event::PackCode], 1200U) << "x enters three times";
    EXPECT_EQ(codes[Event::ScaleSelect], 2U * 8000) << "the sum added to, the sum handed on";
    const Counts five = count(plain(XFormat::Int5), XProjInput::Codes);
    EXPECT_EQ(five[Event::Int32Add], 800U);
    EXPECT_EQ(five[Event::Fp32Mul], 600U);
    EXPECT_EQ(five[Event::Fp32Fma], 0U);
    EXPECT_EQ(five[Event::ScaleSelect], 0U);
    const Counts again = count(test::dual8(), XProjInput::Requantized);
    EXPECT_EQ(again[Event::PackCode], 1200U);
    EXPECT_EQ(again[Event::ScaleSelect], 1200U);
    EXPECT_EQ(again[Event::Fp32Mul], 1600U);
    EXPECT_EQ(again[Event::Fp32Div], 1200U);
    EXPECT_EQ(again[Event::QuantizeInt8], 1400U);
    const Counts values = count(plain(XFormat::Fp32), XProjInput::Requantized);
    EXPECT_EQ(values[Event::PackCode], 0U);
    EXPECT_EQ(values[Event::Fp32Mul], 400U);
    EXPECT_EQ(values[Event::Fp32Div], 1200U);
    EXPECT_TRUE(count(plain(XFormat::Uniform8), XProjInput::Codes) == copy);
}

}  // namespace
}  // namespace mambasic::models
