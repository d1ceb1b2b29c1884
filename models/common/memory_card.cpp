#include "models/common/memory_card.h"

namespace mambasic::models {

namespace {

void take_energy(MemoryCard& m, YamlMap& map) {
    m.read_pj_per_bit_base =
        map.take_banded("read_pj_per_bit_base", "pJ/bit",
                        "energy of a read = base + root * sqrt(KiB of a bank), up to "
                        "root_up_to_kib");
    m.read_pj_per_bit_root =
        map.take_banded("read_pj_per_bit_root", "pJ/bit", "see read_pj_per_bit_base");
    m.root_up_to_kib = map.take_u32("root_up_to_kib", 1, 65536, "KiB",
                                    "bank above which the energy of a bit grows by doublings");
    m.read_pj_per_bit_doubling =
        map.take_banded("read_pj_per_bit_doubling", "pJ/bit",
                        "what each doubling of a bank above root_up_to_kib adds");
    m.access_overhead_bits =
        map.take_banded("access_overhead_bits", "bits",
                        "what an access costs whatever its width, as bits of its word");
    m.write_over_read =
        map.take_banded("write_over_read", "ratio", "energy of a write over that of a read");
    m.dual_port_energy = map.take_banded(
        "dual_port_energy", "ratio", "access energy of a bank with two ports over one with one");
    m.wire_pj_per_bit_mm =
        map.take_banded("wire_pj_per_bit_mm", "pJ/bit/mm",
                        "wires across a scratchpad, over half the side of its square");
}

void take_area(MemoryCard& m, YamlMap& map) {
    m.macro_area_mm2 = map.take_banded(
        "macro_area_mm2", "mm2",
        "area of a bank = macro_area_mm2 + area_mm2_per_kib * KiB + area_um2_per_word_bit * bits");
    m.area_mm2_per_kib = map.take_banded("area_mm2_per_kib", "mm2/KiB", "see macro_area_mm2");
    m.area_um2_per_word_bit =
        map.take_banded("area_um2_per_word_bit", "um2",
                        "periphery of the columns that a word takes; see macro_area_mm2");
    m.dual_port_area = map.take_banded("dual_port_area", "ratio",
                                       "area of a bank with two ports over one with one");
}

void take_time(MemoryCard& m, YamlMap& map) {
    m.access_ns_1kib =
        map.take_banded("access_ns_1kib", "ns",
                        "access time of a bank = access_ns_1kib * KiB ^ access_exponent, "
                        "from 1 KiB on");
    m.access_exponent =
        map.take_double("access_exponent", 0, 1, "ratio", "how access time grows with a bank");
    m.dual_port_access = map.take_banded("dual_port_access", "ratio",
                                         "access time with two ports over that with one");
}

}  // namespace

MemoryCard MemoryCard::parse(YamlMap map) {
    MemoryCard m;
    m.reference_word_bits = map.take_u32("reference_word_bits", 1, 4096, "bits",
                                         "word that the rule for energy was fitted to");
    take_energy(m, map);
    take_area(m, map);
    take_time(m, map);
    m.leakage_mw_per_mib =
        map.take_banded("leakage_mw_per_mib", "mW/Mibit", "leakage, at the card's corner");
    m.dual_port_leakage = map.take_banded("dual_port_leakage", "ratio",
                                          "leakage of a bank with two ports over one with one");
    m.flipflop_bytes =
        map.take_u32("flipflop_bytes", 0, 65536, "bytes", "banks up to this size are flip-flops");
    m.flipflop_pj_per_bit =
        map.take_banded("flipflop_pj_per_bit", "pJ/bit", "energy of a bit read or written there");
    m.flipflop_access_ns =
        map.take_banded("flipflop_access_ns", "ns", "access time of a bank of flip-flops");
    map.finish();
    return m;
}

}  // namespace mambasic::models
