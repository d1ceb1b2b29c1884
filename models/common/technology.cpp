#include "models/common/technology.h"

namespace mambasic::models {

namespace {

struct PricedEvent {
    Event event;
    const char* what;
};

// Events that a card prices. SRAM and DRAM bytes are priced by the geometry of their memory; a
// saturation and a flag are counts of what happened, not operations.
constexpr std::array<PricedEvent, 19> kPricedEvents = {
    {{Event::Int8Mac, "INT8 multiply and INT32 accumulate, operand and accumulator registers in"},
     {Event::Int4Mac, "INT4 x INT8 multiply and INT32 accumulate, registers in"},
     {Event::Int32Add, "INT32 addition"},
     {Event::Fp32Add, "FP32 addition"},
     {Event::Fp32Mul, "FP32 multiplication"},
     {Event::Fp32Fma, "FP32 fused multiply-add"},
     {Event::Fp32Div, "FP32 division, correctly rounded"},
     {Event::Exp, "FP32 exponential in an exact unit"},
     {Event::Softplus, "FP32 softplus in an exact unit"},
     {Event::Silu, "FP32 SiLU in an exact unit"},
     {Event::Rsqrt, "FP32 reciprocal square root in an exact unit"},
     {Event::QuantizeInt8, "FP32 to INT8: round and clamp"},
     {Event::QuantizeInt4, "FP32 to 4 or 5 bits: round and clamp"},
     {Event::CodeMulBit, "one bit of a code in its multiplication by an FP32 scale"},
     {Event::HalfConvert, "conversion between FP32 and FP16"},
     {Event::ScaleSelect, "choice of one of two FP32 scales by a flag"},
     {Event::PackCode, "a code of x put into a word, or taken out of one"},
     {Event::RegisterWord, "32 bits of register that take a new value"},
     {Event::ScaleLookup, "read of one FP32 scale from a register"}}};

constexpr std::array<const char*, kPrimitiveCount> kPrimitiveNames = {
    "int8_mac_pe",     "packed_mac_pe",
    "int32_adder",     "fp32_adder",
    "fp32_multiplier", "fp32_fma",
    "fp32_divider",    "exp_unit",
    "softplus_unit",   "silu_unit",
    "rsqrt_unit",      "quantize_unit",
    "quantize4_unit",  "code_multiplier_bit",
    "half_converter",  "register_bit",
    "rom_bit",         "comparator_bit",
    "mux_bit",         "select_bit",
    "lookup_control",  "pack_lane"};

constexpr std::array<const char*, kPrimitiveCount> kPrimitiveTexts = {
    "INT8 MAC with operand and accumulator registers",
    "INT8 MAC that can make two INT4 x INT8 products a cycle instead",
    "INT32 adder",
    "FP32 adder",
    "FP32 multiplier",
    "FP32 fused multiply-add",
    "FP32 divider, correctly rounded, one result a cycle",
    "exact exponential unit, one result a cycle",
    "exact softplus unit, one result a cycle",
    "exact SiLU unit, one result a cycle",
    "exact reciprocal square root unit, one result a cycle",
    "FP32 to INT8 converter with clamp",
    "FP32 to 4 or 5 bits converter with clamp",
    "one bit of a code in a multiplier by an FP32 scale",
    "converter between FP32 and FP16",
    "one bit of register",
    "one bit of a constant table in gates",
    "one bit of a comparator of group ends",
    "one bit of a 2:1 multiplexer",
    "one bit of each input of a choice whose selection is one-hot",
    "sequencer of a lookup that takes several reads",
    "a code of x put into a word, or taken out of one, a cycle"};

// On the paths of sim/stages.cpp; the delay of a whole 32-bit operation where the
// primitive is one bit of it.
constexpr std::array<Primitive, 20> kTimedPrimitives = {
    Primitive::Int8MacPe,     Primitive::PackedMacPe,       Primitive::Int32Adder,
    Primitive::Fp32Adder,     Primitive::Fp32Multiplier,    Primitive::Fp32Fma,
    Primitive::Fp32Divider,   Primitive::ExpUnit,           Primitive::SoftplusUnit,
    Primitive::SiluUnit,      Primitive::RsqrtUnit,         Primitive::QuantizeUnit,
    Primitive::Quantize4Unit, Primitive::CodeMultiplierBit, Primitive::HalfConverter,
    Primitive::RegisterBit,   Primitive::ComparatorBit,     Primitive::MuxBit,
    Primitive::LookupControl, Primitive::PackLane};

void take_primitives(Technology& t, YamlMap& map) {
    YamlMap area = map.take_map("area_um2", "cell area of one primitive, before placement");
    for (std::size_t i = 0; i < kPrimitiveCount; ++i) {
        t.area_um2[i] = area.take_banded(kPrimitiveNames[i], "um2", kPrimitiveTexts[i]);
    }
    area.finish();
    YamlMap delay = map.take_map("delay_ns", "operand to result through one primitive, unplaced");
    for (const Primitive primitive : kTimedPrimitives) {
        const auto i = static_cast<std::size_t>(primitive);
        t.delay_ns[i] = delay.take_banded(kPrimitiveNames[i], "ns", kPrimitiveTexts[i]);
    }
    delay.finish();
    t.placement_delay = map.take_banded("placement_delay", "ratio",
                                        "a path after placement over that before, by its wires");
}

PlausibleRanges take_plausible(YamlMap map) {
    PlausibleRanges p;
    p.mac_pj = map.take_banded("mac_pj", "pJ",
                               "energy of the chip for each multiplication of a network's "
                               "projections; a report outside says so");
    p.dram_byte_pj = map.take_banded("dram_byte_pj", "pJ",
                                     "energy of the DRAM for each byte; a report outside says so");
    p.utilization = map.take_banded("utilization", "ratio",
                                    "of the MAC array in prefill, of the DRAM in decode; a report "
                                    "outside says so");
    map.finish();
    return p;
}

void scale(Banded& figure, double factor) { figure = figure * factor; }

}  // namespace

const char* name_of(Primitive primitive) {
    return kPrimitiveNames.at(static_cast<std::size_t>(primitive));
}

Technology Technology::parse(YamlMap map) {
    Technology t;
    t.name = map.take_text("name", "name of the card, as reports show it");
    t.node_nm = map.take_double("node_nm", 1, 250, "nm", "process node, for people");
    t.voltage = VoltageRule::parse(map.take_map("voltage", "how figures go with the supply"));
    YamlMap energy = map.take_map("energy_pj", "energy of one operation");
    for (const PricedEvent& priced : kPricedEvents) {
        t.energy_pj[static_cast<std::size_t>(priced.event)] =
            energy.take_banded(name_of(priced.event), "pJ", priced.what);
    }
    energy.finish();
    take_primitives(t, map);
    t.sram =
        MemoryCard::parse(map.take_map("sram", "on-chip SRAM: energy, area, time and leakage"));
    t.logic_utilization =
        map.take_banded("logic_utilization", "ratio", "cell area over placed area");
    if (t.logic_utilization.low <= 0 || t.logic_utilization.high > 1) {
        map.reject("logic_utilization", "must lie above 0 and not above 1");
    }
    t.plausible = take_plausible(map.take_map("plausible", "what a report is held against"));
    map.finish();
    return t;
}

Technology Technology::at(double voltage_v) const {
    const VoltageFactors factors = voltage_factors(voltage, voltage_v);
    Technology t = *this;
    for (Banded& energy : t.energy_pj) scale(energy, factors.energy);
    for (Banded* energy : {&t.sram.read_pj_per_bit_base, &t.sram.read_pj_per_bit_root,
                           &t.sram.read_pj_per_bit_doubling, &t.sram.wire_pj_per_bit_mm,
                           &t.sram.flipflop_pj_per_bit}) {
        scale(*energy, factors.energy);
    }
    for (Banded& delay : t.delay_ns) scale(delay, factors.delay);
    scale(t.sram.access_ns_1kib, factors.delay);
    scale(t.sram.flipflop_access_ns, factors.delay);
    t.sram.leakage_mw_per_mib = product(t.sram.leakage_mw_per_mib, factors.leakage);
    return t;
}

}  // namespace mambasic::models
