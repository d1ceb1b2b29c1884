#include "models/common/cost.h"

#include <cmath>

namespace mambasic::models {

namespace {

Banded product(const Banded& a, const Banded& b) {
    return {a.value * b.value, a.low * b.low, a.high * b.high};
}

constexpr double kUm2PerMm2 = 1e6;
constexpr double kKibPerMebibit = 128;

}  // namespace

SramTraffic& SramTraffic::operator+=(const SramTraffic& other) {
    weight_read_bytes += other.weight_read_bytes;
    activation_read_bytes += other.activation_read_bytes;
    activation_write_bytes += other.activation_write_bytes;
    return *this;
}

Banded area_mm2(const Technology& technology, const LogicPart& part) {
    const Banded& cell = technology.area_um2[static_cast<std::size_t>(part.primitive)];
    const Banded& used = technology.logic_utilization;
    // The densest placement goes with the smallest cells.
    const Banded placed{cell.value / used.value, cell.low / used.high, cell.high / used.low};
    return placed * (part.count / kUm2PerMm2);
}

Banded area_mm2(const Technology& technology, const MemoryPart& part) {
    const Banded bank =
        technology.sram_macro_area_mm2 + technology.sram_area_mm2_per_kib * part.kib_per_bank;
    const Banded all = bank * part.banks;
    return part.ports > 1 ? product(all, technology.sram_dual_port_area) : all;
}

Banded area_mm2(const Technology& technology, const AreaParts& parts) {
    Banded sum;
    for (const LogicPart& part : parts.logic) sum += area_mm2(technology, part);
    for (const MemoryPart& part : parts.memory) sum += area_mm2(technology, part);
    return sum;
}

BytePrices byte_prices(const Technology& technology, const MemoryPart& part) {
    constexpr double kBitsPerByte = 8;
    const Banded per_bit = technology.sram_read_pj_per_bit_base +
                           technology.sram_read_pj_per_bit_root * std::sqrt(part.kib_per_bank);
    Banded read = per_bit * kBitsPerByte;
    if (part.ports > 1) read = product(read, technology.sram_dual_port_energy);
    return {read, product(read, technology.sram_write_over_read)};
}

Banded leakage_mw(const Technology& technology, const MemoryPart& part) {
    return technology.leakage_mw_per_mib * (part.banks * part.kib_per_bank / kKibPerMebibit);
}

Banded energy_pj(const EventPrices& prices, const Counts& counts) {
    Banded sum;
    for (std::size_t i = 0; i < kEventCount; ++i) {
        sum += prices.pj[i] * static_cast<double>(counts[static_cast<Event>(i)]);
    }
    return sum;
}

}  // namespace mambasic::models
