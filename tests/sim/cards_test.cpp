// Every technology card under every chip: what is accepted, and that memories and voltages cost
// what they must in order.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "models/common/cost.h"
#include "models/common/error.h"
#include "sim/clock_check.h"

namespace mambasic::sim {
namespace {

using models::Banded;
using models::MemoryPart;
using models::Technology;

const std::vector<std::string> kCards = {"tsmc7-class", "asap7", "nangate45", "desk-estimate-7nm"};
const std::vector<std::string> kAtBaseClock = {"edge-32x32", "server-128x128", "tiny"};
const std::vector<std::string> kChips = {"edge-32x32", "server-128x128", "tiny", "marca-like",
                                         "lightmamba-like"};

std::vector<std::string> with(const std::string& card, const std::vector<std::string>& more = {}) {
    std::vector<std::string> sets = {"technology=tech/" + card + ".yaml"};
    sets.insert(sets.end(), more.begin(), more.end());
    return sets;
}

// What the chip is refused with by a network that uses all of it, or nothing.
std::string refusal(const std::string& chip, const std::vector<std::string>& sets) {
    try {
        check_clock(ChipConfig::load(chip, sets), {});
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "";
}

// At a clock that every card meets.
ChipConfig slow(const std::string& card, const std::vector<std::string>& more = {}) {
    std::vector<std::string> sets = with(card, more);
    sets.insert(sets.begin(), "clock_ghz=0.1");
    return ChipConfig::load("tiny", sets);
}

class Cards : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, Cards, testing::ValuesIn(kCards), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name) c = c == '-' ? '_' : c;
    return name;
});

TEST_P(Cards, EveryChipRunsAtTheClockThatTheRefusalNames) {
    for (const std::string& chip : kChips) {
        const std::string said = refusal(chip, with(GetParam()));
        if (said.empty()) continue;
        const std::string before = "; lower clock_ghz to ";
        const std::size_t at = said.find(before);
        ASSERT_NE(at, std::string::npos) << said;
        const double clock = std::stod(said.substr(at + before.size()));
        const auto load_at = [&](double ghz) {
            return refusal(chip, with(GetParam(), {"clock_ghz=" + std::to_string(ghz)}));
        };
        EXPECT_EQ(load_at(clock), "");
        EXPECT_NE(load_at(clock * 1.02), "") << "the clock named is the fastest, to three digits";
    }
}

// The usual card takes the chips as they are; the others have slower logic or memories.
TEST(Cards, OfTheShippedChips) {
    for (const std::string& chip : kChips) EXPECT_EQ(refusal(chip, with("tsmc7-class")), "");
    for (const std::string& chip : kAtBaseClock) {
        for (const char* card : {"asap7", "nangate45"}) {
            const std::string said = refusal(chip, with(card));
            const std::string set = std::string("technology=tech/") + card + ".yaml";
            EXPECT_EQ(
                said.find("--set " + set + ": technology: leaves clock_ghz too fast for conv."), 0U)
                << said;
        }
        EXPECT_NE(
            refusal(chip, with("desk-estimate-7nm")).find("an access to a bank takes 1.04 ns"),
            std::string::npos);
    }
}

// 4 taps of fma, a division and the rounding behind a code's multiplication, after placement, and a
// register for each of 24 cycles.
TEST(ClockCheck, AddsAPathAndItsRegisters) {
    const Technology t = slow("asap7").technology;
    const auto delay = [&](models::Primitive p) {
        return t.delay_ns[static_cast<std::size_t>(p)].value;
    };
    using P = models::Primitive;
    const double path = (delay(P::CodeMultiplierBit) + 4 * delay(P::Fp32Fma) +
                         delay(P::Fp32Divider) + delay(P::QuantizeUnit)) *
                        1.4;
    ChipConfig chip = slow("asap7");
    chip.clock_ghz = 10;
    const SlowPath slowest = slow_paths(chip, {}).at(0);
    EXPECT_EQ(slowest.path.key, "conv.pipeline_cycles");
    EXPECT_NEAR(slowest.path.ns, path, 1e-9);
    EXPECT_NEAR(slowest.clock_ghz, 24 / (path + 24 * 0.067), 1e-9);
}

TEST(ClockCheck, NamesTheStageAndWhatWouldDo) {
    const std::string said = refusal("tiny", {"ssm.recurrence_ii_cycles=1", "clock_ghz=0.9"});
    EXPECT_EQ(said.find("--set clock_ghz=0.9: clock_ghz: too fast for ssm.recurrence_ii_cycles: "
                        "recurrence takes 1.9 ns in 1 cycle by tsmc7-class at 0.75 V; lower "
                        "clock_ghz to 0.527, or raise ssm.recurrence_ii_cycles to 2"),
              0U)
        << said;
    EXPECT_EQ(refusal("tiny", {"ssm.recurrence_ii_cycles=1", "clock_ghz=0.527"}), "");
    EXPECT_EQ(refusal("tiny", {"ssm.recurrence_ii_cycles=2", "clock_ghz=0.9"}), "");
}

// A norm, a rotation and the recurrence in one cycle each: 1.9 ns at most are 0.527 GHz.
const std::vector<std::string> kOneCycle = {
    "clock_ghz=0.9", "ssm.recurrence_ii_cycles=1", "gated_norm.sum_ii_cycles=1",
    "rotation.recurrence_ii_cycles=1", "norm.sum_ii_cycles=1"};

std::string said_with(const ClockUses& uses) {
    try {
        check_clock(ChipConfig::load("tiny", kOneCycle), uses);
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "";
}

TEST(ClockCheck, OfManyTheSlowestStandForAll) {
    const std::string said = refusal("tiny", {"clock_ghz=8"});
    EXPECT_NE(said.find(" more by tsmc7-class at 0.75 V; lower clock_ghz to "), std::string::npos)
        << said;
    EXPECT_EQ(said.find("or raise"), std::string::npos) << said;
    EXPECT_LT(said.size(), 600U) << said;
}

TEST(ClockCheck, OfASettingGivenTwiceTheLastCounts) {
    EXPECT_EQ(refusal("tiny", {"clock_ghz=1", "clock_ghz=8"}).find("--set clock_ghz=8: "), 0U);
    const std::string said = refusal("tiny", with("nangate45", {"clock_ghz=1.2", "clock_ghz=0.7"}));
    EXPECT_EQ(said.find("clock_ghz=1.2"), std::string::npos) << said;
}

// An access to a bank of 1 GiB takes more cycles than the key knows.
TEST(ClockCheck, AdvisesNothingThatTheKeyRefuses) {
    const std::string said = refusal(
        "tiny", {"weight_sram.banks=1", "clock_ghz=1.3", "weight_sram.capacity_kib=1048576"});
    EXPECT_NE(said.find("weight_sram.access_cycles: an access"), std::string::npos) << said;
    EXPECT_EQ(said.find("or raise"), std::string::npos) << said;
    EXPECT_NE(said.find("lower clock_ghz to "), std::string::npos) << said;
}

TEST(ClockCheck, TellsAllThatIsTooSlowAtOnce) {
    const std::string said = said_with({});
    for (const char* key : {"ssm.recurrence_ii_cycles", "gated_norm.sum_ii_cycles",
                            "rotation.recurrence_ii_cycles", "norm.sum_ii_cycles"}) {
        EXPECT_NE(said.find(std::string("for ") + key + ": r"), std::string::npos) << said;
        EXPECT_NE(said.find(std::string(key) + " to 2"), std::string::npos) << said;
    }
    EXPECT_EQ(said.find('\n'), std::string::npos);
    std::vector<std::string> raised = {"clock_ghz=0.9"};
    for (std::size_t i = 1; i < kOneCycle.size(); ++i) {
        raised.push_back(kOneCycle[i].substr(0, kOneCycle[i].find('=')) + "=2");
    }
    EXPECT_EQ(refusal("tiny", raised), "") << "what the refusal asks for is enough";
}

TEST(ClockCheck, AsksForNoBlockThatTheNetworkDoesNotUse) {
    Workload work;  // Mamba1 with int8
    work.dims.family = traces::Family::Mamba1;
    const std::string mamba1 = said_with(uses_of(work));
    EXPECT_NE(mamba1.find("norm.sum_ii_cycles"), std::string::npos);
    EXPECT_EQ(mamba1.find("gated_norm"), std::string::npos) << mamba1;
    EXPECT_EQ(mamba1.find("rotation"), std::string::npos) << mamba1;
    work.dims.family = traces::Family::Mamba2;
    EXPECT_NE(said_with(uses_of(work)).find("gated_norm.sum"), std::string::npos);
    work.scale_ranges[0].groups.x.code.format = traces::XFormat::Rotated8;
    EXPECT_NE(said_with(uses_of(work)).find("rotation.rec"), std::string::npos);
}

TEST(ClockCheck, ASlowCardRefusesTheClock) {
    const auto refused = [](const std::string& set) { return refusal("tiny", {set}); };
    for (const char* set :
         {"technology.placement_delay={value: 4, low: 1, high: 4, source: x}",
          "technology.delay_ns.fp32_fma={value: 9, low: 1, high: 9, source: x}",
          "technology.sram.access_ns_1kib={value: 1, low: 0, high: 1, source: x}", "voltage_v=0.5",
          "technology.delay_ns.register_bit={value: 0.9, low: 0, high: 1, source: x}"}) {
        const std::string key = std::string(set).substr(0, std::string(set).find('='));
        EXPECT_EQ(refused(set).find("--set " + std::string(set) + ": " + key +
                                    ": leaves clock_ghz too fast for "),
                  0U)
            << refused(set);
    }
    EXPECT_NE(refused("voltage_v=0.2")
                  .find("voltage_v: '0.2' is no supply of this card; write "
                        "nominal (0.75) or 0.5 to 0.9"),
              std::string::npos);
    EXPECT_NE(refused("voltage_v=high").find("is no supply"), std::string::npos);
    EXPECT_NE(refused("technology.voltage.delay_v3=0").find("delay must fall with voltage"),
              std::string::npos);
}

// Of what its user changed, what the path hangs on; else the clock's own line.
TEST(ClockCheck, PointsAtWhatTheUserWrote) {
    const std::string energy =
        "technology.energy_pj.fp32_fma={value: 9, low: 1, high: 9, source: x}";
    const std::string one_cycle = "ssm.recurrence_ii_cycles=1";
    EXPECT_EQ(refusal("tiny", {energy, one_cycle})
                  .find("--set ssm.recurrence_ii_cycles=1: ssm.recurrence_ii_cycles: leaves "
                        "clock_ghz too fast for ssm.recurrence_ii_cycles: recurrence takes"),
              0U);
    EXPECT_EQ(refusal("tiny", {"weight_sram.capacity_kib=65536"})
                  .find("--set weight_sram.capacity_kib=65536: weight_sram.capacity_kib: leaves "
                        "clock_ghz too fast for weight_sram.access_cycles: an access"),
              0U);
    const std::string file = testing::TempDir() + "/slow_recurrence.yaml";
    std::ofstream(file)
        << "extends: chips/tiny.yaml\nname: slow\nssm:\n  recurrence_ii_cycles: 1\n";
    EXPECT_EQ(refusal(file, {}).find(file + ":4:25: ssm.recurrence_ii_cycles: leaves clock_ghz"),
              0U)
        << refusal(file, {});
    EXPECT_EQ(refusal(file, {"clock_ghz=0.9"}).find("--set clock_ghz=0.9: clock_ghz: too fast"),
              0U);
    std::filesystem::remove(file);
}

void expect_not_less(const Banded& small, const Banded& large, const std::string& what) {
    EXPECT_LE(small.value, large.value * (1 + 1e-12)) << what;
}

// Energy of an access of the whole word, area, access time, leakage.
void expect_order(const Technology& t, const MemoryPart& small, const MemoryPart& large,
                  const std::string& what) {
    const auto access = [&](const MemoryPart& part, bool write) {
        const models::BytePrices byte = byte_prices(t, part);
        return (write ? byte.write_pj : byte.read_pj) * (part.word_bits / 8.0);
    };
    expect_not_less(access(small, false), access(large, false), what + ": read");
    expect_not_less(access(small, true), access(large, true), what + ": write");
    expect_not_less(area_mm2(t, small), area_mm2(t, large), what + ": area");
    expect_not_less(access_ns(t, small), access_ns(t, large), what + ": access time");
    expect_not_less(leakage_mw(t, small), leakage_mw(t, large), what + ": leakage");
}

TEST_P(Cards, LargerMemoriesCostNoLess) {
    const Technology t = slow(GetParam()).technology;
    const std::vector<double> sizes_kib = {1.0 / 256, 1.0 / 128, 0.0625, 0.125, 0.13, 0.25, 1,
                                           8,         63,        64,     65,    256,  4096};
    for (const std::uint32_t ports : {1U, 2U}) {
        for (const std::uint32_t bits : {8U, 32U, 64U, 512U}) {
            for (std::size_t i = 0; i + 1 < sizes_kib.size(); ++i) {
                const MemoryPart part{"m", 4, sizes_kib[i], ports, bits, true};
                MemoryPart other = part;
                other.kib_per_bank = sizes_kib[i + 1];
                expect_order(t, part, other, std::to_string(sizes_kib[i]) + " KiB");
                other = part;
                other.word_bits = 2 * bits;
                expect_order(t, part, other, "wider");
                other = part;
                other.ports = 2;
                expect_order(t, part, other, "more ports");
                other = part;
                other.banks = 8;
                expect_order(t, part, other, "more banks of this size");
            }
        }
    }
}

// The same capacity in more banks: more area, and no slower.
TEST_P(Cards, BanksCostAreaAndSaveTime) {
    const Technology t = slow(GetParam()).technology;
    const MemoryPart one{"m", 1, 1024, 1, 64, true};
    const MemoryPart many{"m", 16, 64, 1, 64, true};
    EXPECT_LE(area_mm2(t, one).value, area_mm2(t, many).value);
    EXPECT_GE(access_ns(t, one).value, access_ns(t, many).value);
}

TEST_P(Cards, AHigherVoltageCostsEnergyAndSavesTime) {
    const models::VoltageRule rule = slow(GetParam()).technology.voltage;
    constexpr int kSteps = 8;
    for (int i = 0; i < kSteps; ++i) {
        const double step = (rule.highest_v - rule.lowest_v) / kSteps;
        const auto low = voltage_factors(rule, rule.lowest_v + step * i);
        const auto high = voltage_factors(rule, rule.lowest_v + step * (i + 1));
        EXPECT_LT(low.energy, high.energy);
        EXPECT_GT(low.delay, high.delay);
        EXPECT_LT(low.leakage.value, high.leakage.value);
        EXPECT_LE(low.leakage.low, low.leakage.value);
        EXPECT_LE(low.leakage.value, low.leakage.high);
    }
    const auto nominal = voltage_factors(rule, rule.nominal_v);
    EXPECT_EQ(nominal.energy, 1);
    EXPECT_EQ(nominal.delay, 1);
    EXPECT_EQ(nominal.leakage.value, 1);
}

// Stillmaker and Baas at 7 nm, by hand: energy 0.05614 at 0.75 V and 0.06536 at 0.8 V, delay 3.0255
// and 2.873; leakage with the square.
TEST(Voltage, ScalesEnergyDelayAndLeakage) {
    const Technology usual = slow("tsmc7-class").technology;
    const Technology t = slow("tsmc7-class", {"voltage_v=0.8"}).technology;
    const double energy =
        (0.1776 * 0.64 - 0.09097 * 0.8 + 0.02447) / (0.1776 * 0.5625 - 0.09097 * 0.75 + 0.02447);
    const double delay = (-28.58 * 0.512 + 76.6 * 0.64 - 70.26 * 0.8 + 24.69) /
                         (-28.58 * 0.421875 + 76.6 * 0.5625 - 70.26 * 0.75 + 24.69);
    const auto mac = static_cast<std::size_t>(models::Event::Int8Mac);
    const auto fma = static_cast<std::size_t>(models::Primitive::Fp32Fma);
    EXPECT_NEAR(t.energy_pj[mac].value, 0.2 * energy, 1e-9);
    EXPECT_NEAR(t.energy_pj[mac].high, 0.28 * energy, 1e-9);
    EXPECT_NEAR(t.delay_ns[fma].value, usual.delay_ns[fma].value * delay, 1e-9);
    EXPECT_GT(energy, 1.1);
    EXPECT_LT(delay, 0.97);
    const MemoryPart bank{"m", 4, 64, 2, 64, true};
    EXPECT_NEAR(byte_prices(t, bank).write_pj.value,
                byte_prices(usual, bank).write_pj.value * energy, 1e-9);
    EXPECT_NEAR(access_ns(t, bank).value, access_ns(usual, bank).value * delay, 1e-9);
    const double square = 0.8 * 0.8 / (0.75 * 0.75);
    EXPECT_NEAR(leakage_mw(t, bank).value, leakage_mw(usual, bank).value * square, 1e-9);
    EXPECT_EQ(area_mm2(t, bank).value, area_mm2(usual, bank).value);
}

}  // namespace
}  // namespace mambasic::sim
