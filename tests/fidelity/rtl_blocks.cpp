#include "tests/fidelity/rtl_blocks.h"

namespace mambasic::models::test {

namespace {

using P = Primitive;

constexpr double kScaleBits = 32;
constexpr double kScales = 16;          // 4 x 4 cells
constexpr double kHalfEnds = 8;         // 4 head ends, the 4 dim ends of one head group
constexpr double kExponent = 8.0 / 32;  // an exponent is a quarter of an INT32

double table_bits(const Point& p) { return kScales * kScaleBits + kEnds * p.ends; }

// A sequential lookup: one comparator, and two counters as wide as an end, which wait.
Parts sequential(const Point& p) {
    return {{P::RegisterBit, p.flip_flops},
            {P::ComparatorBit, p.ends},
            {P::MuxBit, 2 * p.ends},
            {P::LookupControl, 1}};
}

Parts with(Parts parts, const Parts& more) {
    parts.insert(parts.end(), more.begin(), more.end());
    return parts;
}

// One of 20 ends and one of 16 scales, by number.
Parts on_a_bus(const Point& p) {
    return {{P::MuxBit, (kEnds - 1) * p.ends + (kScales - 1) * kScaleBits}};
}

Parts parallel(const Point& p) {
    return {{P::RegisterBit, p.flip_flops},
            {P::ComparatorBit, kEnds * p.ends},
            {P::SelectBit, kScales * kScaleBits}};
}

// Four dim ends are chosen by the head's group, then compared.
Parts by_turns(const Point& p) {
    return {{P::RegisterBit, p.flip_flops},
            {P::ComparatorBit, kHalfEnds * p.ends},
            {P::MuxBit, 3 * 4 * p.ends},
            {P::SelectBit, kScales * kScaleBits}};
}

// Two comparators for equality; one of 4 head ends, of 16 dim ends and of 16 scales.
Parts streaming(const Point& p) {
    return {{P::RegisterBit, p.flip_flops},
            {P::ComparatorBit, 2 * p.ends},
            {P::MuxBit, (3 + 15) * p.ends + (kScales - 1) * kScaleBits},
            {P::LookupControl, 1}};
}

// 80 bits in turns of 16: the fifth place of a word's 64 or 80 bits is its own.
Parts gearbox(const Point& p) { return {{P::RegisterBit, p.flip_flops}, {P::MuxBit, 4 * 80.0}}; }

Description fixed(const Parts& parts) {
    return [parts](const Point& /*point*/) { return parts; };
}

const std::map<std::string, Description>& arithmetic() {
    static const std::map<std::string, Description> kBlocks = {
        {"int8 mac", fixed({{P::Int8MacPe, 1}})},
        {"packed mac", fixed({{P::PackedMacPe, 1}})},
        {"int32 adder", fixed({{P::Int32Adder, 1}})},
        {"fp32 adder", fixed({{P::Fp32Adder, 1}})},
        {"fp32 multiplier", fixed({{P::Fp32Multiplier, 1}})},
        {"fp32 fma", fixed({{P::Fp32Fma, 1}})},
        {"exp", fixed({{P::ExpUnit, 1}})},
        {"softplus", fixed({{P::SoftplusUnit, 1}})},
        {"fp32 to int8", fixed({{P::QuantizeUnit, 1}})},
        {"fp32 to int4", fixed({{P::Quantize4Unit, 1}})},
        {"requantize to int8", fixed({{P::Fp32Multiplier, 1}, {P::QuantizeUnit, 1}})},
        {"requantize to int4", fixed({{P::Fp32Multiplier, 1}, {P::Quantize4Unit, 1}})},
        {"dual scale by two multipliers",
         fixed({{P::Fp32Multiplier, 2}, {P::Quantize4Unit, 2}, {P::MuxBit, 4}})},
        {"dual scale by threshold", fixed({{P::Fp32Multiplier, 1},
                                           {P::Quantize4Unit, 1},
                                           {P::ComparatorBit, 31},
                                           {P::MuxBit, 32}})},
        {"dual scale by a power of two", fixed({{P::Fp32Multiplier, 1},
                                                {P::Quantize4Unit, 2},
                                                {P::Int32Adder, kExponent},
                                                {P::MuxBit, 4}})}};
    return kBlocks;
}

// A shift by 0 to 4 is two multiplexers for each bit of the byte but the lowest.
const std::map<std::string, Description>& decoders() {
    static const std::map<std::string, Description> kBlocks = {
        {"scale multiplexer", fixed({{P::MuxBit, 32}})},
        {"16 scale multiplexers", fixed({{P::MuxBit, 16 * 32}})},
        {"int4 x fp32", fixed({{P::CodeMultiplierBit, 4}})},
        {"int5 x fp32", fixed({{P::CodeMultiplierBit, 5}})},
        {"int8 x fp32", fixed({{P::CodeMultiplierBit, 8}})},
        {"int4 x fp32 behind a multiplexer", fixed({{P::CodeMultiplierBit, 4}, {P::MuxBit, 32}})},
        {"exponent adder", fixed({{P::Int32Adder, kExponent}})},
        {"int4 x fp32 behind an exponent adder",
         fixed({{P::CodeMultiplierBit, 4}, {P::Int32Adder, kExponent}})},
        {"int4 shifted to int8", fixed({{P::MuxBit, 14}})},
        {"16 int4 shifted to int8", fixed({{P::MuxBit, 16 * 14}})}};
    return kBlocks;
}

Parts held(const Point& p) { return {{P::RegisterBit, p.flip_flops}, {P::MuxBit, 80}}; }

const std::map<std::string, Description>& lookups_and_packers() {
    static const std::map<std::string, Description> kBlocks = {
        {"direct lookup",
         [](const Point& p) {
             return Parts{{P::RegisterBit, p.flip_flops}};
         }},
        {"tables",
         [](const Point& p) {
             return Parts{{P::RegisterBit, p.flip_flops}, {P::MuxBit, table_bits(p)}};
         }},
        {"sequential lookup", sequential},
        {"sequential lookup on a bus",
         [](const Point& p) { return with(sequential(p), on_a_bus(p)); }},
        {"sequential lookup with tables",
         [](const Point& p) {
             return with(with(sequential(p), on_a_bus(p)), {{P::MuxBit, table_bits(p)}});
         }},
        {"parallel address",
         [](const Point& p) {
             return Parts{{P::RegisterBit, p.flip_flops}, {P::ComparatorBit, kEnds * p.ends}};
         }},
        {"parallel lookup", parallel},
        {"parallel lookup by turns", by_turns},
        {"parallel lookup with tables",
         [](const Point& p) {
             return with(parallel(p), {{P::MuxBit, table_bits(p)}});
         }},
        {"streaming pointer", streaming},
        {"collector", held},
        {"distributor", held},
        {"gearbox 80 to 64", gearbox},
        {"gearbox 64 to 80", gearbox}};
    return kBlocks;
}

}  // namespace

std::map<std::string, Description> rtl_blocks() {
    std::map<std::string, Description> all = arithmetic();
    all.insert(decoders().begin(), decoders().end());
    all.insert(lookups_and_packers().begin(), lookups_and_packers().end());
    return all;
}

}  // namespace mambasic::models::test
