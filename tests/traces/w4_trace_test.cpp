// 4-bit weights: what they expand to, whatever the layout; how long it is kept; what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "golden/w4.h"
#include "handmade_trace.h"
#include "refusal.h"
#include "traces/describe.h"
#include "traces/trace.h"
#include "traces/w4.h"

namespace mambasic::traces {
namespace {

using test::Bytes;
using test::mamba1_w4_info;
using test::mamba2_info;
using test::refusal;
using test::set;
using test::temp_path;
using test::write_trace;

const std::string kMixer = "backbone.layers.0.mixer.";

Trace written(const TraceInfo& info, const test::Spoil& spoil = {}) {
    const std::string path = temp_path("w4");
    write_trace(path, info, spoil);
    return Trace::open(path);
}

TraceInfo packed(TraceInfo info) {
    info.packed_w4 = true;
    return info;
}

TEST(HalfValue, KnownNumbers) {
    EXPECT_EQ(half_value(0x3C00), 1.0F);
    EXPECT_EQ(half_value(0xC000), -2.0F);
    EXPECT_EQ(half_value(0x7BFF), 65504.0F);
    EXPECT_EQ(half_value(0x0001), 0x1p-24F);
    EXPECT_EQ(half_value(0x03FF), 1023 * 0x1p-24F);
    EXPECT_EQ(half_value(0x0400), 0x1p-14F);
    EXPECT_EQ(half_value(0x8000), 0.0F);
    EXPECT_TRUE(std::signbit(half_value(0x8000)));
    EXPECT_EQ(half_value(0x7C00), std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(half_value(0x7C01)));
    for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        EXPECT_EQ(half_value(half), arith::from_half(half)) << bits;
    }
}

TEST(W4Trace, LinearsOfMamba2) {
    const Trace trace = written(mamba2_info("w4a8"));
    const Mamba2Layer layer = trace.mamba2_layer(0);
    EXPECT_EQ(layer.in_proj.kind, LinearKind::W4);
    EXPECT_EQ(layer.in_proj.n, 584U);
    EXPECT_EQ(layer.in_proj.n_padded, 640U);
    EXPECT_EQ(layer.in_proj.a, 0.25F);
    EXPECT_EQ(layer.out_proj.kind, LinearKind::W4);
    EXPECT_EQ(trace.head().lm_head.kind, LinearKind::W4);
    EXPECT_EQ(trace.head().lm_head.n_padded, 64U);
    EXPECT_EQ(trace.find(kMixer + "in_proj.weight")->dtype, DType::U8);
}

TEST(W4Trace, DtProjOfMamba1StaysInEightBits) {
    const Trace trace = written(mamba1_w4_info());
    const Mamba1Layer layer = trace.mamba1_layer(0);
    EXPECT_EQ(layer.in_proj.kind, LinearKind::W4);
    EXPECT_EQ(layer.x_proj.kind, LinearKind::W4);
    EXPECT_EQ(layer.x_proj.n, 40U);
    EXPECT_EQ(layer.x_proj.n_padded, 64U);
    EXPECT_EQ(layer.dt_proj.kind, LinearKind::W8);
    EXPECT_EQ(layer.dt_proj.weight, trace.find(kMixer + "dt_proj.weight")->as<std::int8_t>());
    EXPECT_EQ(layer.out_proj.kind, LinearKind::W4);
}

// A code and a scale for each place, without structure that a wrong permutation would keep.
unsigned mixed(std::uint64_t value) {
    std::uint64_t bits = (value + 1) * 0x9E3779B97F4A7C15U;
    bits = (bits ^ (bits >> 31)) * 0xBF58476D1CE4E5B9U;
    return static_cast<unsigned>((bits ^ (bits >> 29)) >> 32);
}

struct Logical {
    std::uint32_t n = 0;
    std::uint32_t n_padded = 0;
    std::uint32_t k = 0;

    unsigned code(std::uint64_t column, std::uint64_t row) const {
        return mixed(column * k + row) % 16;
    }
    /// 0 to 15.9 and not a round number; FP16 bits.
    std::uint16_t scale(std::uint64_t group, std::uint64_t column) const {
        if (column >= n) return 0;
        return static_cast<std::uint16_t>(0x3000U +
                                          mixed(group * n_padded + column + 77) % 0x1BF0U);
    }
    float channel(std::uint64_t column) const { return 1.0F + static_cast<float>(column); }
};

Logical logical_of(const TraceInfo& info, const std::string& name) {
    std::vector<LinearShape> linears = linear_shapes(info, 0);
    linears.push_back(lm_head_shape(info));
    for (const LinearShape& linear : linears) {
        if (name.rfind(linear.key + ".", 0) == 0) {
            return {linear.n, padded_rows(linear.n, linear.kind), linear.k};
        }
    }
    return {};
}

void store_plain(const Logical& logical, const Tensor& tensor, Bytes& bytes) {
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        const std::uint64_t column = i % logical.n_padded;
        if (test::ends_with(tensor.name, ".s_group")) {
            test::put(bytes, i, logical.scale(i / logical.n_padded, column));
        } else if (test::ends_with(tensor.name, ".s_channel")) {
            test::put(bytes, i, logical.channel(column));
        } else {
            const std::uint64_t row = i % (logical.k / 2) * 2;
            const std::uint64_t at = i / (logical.k / 2);
            bytes[i] = static_cast<char>(logical.code(at, row) | logical.code(at, row + 1) << 4);
        }
    }
}

// FORMAT.md's closed form, read from the stored word to the code, as upstream writes it.
void store_packed(const Logical& logical, const Tensor& tensor, Bytes& bytes) {
    constexpr std::array<unsigned, 8> kOrder{0, 2, 4, 6, 1, 3, 5, 7};
    constexpr std::array<unsigned, 8> kChannels{0, 1, 8, 9, 16, 17, 24, 25};
    const std::uint64_t width = tensor.shape[1];
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        const std::uint64_t at = i % width;
        if (test::ends_with(tensor.name, ".s_group")) {
            const std::uint64_t in_block = at % 64;
            const std::uint64_t column = at - in_block + in_block / 8 + 8 * (in_block % 8);
            test::put(bytes, i, logical.scale(i / width, column));
        } else if (test::ends_with(tensor.name, ".s_channel")) {
            const std::uint64_t in_block = at % 32;
            const std::uint64_t column =
                at - in_block + 2 * (in_block / 8) + kChannels[in_block % 8];
            test::put(bytes, i, logical.channel(column));
        } else {
            const std::uint64_t lane = at % 128 / 4;
            std::uint32_t word = 0;
            for (unsigned t = 0; t < 8; ++t) {
                const std::uint64_t row = i / width * 16 + 4 * (lane % 4) + kOrder[t] % 4;
                const std::uint64_t column =
                    at / 128 * 64 + 16 * (at % 4) + lane / 4 + 8 * (kOrder[t] / 4);
                word |= logical.code(column, row) << (4 * t);
            }
            test::put(bytes, i, word);
        }
    }
}

test::Spoil stored(const TraceInfo& info) {
    return [info](const Tensor& tensor, Bytes& bytes) {
        const Logical logical = logical_of(info, tensor.name);
        const bool w4 = test::ends_with(tensor.name, ".s_group") ||
                        test::ends_with(tensor.name, ".s_channel") ||
                        test::ends_with(tensor.name, ".weight");
        if (logical.n == 0 || !w4 || tensor.dtype == DType::I8) return;
        if (info.packed_w4) {
            store_packed(logical, tensor, bytes);
        } else {
            store_plain(logical, tensor, bytes);
        }
    };
}

// In double precision from the definition; numbers of two values each, so exact.
int weight_of(const Logical& logical, std::uint32_t column, std::uint32_t row) {
    const double scale = static_cast<double>(arith::from_half(logical.scale(row / 128, column)));
    const double product = (static_cast<double>(logical.code(column, row)) - 8) * scale;
    double rounded = std::floor(product + 0.5);
    if (rounded - product == 0.5 && std::fmod(rounded, 2.0) != 0) rounded -= 1;
    return static_cast<int>(rounded);
}

void expect_expanded(const Linear& linear, const Logical& logical) {
    ASSERT_NE(linear.weight, nullptr);
    std::uint64_t far = 0;
    for (std::uint32_t column = 0; column < linear.n_padded; ++column) {
        EXPECT_EQ(linear.column[column], logical.channel(column)) << column;
        for (std::uint32_t row = 0; row < linear.k; ++row) {
            const int got = linear.weight[std::uint64_t{column} * linear.k + row];
            ASSERT_EQ(got, weight_of(logical, column, row)) << column << ", " << row;
            if (got < -64) ++far;
        }
    }
    EXPECT_GT(far, 0U);  // scales reach well into the range
}

TEST(W4Trace, BothLayoutsExpandToTheDefinition) {
    for (const TraceInfo& info : {mamba2_info("w4a8"), packed(mamba2_info("w4a8"))}) {
        const Trace trace = written(info, stored(info));
        EXPECT_EQ(trace.info().packed_w4, info.packed_w4);
        const Mamba2Layer layer = trace.mamba2_layer(0);
        expect_expanded(layer.in_proj, logical_of(info, kMixer + "in_proj.weight"));
        expect_expanded(layer.out_proj, logical_of(info, kMixer + "out_proj.weight"));
        expect_expanded(trace.head().lm_head, logical_of(info, "lm_head.weight"));
    }
}

TEST(W4Trace, AgreesWithGoldenOnUpstreamsLayout) {
    const TraceInfo info = packed(mamba1_w4_info());
    const Trace trace = written(info, stored(info));
    const Linear linear = trace.mamba1_layer(0).x_proj;
    const golden::PlainW4 plain = golden::unpack_w4(
        trace.find(kMixer + "x_proj.weight")->as<std::int32_t>(),
        trace.find(kMixer + "x_proj.s_group")->as<std::uint16_t>(),
        trace.find(kMixer + "x_proj.s_channel")->as<float>(), linear.n_padded, linear.k);
    const std::vector<std::int8_t> expected = golden::expand_w4(plain);
    ASSERT_EQ(expected.size(), std::size_t{64} * 256);
    EXPECT_EQ(std::memcmp(linear.weight, expected.data(), expected.size()), 0);
    EXPECT_TRUE(std::equal(plain.channel_scale.begin(), plain.channel_scale.end(), linear.column));
}

TEST(W4Trace, RoundsHalfToEven) {
    // s_group 0.5 in every used column of group 0: codes 0 to 15 are -4 to 3.5.
    const auto halves = set<std::uint16_t>(kMixer + "out_proj.s_group", 0, 0x3800U);
    const Trace trace = written(mamba2_info("w4a8"), [&](const Tensor& tensor, Bytes& bytes) {
        halves(tensor, bytes);
        if (tensor.name != kMixer + "out_proj.weight") return;
        for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(2 * i | (2 * i + 1) << 4);
    });
    const Linear linear = trace.mamba2_layer(0).out_proj;
    const std::array<int, 16> expected{-4, -4, -3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2, 3, 4};
    for (std::size_t u = 0; u < expected.size(); ++u) EXPECT_EQ(linear.weight[u], expected[u]) << u;
}

TEST(W4Trace, EmbeddingCodesInBothLayouts) {
    const auto code = [](std::uint64_t token, std::uint64_t channel) {
        return mixed(1000 + token * 128 + channel) % 16;
    };
    const auto store = [&code](const Tensor& tensor, Bytes& bytes) {
        if (tensor.name != "backbone.embedding.weight") return;
        constexpr std::array<unsigned, 8> kOrder{0, 2, 4, 6, 1, 3, 5, 7};
        const bool words = tensor.dtype == DType::I32;
        for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
            const std::uint64_t token = i / tensor.shape[1];
            const std::uint64_t at = i % tensor.shape[1];
            std::uint32_t word = 0;
            for (unsigned t = 0; words && t < 8; ++t) {
                word |= code(token, 8 * at + kOrder[t]) << (4 * t);
            }
            if (words) {
                test::put(bytes, i, word);
            } else {
                bytes[i] = static_cast<char>(code(token, 2 * at) | code(token, 2 * at + 1) << 4);
            }
        }
    };
    for (const TraceInfo& info : {mamba2_info("w4a8"), packed(mamba2_info("w4a8"))}) {
        const Trace trace = written(info, store);
        const Head head = trace.head();
        for (std::uint64_t i = 0; i < 20ULL * 128; ++i) {
            ASSERT_EQ(head.embedding_weight[i], static_cast<int>(code(i / 128, i % 128)) - 8) << i;
        }
    }
}

TEST(W4Trace, WeightsLiveAsLongAsTheLinear) {
    Linear linear;
    std::vector<std::int8_t> before;
    {
        const Trace trace = written(mamba2_info("w4a8"));
        linear = trace.mamba2_layer(0).in_proj;
        EXPECT_EQ(linear.weight, trace.mamba2_layer(0).in_proj.weight);  // kept, not made again
        before.assign(linear.weight, linear.weight + 584 * 128);
    }
    EXPECT_TRUE(std::equal(before.begin(), before.end(), linear.weight));
}

TEST(W4Trace, ShapesOnlyHasNoWeights) {
    TraceInfo info = mamba2_info("w4a8");
    info.shapes_only = true;
    const Trace trace = written(info);
    const Mamba2Layer layer = trace.mamba2_layer(0);
    EXPECT_EQ(layer.in_proj.weight, nullptr);
    EXPECT_EQ(layer.in_proj.column, nullptr);
    EXPECT_EQ(layer.in_proj.n_padded, 640U);
    EXPECT_EQ(trace.head().embedding_weight, nullptr);
    EXPECT_TRUE(scales(trace).empty());
}

TEST(W4Trace, GroupsOf128NeedTheirDepth) {
    TraceInfo info = mamba2_info("w4a8");
    info.shapes_only = true;
    info.dims.d_model = 64;
    info.dims.d_inner = 128;
    info.dims.head_dim = 16;
    EXPECT_EQ(refusal(info),
              "metadata 'd_model': 64 is not a multiple of 128, the group of W4's scales");
}

// FP16: 15.9375 is 0x4BF8, and -8 times it is -127.5; 18.21875 (0x4C8E) times 7 is 127.53.
TEST(W4Trace, ExpansionsBeyondInt8AreRefused) {
    const std::string name = kMixer + "in_proj.s_group";
    const auto spoilt = [&name](std::uint16_t scale, char first_codes) {
        return [=](const Tensor& tensor, Bytes& bytes) {
            if (tensor.name == kMixer + "in_proj.weight") {
                std::fill(bytes.begin() + 3 * 64, bytes.begin() + 4 * 64, '\x88');
                bytes[3 * 64 + 10] = first_codes;  // rows 20 and 21 of column 3
            }
            if (tensor.name == name) test::put(bytes, 3, scale);
        };
    };
    const TraceInfo info = mamba2_info("w4a8");
    EXPECT_EQ(refusal(info, spoilt(0x4BF8, '\x08')), "accepted");
    EXPECT_EQ(refusal(info, spoilt(0x4BF9, '\x08')),
              "tensor '" + name +
                  "': group 0, column 3: 15.945312 times the code -8 of row 21 is outside [-127.5, "
                  "127.5)");
    EXPECT_EQ(refusal(info, spoilt(0x4C8D, '\xF8')), "accepted");
    EXPECT_EQ(refusal(info, spoilt(0x4C8E, '\xF8')),
              "tensor '" + name +
                  "': group 0, column 3: 18.218750 times the code 7 of row 21 is outside [-127.5, "
                  "127.5)");
    EXPECT_EQ(refusal(info, spoilt(0x57F8, '\x98')),  // 127.5 would round to 128
              "tensor '" + name +
                  "': group 0, column 3: 127.500000 times the code 1 of row 21 is outside "
                  "[-127.5, 127.5)");
    EXPECT_EQ(refusal(info, spoilt(0x57F8, '\x78')), "accepted");  // -127.5 rounds to -128
    EXPECT_EQ(refusal(info, spoilt(0x8001, '\x88')),
              "tensor '" + name + "': group 0, column 3: -0.000000 is below zero");
    EXPECT_EQ(refusal(info, spoilt(0x0000, '\x88')), "accepted");
}

TEST(W4Trace, PaddingExpandsToZero) {
    const std::string name = kMixer + "in_proj.s_group";
    EXPECT_EQ(refusal(mamba2_info("w4a8"), set<std::uint16_t>(name, 584, 0x3C00)),
              "tensor '" + name + "': group 0, column 584: is padding and must be zero");
    // Column 584 = 9 * 64 + 8 is stored at 9 * 64 + 1 when packed.
    EXPECT_EQ(refusal(packed(mamba2_info("w4a8")), set<std::uint16_t>(name, 577, 0x3C00)),
              "tensor '" + name + "': group 0, column 584: is padding and must be zero");
}

TEST(W4Trace, ChannelScalesInUseAreAboveZero) {
    const std::string name = kMixer + "in_proj.s_channel";
    EXPECT_EQ(refusal(mamba2_info("w4a8"), set(name, 583, 0.0F)),
              "tensor '" + name + "': a scale must be > 0, that of column 583 is 0.000000");
    EXPECT_EQ(refusal(mamba2_info("w4a8"), set(name, 584, 0.0F)), "accepted");
    // Packed, column 582 = 18 * 32 + 6 is stored at 18 * 32 + 24.
    EXPECT_EQ(refusal(packed(mamba2_info("w4a8")), set(name, 600, 0.0F)),
              "tensor '" + name + "': a scale must be > 0, that of column 582 is 0.000000");
    EXPECT_EQ(refusal(packed(mamba2_info("w4a8")), set(name, 582, 0.0F)), "accepted");
}

TEST(W4Trace, PlainAndPackedDoNotMix) {
    const std::string path = temp_path("mixed");
    write_trace(path, mamba2_info("w4a8"));
    std::string content = test::read_file(path);
    const std::string out_proj =
        "\"backbone.layers.0.mixer.out_proj.weight\":{\"dtype\":\"U8\",\"shape\":[128,128]";
    const std::size_t at = content.find(out_proj);
    ASSERT_NE(at, std::string::npos);
    std::string other = out_proj;
    other.replace(other.find("\"U8\",\"shape\":[128,128]"), std::string::npos,
                  "\"I32\",\"shape\":[16,256]");
    content.replace(at, out_proj.size(), other);
    test::write_file(path, content);
    EXPECT_EQ(refusal(path),
              "tensor '" + kMixer + "out_proj.weight': is I32 [16,256], expected U8 [128,128]");
}

TEST(W4Trace, DescribedWithItsLayout) {
    const auto rows = describe(written(packed(mamba2_info("w4a8"))));
    const std::map<std::string, std::string> told(rows.begin(), rows.end());
    EXPECT_EQ(told.at("precision"), "w4a8");
    EXPECT_EQ(told.at("w4_layout"), "packed");
    EXPECT_TRUE(validate(written(mamba1_w4_info())).empty());
}

}  // namespace
}  // namespace mambasic::traces
