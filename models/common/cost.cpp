#include "models/common/cost.h"

namespace mambasic::models {

namespace {

constexpr double kUm2PerMm2 = 1e6;

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

Banded area_mm2(const Technology& technology, const AreaParts& parts) {
    Banded sum;
    for (const LogicPart& part : parts.logic) sum += area_mm2(technology, part);
    for (const MemoryPart& part : parts.memory) sum += area_mm2(technology, part);
    return sum;
}

Banded energy_pj(const EventPrices& prices, const Counts& counts) {
    Banded sum;
    for (std::size_t i = 0; i < kEventCount; ++i) {
        sum += prices.pj[i] * static_cast<double>(counts[static_cast<Event>(i)]);
    }
    return sum;
}

}  // namespace mambasic::models
