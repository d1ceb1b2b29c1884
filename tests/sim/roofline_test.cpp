#include "sim/roofline.h"

#include <gtest/gtest.h>

#include <string>

namespace mambasic::sim {
namespace {

using models::Counts;
using models::Event;

TEST(Roofline, AMultiplyAddIsTwoOperations) {
    Counts counts;
    counts[Event::Int8Mac] = 10;
    counts[Event::Int4Mac] = 100;
    counts[Event::Fp32Fma] = 1000;
    EXPECT_EQ(operations_of(counts), 2 * 1110U);
}

TEST(Roofline, OtherArithmeticIsOneAndMovesAreNone) {
    Counts counts;
    std::uint64_t each = 1;
    for (const Event e : {Event::Int32Add, Event::Fp32Add, Event::Fp32Mul, Event::Fp32Div,
                          Event::Exp, Event::Softplus, Event::Silu, Event::Rsqrt}) {
        counts[e] = each;
        each *= 10;
    }
    for (const Event e :
         {Event::QuantizeInt8, Event::QuantizeInt4, Event::CodeMulBit, Event::HalfConvert,
          Event::ScaleSelect, Event::PackCode, Event::RegisterWord, Event::ScaleLookup,
          Event::SramReadBytes, Event::StateWriteBytes, Event::DramReadBytes, Event::Saturated}) {
        counts[e] = 5;
    }
    EXPECT_EQ(operations_of(counts), 11111111U);
}

ChipConfig chip(const std::vector<std::string>& settings) {
    return ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/edge-32x32.yaml", settings);
}

// 32 x 32 MACs; LPDDR5-6400 has 8 bytes, 6.4e9 times a second: 51.2 bytes a cycle of 1 ns.
TEST(Roofline, PeaksAreThoseOfTheArrayAndTheInterface) {
    const reports::Peaks peaks = peaks_of(chip({}), false);
    EXPECT_EQ(peaks.mac_operations_per_cycle, 2048U);
    EXPECT_DOUBLE_EQ(peaks.dram_bytes_per_cycle, 51.2);
    EXPECT_DOUBLE_EQ(peaks_of(chip({"clock_ghz=0.5"}), false).dram_bytes_per_cycle, 102.4);
    EXPECT_EQ(peaks_of(chip({"gemm.rows=16"}), false).mac_operations_per_cycle, 1024U);
}

TEST(Roofline, PackedMacsMakeTwoProductsOfFourBitWeights) {
    const ChipConfig packed = chip({"gemm.int4_macs_per_mac=2"});
    EXPECT_EQ(peaks_of(packed, true).mac_operations_per_cycle, 4096U);
    EXPECT_EQ(peaks_of(packed, false).mac_operations_per_cycle, 2048U);
}

}  // namespace
}  // namespace mambasic::sim
