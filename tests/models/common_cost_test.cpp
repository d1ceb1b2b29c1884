// Prices, areas and the names behind them, against sums made by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/common/cost.h"
#include "models/common/sha256.h"
#include "models/nonlinear/nonlinear_cost.h"
#include "tests/models/user_error.h"

namespace mambasic::models {
namespace {

MemoryCard simple_memory() {
    MemoryCard m;
    m.reference_word_bits = 64;
    m.read_pj_per_bit_base = {0.02, 0.01, 0.04};
    m.read_pj_per_bit_root = {0.01, 0.005, 0.02};
    m.root_up_to_kib = 64;
    m.read_pj_per_bit_doubling = {0.025, 0.02, 0.03};
    m.access_overhead_bits = {64, 0, 128};
    m.write_over_read = {1.5, 1, 2};
    m.dual_port_energy = {1.25, 1, 2};
    m.wire_pj_per_bit_mm = {0.1, 0.05, 0.2};
    m.macro_area_mm2 = {0.001, 0.0005, 0.002};
    m.area_mm2_per_kib = {0.0004, 0.0003, 0.0006};
    m.area_um2_per_word_bit = {1, 0.5, 2};
    m.dual_port_area = {2, 1.5, 2.5};
    m.access_ns_1kib = {0.1, 0.05, 0.2};
    m.access_exponent = 0.5;
    m.dual_port_access = {1.1, 1, 1.5};
    m.leakage_mw_per_mib = {1, 0.5, 3};
    m.dual_port_leakage = {1.2, 1, 1.5};
    m.flipflop_bytes = 128;
    m.flipflop_pj_per_bit = {0.004, 0.003, 0.005};
    m.flipflop_access_ns = {0.04, 0.03, 0.05};
    return m;
}

Technology simple_card() {
    Technology t;
    for (std::size_t i = 0; i < kEventCount; ++i) {
        const auto x = static_cast<double>(i + 1);
        t.energy_pj[i] = {x, x / 2, x * 2};
    }
    for (std::size_t i = 0; i < kPrimitiveCount; ++i) {
        const double x = 100.0 * static_cast<double>(i + 1);
        t.area_um2[i] = {x, x / 2, x * 2};
    }
    t.sram = simple_memory();
    t.logic_utilization = {0.5, 0.4, 0.8};
    return t;
}

TEST(Cost, AreaOfLogicIsCellsOverUtilization) {
    const Technology t = simple_card();
    const double cell = t.area_um2[static_cast<std::size_t>(Primitive::Fp32Adder)].value;
    const Banded area = area_mm2(t, LogicPart{"adders", Primitive::Fp32Adder, 3});
    EXPECT_DOUBLE_EQ(area.value, 3 * cell / 0.5 / 1e6);
    EXPECT_DOUBLE_EQ(area.low, 3 * (cell / 2) / 0.8 / 1e6);
    EXPECT_DOUBLE_EQ(area.high, 3 * (cell * 2) / 0.4 / 1e6);
}

TEST(Cost, AreaOfMemoryCountsItsBanks) {
    const Technology t = simple_card();
    const double bank = 0.001 + 0.0004 * 16 + 64e-6;  // columns: 1 um2 for each bit of the word
    EXPECT_DOUBLE_EQ(area_mm2(t, MemoryPart{"m", 4, 16, 1}).value, 4 * bank);
    EXPECT_DOUBLE_EQ(area_mm2(t, MemoryPart{"m", 4, 16, 2}).value, 2 * 4 * bank);
    EXPECT_DOUBLE_EQ(area_mm2(t, MemoryPart{"m", 4, 16, 1, 128}).value, 4 * (bank + 64e-6));
    const AreaParts parts{{{"a", Primitive::Fp32Adder, 1}}, {{"m", 4, 16, 1}}};
    EXPECT_DOUBLE_EQ(area_mm2(t, parts).value,
                     area_mm2(t, parts.logic[0]).value + area_mm2(t, parts.memory[0]).value);
}

TEST(Cost, EnergyOfAByteGrowsWithTheRootOfTheBank) {
    const BytePrices prices = byte_prices(simple_card(), {"m", 4, 16, 1});
    EXPECT_DOUBLE_EQ(prices.read_pj.value, 8 * (0.02 + 0.01 * 4));
    EXPECT_DOUBLE_EQ(prices.write_pj.value, 1.5 * 8 * (0.02 + 0.01 * 4));
    EXPECT_DOUBLE_EQ(prices.write_pj.high, 2 * 8 * (0.04 + 0.02 * 4));
    EXPECT_DOUBLE_EQ(byte_prices(simple_card(), {"m", 4, 16, 2}).read_pj.value,
                     1.25 * 8 * (0.02 + 0.01 * 4));
    EXPECT_DOUBLE_EQ(leakage_mw(simple_card(), {"m", 4, 64, 1}).value, 2.0);  // 256 KiB = 2 Mibit
    EXPECT_DOUBLE_EQ(leakage_mw(simple_card(), {"m", 4, 64, 2}).value, 2.4);
}

TEST(Cost, EnergyOfAByteGrowsWithDoublingsOfALargeBank) {
    const Technology t = simple_card();
    EXPECT_DOUBLE_EQ(byte_prices(t, {"m", 1, 64, 1}).read_pj.value, 8 * 0.10);
    EXPECT_DOUBLE_EQ(byte_prices(t, {"m", 1, 1024, 1}).read_pj.value, 8 * (0.10 + 4 * 0.025));
    EXPECT_DOUBLE_EQ(byte_prices(t, {"m", 1, 1024, 1}).read_pj.low, 8 * (0.05 + 4 * 0.02));
}

// An access costs 64 bits whatever its width: of 32 bits it costs 96 / 128 of one of 64.
TEST(Cost, AnAccessIsPricedByItsOwnWidth) {
    const Technology t = simple_card();
    const double bit = 0.02 + 0.01 * 4;
    const auto access = [&](std::uint32_t bits) {
        const Banded byte = byte_prices(t, {"m", 1, 16, 1, bits}).read_pj;
        return byte * (bits / 8.0);
    };
    EXPECT_DOUBLE_EQ(access(64).value, 64 * bit);
    EXPECT_DOUBLE_EQ(access(32).value, 64 * bit * 96 / 128);
    EXPECT_DOUBLE_EQ(access(128).value, 64 * bit * 192 / 128);
    // The band: no overhead at all, or twice as much; a narrow word is cheapest without one.
    EXPECT_DOUBLE_EQ(access(32).low, 64 * (0.01 + 0.005 * 4) * 32 / 64);
    EXPECT_DOUBLE_EQ(access(32).high, 64 * (0.04 + 0.02 * 4) * 160 / 192);
    EXPECT_DOUBLE_EQ(access(128).low, 64 * (0.01 + 0.005 * 4) * 256 / 192);
    EXPECT_DOUBLE_EQ(access(128).high, 64 * (0.04 + 0.02 * 4) * 128 / 64);
}

TEST(Cost, ASharedMemoryPaysForHalfOfItsSide) {
    const Technology t = simple_card();
    const MemoryPart own{"m", 100, 16, 1, 64, false};
    MemoryPart shared = own;
    shared.shared = true;
    const double side = std::sqrt(100 * (0.001 + 0.0004 * 16 + 64e-6));
    const double wire = 8 * 0.1 * side / 2;
    const BytePrices near = byte_prices(t, own);
    const BytePrices far = byte_prices(t, shared);
    EXPECT_NEAR(far.read_pj.value - near.read_pj.value, wire, 1e-12);
    EXPECT_NEAR(far.write_pj.value - near.write_pj.value, wire, 1e-12);
    EXPECT_DOUBLE_EQ(area_mm2(t, shared).value, area_mm2(t, own).value);
}

TEST(Cost, SmallBanksAreFlipFlops) {
    const Technology t = simple_card();
    const double cell = t.area_um2[static_cast<std::size_t>(Primitive::RegisterBit)].value;
    const MemoryPart small{"m", 3, 0.125, 2, 8};  // 128 bytes
    EXPECT_DOUBLE_EQ(area_mm2(t, small).value, 3 * 1024 * cell / 0.5 / 1e6);
    EXPECT_DOUBLE_EQ(byte_prices(t, small).read_pj.value, 8 * 0.004);
    EXPECT_DOUBLE_EQ(byte_prices(t, small).write_pj.high, 8 * 0.005);
    EXPECT_DOUBLE_EQ(access_ns(t, small).value, 0.04);
}

TEST(Cost, AccessTimeGrowsWithTheBank) {
    const Technology t = simple_card();
    EXPECT_DOUBLE_EQ(access_ns(t, {"m", 8, 16, 1}).value, 0.4);
    EXPECT_DOUBLE_EQ(access_ns(t, {"m", 8, 16, 2}).value, 0.4 * 1.1);
    EXPECT_DOUBLE_EQ(access_ns(t, {"m", 8, 16, 2}).high, 0.8 * 1.5);
}

TEST(Cost, EnergyIsTheSumOverEvents) {
    EventPrices prices = logic_prices(simple_card(), {});
    Counts counts;
    counts[Event::Int8Mac] = 10;
    counts[Event::Exp] = 3;
    const double exp = prices[Event::Exp].value;
    EXPECT_DOUBLE_EQ(energy_pj(prices, counts).value, 10 * 1 + 3 * exp);
    EXPECT_DOUBLE_EQ(energy_pj(prices, counts).low, (10 * 1 + 3 * exp) / 2);
    prices[Event::DramReadBytes] = {7, 6, 8};
    counts[Event::DramReadBytes] = 100;
    EXPECT_DOUBLE_EQ(energy_pj(prices, counts).value, 10 * 1 + 3 * exp + 700);
}

TEST(Cost, ApproximateUnitsArePricedByTheirParts) {
    const Technology t = simple_card();
    const auto event = [&](Event e) { return t.energy_pj[static_cast<std::size_t>(e)].value; };
    NonlinearConfig c;
    c.exp = {UnitKind::Table, 64, 3, 4};
    EventPrices prices = logic_prices(t, c);
    EXPECT_DOUBLE_EQ(prices[Event::Exp].value,
                     event(Event::Fp32Mul) + event(Event::Fp32Add) + 3 * event(Event::Fp32Fma));
    EXPECT_DOUBLE_EQ(prices[Event::Silu].value, event(Event::Silu));  // exact: the card's
    c.silu = {UnitKind::Polynomial, 64, 3, 4};
    EXPECT_DOUBLE_EQ(logic_prices(t, c)[Event::Silu].value,
                     event(Event::Fp32Add) + 4 * event(Event::Fp32Fma));
    const auto rom = [](const std::vector<LogicPart>& parts) {
        for (const LogicPart& part : parts) {
            if (part.primitive == Primitive::RomBit) return part.count;
        }
        return 0.0;
    };
    EXPECT_EQ(rom(nonlinear_parts(c, NonlinearFunction::Exp, 2)), 2 * 64 * 64);
    EXPECT_EQ(rom(nonlinear_parts(c, NonlinearFunction::Silu, 1)), 32 * 4 * 32);
    EXPECT_EQ(rom(nonlinear_parts(c, NonlinearFunction::Rsqrt, 1)), 0);
    const auto exact = nonlinear_parts(c, NonlinearFunction::Rsqrt, 3);
    ASSERT_EQ(exact.size(), 1U);
    EXPECT_EQ(exact[0].primitive, Primitive::RsqrtUnit);
    EXPECT_EQ(exact[0].count, 3);
}

TEST(Cost, NamesAreDistinct) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < kEventCount; ++i) names.insert(name_of(static_cast<Event>(i)));
    EXPECT_EQ(names.size(), kEventCount);
    EXPECT_EQ(std::string(name_of(Event::Saturated)), "saturated");
    EXPECT_EQ(std::string(name_of(Event::StateReadBytes)), "state_read_bytes");
    std::set<std::string> primitives;
    for (std::size_t i = 0; i < kPrimitiveCount; ++i) {
        primitives.insert(name_of(static_cast<Primitive>(i)));
    }
    EXPECT_EQ(primitives.size(), kPrimitiveCount);
    EXPECT_EQ(std::string(name_of(Primitive::RomBit)), "rom_bit");
}

TEST(Sha256, KnownDigests) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Check, FailsWithPlaceAndReason) {
    try {
        MAMBASIC_CHECK(1 + 1 == 3, "arithmetic");
        FAIL() << "passed";
    } catch (const InternalError& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("common_cost_test.cpp:"), std::string::npos);
        EXPECT_NE(text.find("arithmetic (broken: 1 + 1 == 3)"), std::string::npos);
    }
}

}  // namespace
}  // namespace mambasic::models
