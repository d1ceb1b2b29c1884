// A technology card: what each primitive costs in energy and area, with band and source, from
// hw_config/tech/*.yaml. No physical constant lives in C++.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/common/counts.h"
#include "models/common/memory_card.h"
#include "models/common/units.h"
#include "models/common/voltage.h"
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

/// Outside of these a report's figure is doubted: either the card or the chip is odd.
struct PlausibleRanges {
    Banded mac_pj;        // energy on the chip, over the network's multiplications
    Banded dram_byte_pj;  // energy of the DRAM, over its bytes
    Banded utilization;   // of the MAC array in prefill, of the DRAM in decode
};

struct Technology {
    std::string name;
    double node_nm = 0;
    VoltageRule voltage;
    std::array<Banded, kEventCount> energy_pj{};  // per event; SRAM and DRAM per byte: see below
    std::array<Banded, kPrimitiveCount> area_um2{};
    std::array<Banded, kPrimitiveCount> delay_ns{};  // 0: on no path that is looked at
    Banded placement_delay;                          // path after placement over that before
    MemoryCard sram;
    Banded logic_utilization;  // cell area over placed area
    PlausibleRanges plausible;
    static Technology parse(YamlMap map);
    /// The same card at another voltage: energies, delays and leakage.
    Technology at(double voltage_v) const;
};

}  // namespace mambasic::models
