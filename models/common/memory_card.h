// What a technology card says of on-chip memory: rules for the energy, area, leakage and access
// time of one bank by its capacity, word and ports (models/common/cost.h applies them). Not
// modelled: redundancy, ECC, sense margins, the least voltage that cells hold their bits at.
#pragma once

#include <cstdint>

#include "models/common/units.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

struct MemoryCard {
    std::uint32_t reference_word_bits = 0;  // what the rule for energy was fitted to

    // E(pJ/bit) = base + root sqrt(KiB) up to root_up_to_kib, then so much more for each doubling.
    Banded read_pj_per_bit_base;
    Banded read_pj_per_bit_root;
    std::uint32_t root_up_to_kib = 0;
    Banded read_pj_per_bit_doubling;
    Banded access_overhead_bits;  // what an access costs whatever its width, as bits of its word
    Banded write_over_read;
    Banded dual_port_energy;    // two ports over one
    Banded wire_pj_per_bit_mm;  // between the banks of a shared memory and its edge

    // area(mm2) = macro + per_kib KiB + per_word_bit bits
    Banded macro_area_mm2;
    Banded area_mm2_per_kib;
    Banded area_um2_per_word_bit;
    Banded dual_port_area;

    // t(ns) = access_ns_1kib KiB ^ access_exponent, from 1 KiB on
    Banded access_ns_1kib;
    double access_exponent = 0;
    Banded dual_port_access;

    Banded leakage_mw_per_mib;  // per mebibit
    Banded dual_port_leakage;

    // Banks up to this size are flip-flops.
    std::uint32_t flipflop_bytes = 0;
    Banded flipflop_pj_per_bit;
    Banded flipflop_access_ns;

    static MemoryCard parse(YamlMap map);
};

}  // namespace mambasic::models
