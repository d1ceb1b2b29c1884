// A technology card: what each primitive costs in energy and area, with band and source, from
// hw_config/tech/*.yaml. No physical constant lives in C++.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/common/counts.h"
#include "models/common/units.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

/// Named primitives that a block's area is made of.
enum class Primitive : std::uint8_t {
    Int8MacPe,    // MAC with operand and accumulator registers
    PackedMacPe,  // the same, and it can make two INT4 x INT8 products a cycle instead
    Int32Adder,
    Fp32Adder,
    Fp32Multiplier,
    Fp32Fma,
    Fp32Divider,
    ExpUnit,
    SoftplusUnit,
    SiluUnit,
    RsqrtUnit,
    QuantizeUnit,
    Quantize4Unit,
    CodeMultiplierBit,  // of a code that an FP32 scale multiplies
    HalfConverter,
    RegisterBit,
    RomBit,         // of a constant table, in gates
    ComparatorBit,  // of a position with a group end
    MuxBit,         // 2:1
    SelectBit,      // of each input of a choice whose selection is one-hot
    LookupControl,  // sequencer of a lookup that takes several reads
    PackLane,       // a code of x put into a word, or taken out of one, each cycle
    kCount,
};
constexpr std::size_t kPrimitiveCount = static_cast<std::size_t>(Primitive::kCount);
const char* name_of(Primitive primitive);

struct Technology {
    std::string name;
    double node_nm = 0;
    std::array<Banded, kEventCount> energy_pj{};  // per event; SRAM and DRAM per byte: see below
    std::array<Banded, kPrimitiveCount> area_um2{};
    Banded sram_read_pj_per_bit_base;  // E(pJ/bit) = base + root * sqrt(KiB of a bank)
    Banded sram_read_pj_per_bit_root;
    Banded sram_write_over_read;
    Banded sram_dual_port_energy;             // two ports over one: energy of an access
    std::uint32_t sram_largest_bank_kib = 0;  // where the energy curve stops being right
    Banded sram_macro_area_mm2;               // area(mm2) = macro + per_kib * KiB, for each bank
    Banded sram_area_mm2_per_kib;
    Banded sram_dual_port_area;  // two ports over one: area of a bank
    Banded leakage_mw_per_mib;   // per mebibit
    Banded logic_utilization;    // cell area over placed area
    static Technology parse(YamlMap map);
};

}  // namespace mambasic::models
