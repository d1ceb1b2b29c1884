// Every instruction set gives the same bits, for the approximate units too and on special values.
#include "models/common/isa.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <string>

#include "models/conv/conv_function.h"
#include "models/norm/norm_function.h"
#include "models/ssm/ssm_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using test::Random;

NonlinearConfig units(UnitKind kind) {
    NonlinearUnit unit;
    unit.kind = kind;
    unit.table_entries = 64;
    unit.polynomial_degree = 3;
    return {unit, unit, unit, unit};
}

struct Outcome {
    std::vector<arith::Half> y;
    std::vector<std::int8_t> codes;
    std::vector<std::uint32_t> carry;
    bool operator==(const Outcome& o) const {
        return y == o.y && codes == o.codes && carry == o.carry;
    }
};

// Scales so extreme that exp under- and overflows, decays are subnormal and states become infinite.
Outcome scan(UnitKind kind, bool decode, float extreme) {
    Random random(1);
    const SsmShape shape{1, 19, 77, 16};
    const auto wide = random.codes(std::size_t{19} * 77);
    const auto z = random.codes(std::size_t{19} * 77);
    const auto bc = random.codes(std::size_t{19} * 32);
    const auto a = random.codes(std::size_t{77} * 16);
    const auto d = random.codes(77);
    auto carry = random.floats(std::size_t{77} * 16, -1e-38F, 1e-38F);
    auto state = random.codes(std::size_t{77} * 16);
    Outcome outcome;
    outcome.y.resize(std::size_t{19} * 77);
    SsmTile t;
    t.shape = shape;
    t.decode = decode;
    t.last_tile = true;
    t.u = {wide.data(), 77, 0, 0.03F * extreme};
    t.dt = {z.data(), 77, 0, 0.05F * extreme};
    t.z = {z.data(), 77, 0, 0.05F * extreme};
    t.b = {bc.data(), 32, 0, 0.02F};
    t.c = {bc.data() + 16, 32, 0, 0.02F};
    t.weights = {a.data(), d.data(), d.data(), 0.03F * extreme, 0.01F, 0.05F, 0.02F};
    t.carry = carry.data();
    t.state = state.data();
    t.y = outcome.y.data();
    t.y_stride = 77;
    ssm_compute({}, units(kind), t);
    outcome.carry = test::bits_of(carry);
    outcome.codes = state;
    return outcome;
}

Outcome convolve(UnitKind kind, bool per_tap) {
    Random random(2);
    const auto x = random.codes(std::size_t{21} * 150);
    const auto w = random.codes(std::size_t{150} * 4);
    auto history = random.codes(std::size_t{150} * 4);
    Outcome outcome;
    outcome.codes.resize(std::size_t{21} * 150);
    ConvTile t;
    t.shape = {1, 21, 150};
    t.per_tap_scaling = per_tap;
    t.x = x.data();
    t.x_stride = 150;
    t.history = history.data();
    t.weight = w.data();
    t.bias = w.data();
    t.input_scale = 0.03F;
    t.weight_scale = 0.007F;
    t.bias_scale = 0.004F;
    const std::vector<float> scales(150, 0.02F);
    t.output_scales = scales.data();
    t.output = outcome.codes.data();
    t.output_stride = 150;
    conv_compute({}, units(kind), t);
    return outcome;
}

Outcome normalize(UnitKind kind) {
    Random random(3);
    const auto hidden = random.halves(std::size_t{6} * 333, -3.0F, 3.0F);
    const auto weight = random.halves(333, 0.5F, 1.5F);
    Outcome outcome;
    outcome.codes.resize(std::size_t{6} * 333);
    NormTile t;
    t.shape = {6, 333};
    t.hidden = hidden.data();
    t.weight = weight.data();
    t.output_scale = 0.019F;
    t.output = outcome.codes.data();
    NormConfig config;
    config.sum.tree_width = 16;
    norm_compute(config, units(kind), t);
    return outcome;
}

template <typename Run>
void same_on_every_isa(const Run& run) {
    Outcome first;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        const Outcome outcome = run();
        if (isa == Isa::Baseline) first = outcome;
        EXPECT_TRUE(outcome == first) << name_of(isa);
    }
}

TEST(Isa, EveryKernelHasTheSameBitsForEveryKindOfUnit) {
    for (const UnitKind kind : {UnitKind::Exact, UnitKind::Table, UnitKind::Polynomial}) {
        for (const float extreme : {0.01F, 1.0F, 40.0F}) {
            for (const bool decode : {false, true}) {
                same_on_every_isa([&] { return scan(kind, decode, extreme); });
            }
        }
        for (const bool per_tap : {false, true}) {
            same_on_every_isa([&] { return convolve(kind, per_tap); });
        }
        same_on_every_isa([&] { return normalize(kind); });
    }
}

// This file is compiled for the baseline, where arith::fma is made of double operations.
TEST(Isa, FusedMultiplyAddOfTheBaselineRoundsOnce) {
    std::mt19937 twister(4);
    const auto engine = [&] { return static_cast<std::uint32_t>(twister()); };
    const auto any = [&] {
        // Few exponents and few mantissa bits, so that sums cancel, tie and straddle subnormals.
        const std::uint32_t exponent = engine() % 4 == 0 ? engine() % 255 : 60 + engine() % 12;
        const std::uint32_t mantissa = engine() % 2 == 0 ? engine() : engine() & 0xFFFF0003U;
        const std::uint32_t bits =
            (engine() & 0x80000000U) | (exponent << 23) | (mantissa & 0x7FFFFFU);
        float v = 0;
        std::memcpy(&v, &bits, sizeof(v));
        return v;
    };
    for (int i = 0; i < 2000000; ++i) {
        const float a = any();
        const float b = any();
        const float c = i % 3 == 0 ? -a * b : any();
        const float want = std::fma(a, b, c);
        const float got = arith::fma(a, b, c);
        ASSERT_EQ(test::bits_of(got), test::bits_of(want)) << a << " * " << b << " + " << c;
    }
    EXPECT_EQ(arith::fma(INFINITY, 1.0F, 2.0F), INFINITY);
    EXPECT_EQ(arith::fma(3e38F, 3e38F, -INFINITY), -INFINITY);
    EXPECT_TRUE(std::isnan(arith::fma(INFINITY, 1.0F, -INFINITY)));
    EXPECT_EQ(test::bits_of(arith::fma(0.0F, -1.0F, -0.0F)), 0x80000000U);
}

TEST(Isa, TheKindsOfUnitsDiffer) {
    const Outcome exact = scan(UnitKind::Exact, false, 1.0F);
    const Outcome table = scan(UnitKind::Table, false, 1.0F);
    const Outcome polynomial = scan(UnitKind::Polynomial, false, 1.0F);
    EXPECT_FALSE(exact == table);
    EXPECT_FALSE(exact == polynomial);
    EXPECT_FALSE(table == polynomial);
    EXPECT_FALSE(convolve(UnitKind::Exact, false) == convolve(UnitKind::Table, false));
}

TEST(Isa, BaselineIsAlwaysThereAndNamesAreThoseOfTheEnvironment) {
    EXPECT_TRUE(isa_available(Isa::Baseline));
    EXPECT_STREQ(name_of(Isa::Baseline), "baseline");
    EXPECT_STREQ(name_of(Isa::Avx2), "avx2");
    EXPECT_STREQ(name_of(Isa::Avx512), "avx512");
    for (const Isa isa : {Isa::Avx2, Isa::Avx512}) {
        if (isa_available(isa)) continue;
        EXPECT_THROW(use_isa(isa), std::invalid_argument);
    }
    const test::IsaScope scope(Isa::Baseline);
    EXPECT_EQ(active_isa(), Isa::Baseline);
}

}  // namespace
}  // namespace mambasic::models
