#include "models/scale_table/scale_table_cost.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace mambasic::models {

namespace {

constexpr std::uint32_t kByteBits = 8;
constexpr std::uint32_t kScaleBits = 32;
constexpr double kAddressBits = 18;  // more channels than any layer has
constexpr double kBytesPerKib = 1024;

std::uint32_t banks_of(const ScaleTableConfig& config, LookupKind kind) {
    return kind == LookupKind::Parallel ? config.parallel_banks : 1;
}

bool in_registers(const TableNeed& need) { return need.shape.kind == LookupKind::Register; }

TableNeeds in_memories(const TableNeeds& needs) {
    TableNeeds out;
    std::remove_copy_if(needs.begin(), needs.end(), std::back_inserter(out), in_registers);
    return out;
}

// Bytes on chip at once, of one copy.
struct BytesHeld {
    std::uint64_t lookup = 0;
    std::uint64_t state_scales = 0;
};

constexpr std::uint64_t kAtWorkAndArriving = 2;

// Every layer's table, or two places that take the largest.
BytesHeld bytes_held(const ScaleTableConfig& config, const TableNeeds& needs) {
    BytesHeld all;
    BytesHeld largest;
    std::uint64_t layers = 0;
    for (const TableNeed& need : in_memories(needs)) {
        const TableBytes bytes = scale_table_stored_bytes(config, need.shape);
        all.lookup += bytes.lookup() * need.layers;
        all.state_scales += bytes.state_scales * need.layers;
        largest.lookup = std::max(largest.lookup, bytes.lookup());
        largest.state_scales = std::max(largest.state_scales, bytes.state_scales);
        layers += need.layers;
    }
    if (config.residency == TableResidency::AllLayers) return all;
    const std::uint64_t places = std::min(layers, kAtWorkAndArriving);
    return {places * largest.lookup, places * largest.state_scales};
}

// At least so many banks, and none larger than they may be.
MemoryPart memory_of(const ScaleTableConfig& config, const char* name, std::uint64_t bytes,
                     std::uint32_t banks) {
    const double kib = static_cast<double>(bytes) / kBytesPerKib;
    const double split = std::ceil(kib / banks / config.largest_bank_kib) * banks;
    return {name, split, kib / split, 1, kByteBits * config.word_bytes};
}

// Those of all layers that have them, or two sets of the largest.
double registers_of(const ScaleTableConfig& config, const TableNeeds& needs) {
    double all = 0;
    double largest = 0;
    std::uint64_t layers = 0;
    for (const TableNeed& need : needs) {
        if (!in_registers(need)) continue;
        const ScaleTableShape& s = need.shape;
        const double one =
            static_cast<double>(s.cells()) * (s.x_columns.count() + s.state_columns) +
            2.0 * s.bc_scales;
        all += one * need.layers;
        largest = std::max(largest, one);
        layers += need.layers;
    }
    if (config.residency == TableResidency::AllLayers) return all;
    return static_cast<double>(std::min(layers, kAtWorkAndArriving)) * largest;
}

bool has_sequencer(LookupKind kind) {
    return kind == LookupKind::Sequential || kind == LookupKind::RunLength;
}

void add_compares(AreaParts& area, double units, double comparators, double range_bits) {
    area.logic.push_back(
        {"lookup comparators", Primitive::ComparatorBit, units * comparators * range_bits});
}

// Registers of one unit: the delivered scale, the channel's counter as address, and what the kind
// needs besides. The word at the port stays in the macro's latch.
double register_bits(const ScaleTableConfig& config, LookupKind kind) {
    const double range_bits = kByteBits * config.range_bytes;
    double bits = kScaleBits + kAddressBits;
    // The ends it waits for, and the end and scale that come next, fetched ahead.
    if (kind == LookupKind::RunLength) bits += 3 * range_bits + kScaleBits;
    return bits;
}

// To take one entry out of a word; and what waits while a table is walked is held.
double mux_bits(const ScaleTableConfig& config, LookupKind kind) {
    const double range_bits = kByteBits * config.range_bytes;
    const double word_bits = kByteBits * config.word_bytes;
    double bits = word_bits - kScaleBits;
    if (kind == LookupKind::Code) bits += word_bits;
    if (has_sequencer(kind)) bits += kAddressBits;
    if (kind == LookupKind::RunLength) bits += 3 * range_bits + kScaleBits;
    return bits;
}

void add_logic(const ScaleTableConfig& config, const ScaleTableShape& shape, AreaParts& area) {
    const double units = config.units;
    const double range_bits = kByteBits * config.range_bytes;
    switch (shape.kind) {
        case LookupKind::Sequential:  // the ends of one word are compared together
            add_compares(area, units, std::max(1U, config.word_bytes / config.range_bytes),
                         range_bits);
            break;
        case LookupKind::Parallel:
            add_compares(area, units, config.parallel_comparators, range_bits);
            break;
        case LookupKind::RunLength:
            add_compares(area, units, 2, range_bits);
            break;
        default:
            break;
    }
    area.logic.push_back(
        {"lookup registers", Primitive::RegisterBit, units * register_bits(config, shape.kind)});
    const double muxes = mux_bits(config, shape.kind);
    if (muxes > 0) area.logic.push_back({"lookup selection", Primitive::MuxBit, units * muxes});
    if (shape.kind == LookupKind::Parallel) {  // the comparators say which bank
        area.logic.push_back(
            {"bank selection", Primitive::SelectBit, units * kScaleBits * config.parallel_banks});
    }
    if (has_sequencer(shape.kind)) {
        area.logic.push_back({"lookup sequencer", Primitive::LookupControl, units});
    }
}

}  // namespace

std::uint64_t scale_table_capacity_bytes(const ScaleTableConfig& config, const TableNeeds& needs) {
    const BytesHeld held = bytes_held(config, needs);
    return config.units * held.lookup + held.state_scales;
}

std::string scale_table_problem(const ScaleTableConfig& config, const TableNeeds& needs) {
    for (const TableNeed& need : in_memories(needs)) {
        const std::uint64_t largest_end = std::max(need.shape.heads, need.shape.head_dim);
        if (scale_table_bytes(config, need.shape).ranges > 0 &&
            largest_end >> (kByteBits * config.range_bytes) != 0) {
            return "a group end of " + std::to_string(largest_end) + " does not fit range_bytes (" +
                   std::to_string(config.range_bytes) + "); write " +
                   (largest_end >> (2 * kByteBits) != 0 ? "4" : "2");
        }
    }
    const std::uint64_t kib = ceil_div(scale_table_capacity_bytes(config, needs),
                                       static_cast<std::uint64_t>(kBytesPerKib));
    if (kib > config.capacity_kib) {
        return "the tables need " + std::to_string(kib) + " KiB, the chip has " +
               std::to_string(config.capacity_kib) + "; raise scale_table.capacity_kib to " +
               std::to_string(kib);
    }
    return {};
}

std::vector<MemoryPart> scale_table_memories(const ScaleTableConfig& config,
                                             const TableNeeds& needs) {
    std::uint32_t banks = 0;
    for (const TableNeed& need : in_memories(needs)) {
        banks = std::max(banks, banks_of(config, need.shape.kind));
    }
    if (banks == 0) return {};
    const BytesHeld held = bytes_held(config, needs);
    std::vector<MemoryPart> parts = {memory_of(config, "scale tables", held.lookup, banks)};
    parts.front().banks *= config.units;
    if (held.state_scales > 0) {
        parts.push_back(memory_of(config, "state scales", held.state_scales, 1));
    }
    return parts;
}

AreaParts scale_table_area(const ScaleTableConfig& config, const TableNeeds& needs) {
    AreaParts area;
    area.memory = scale_table_memories(config, needs);
    std::set<LookupKind> built;
    for (const TableNeed& need : needs) {
        if (!built.insert(need.shape.kind).second) continue;
        if (in_registers(need)) {
            const double bits = kScaleBits * registers_of(config, needs);
            area.logic.push_back({"scale registers", Primitive::RegisterBit, bits});
            area.logic.push_back({"scale register writes", Primitive::MuxBit, bits});
        } else {
            add_logic(config, need.shape, area);
        }
    }
    return area;
}

EventPrices scale_table_prices(const Technology& technology, const ScaleTableConfig& config,
                               const TableNeeds& needs) {
    EventPrices prices;
    const auto card = [&](Event e) { return technology.energy_pj[static_cast<std::size_t>(e)]; };
    prices[Event::ScaleLookup] = card(Event::ScaleLookup);
    // A comparison is a subtraction of its width.
    prices[Event::TableCompare] = card(Event::Int32Add) * (config.range_bytes / 4.0);
    const std::vector<MemoryPart> memories = scale_table_memories(config, needs);
    if (!memories.empty()) {
        prices[Event::TableReadBytes] = byte_prices(technology, memories[0]).read_pj;
    }
    if (memories.size() > 1) {
        prices[Event::TableStateBytes] = byte_prices(technology, memories[1]).read_pj;
    }
    return prices;
}

}  // namespace mambasic::models
