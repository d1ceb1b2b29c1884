// Energy, area, leakage and access time of a memory, by the rules of the card (memory_card.h).
#include <algorithm>
#include <cmath>

#include "models/common/cost.h"

namespace mambasic::models {

namespace {

constexpr double kBitsPerByte = 8;
constexpr double kBitsPerKib = 8192;
constexpr double kKibPerMebibit = 128;
constexpr double kBytesPerKib = 1024;
constexpr double kUm2PerMm2 = 1e6;

Banded flipflop_area_mm2(const Technology& technology, const MemoryPart& part) {
    return area_mm2(technology, LogicPart{part.name, Primitive::RegisterBit,
                                          part.banks * part.kib_per_bank * kBitsPerKib});
}

Banded bank_area_mm2(const MemoryCard& card, const MemoryPart& part) {
    const Banded columns = card.area_um2_per_word_bit * (part.word_bits / kUm2PerMm2);
    const Banded bank = card.macro_area_mm2 + card.area_mm2_per_kib * part.kib_per_bank + columns;
    return part.ports > 1 ? product(bank, card.dual_port_area) : bank;
}

// Each end of the band with the end of the overhead that makes it: which one does depends on
// whether the word is wider or narrower than what the rule was fitted to.
Banded width_factor(const MemoryCard& card, double word_bits) {
    const double reference = card.reference_word_bits;
    const auto factor = [&](double overhead) {
        return (overhead + word_bits) / (overhead + reference) * (reference / word_bits);
    };
    const double a = factor(card.access_overhead_bits.low);
    const double b = factor(card.access_overhead_bits.high);
    return {factor(card.access_overhead_bits.value), std::min(a, b), std::max(a, b)};
}

Banded read_pj_per_bit(const MemoryCard& card, const MemoryPart& part) {
    const double rooted = std::min<double>(part.kib_per_bank, card.root_up_to_kib);
    const double doublings = std::log2(part.kib_per_bank / rooted);
    const Banded bit = card.read_pj_per_bit_base + card.read_pj_per_bit_root * std::sqrt(rooted) +
                       card.read_pj_per_bit_doubling * doublings;
    const Banded read = product(bit, width_factor(card, part.word_bits));
    return part.ports > 1 ? product(read, card.dual_port_energy) : read;
}

// From a bank somewhere in a square to its edge: on average half of a side.
Banded wire_pj_per_bit(const Technology& technology, const MemoryPart& part) {
    if (!part.shared) return {};
    const Banded area = area_mm2(technology, part);
    const Banded way = {std::sqrt(area.value) / 2, std::sqrt(area.low) / 2,
                        std::sqrt(area.high) / 2};
    return product(technology.sram.wire_pj_per_bit_mm, way);
}

}  // namespace

bool is_flipflops(const MemoryCard& card, const MemoryPart& part) {
    return part.kib_per_bank * kBytesPerKib <= card.flipflop_bytes;
}

Banded area_mm2(const Technology& technology, const MemoryPart& part) {
    if (is_flipflops(technology.sram, part)) return flipflop_area_mm2(technology, part);
    return bank_area_mm2(technology.sram, part) * part.banks;
}

BytePrices byte_prices(const Technology& technology, const MemoryPart& part) {
    const MemoryCard& card = technology.sram;
    const Banded wire = wire_pj_per_bit(technology, part);
    if (is_flipflops(card, part)) {
        const Banded both = (card.flipflop_pj_per_bit + wire) * kBitsPerByte;
        return {both, both};
    }
    const Banded read = read_pj_per_bit(card, part);
    return {(read + wire) * kBitsPerByte,
            (product(read, card.write_over_read) + wire) * kBitsPerByte};
}

Banded leakage_mw(const Technology& technology, const MemoryPart& part) {
    const Banded one_port =
        technology.sram.leakage_mw_per_mib * (part.banks * part.kib_per_bank / kKibPerMebibit);
    return part.ports > 1 ? product(one_port, technology.sram.dual_port_leakage) : one_port;
}

Banded access_ns(const Technology& technology, const MemoryPart& part) {
    const MemoryCard& card = technology.sram;
    if (is_flipflops(card, part)) return card.flipflop_access_ns;
    // Decoder and sense amplifiers do not shrink with the last rows.
    const double kib = std::max(part.kib_per_bank, 1.0);
    const Banded one_port = card.access_ns_1kib * std::pow(kib, card.access_exponent);
    return part.ports > 1 ? product(one_port, card.dual_port_access) : one_port;
}

}  // namespace mambasic::models
