#include "models/scale_table/scale_table_cost.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

// Lookups take their own ports and run ahead of the pipeline that needs the scales. What a unit is
// busy with, for the counted reads and comparisons of many lookups:
//   sequential  every word decides what is read next: words * read time;
//   parallel    reads and comparisons of consecutive lookups share a cycle's banks and comparators:
//               max(lookups, words / banks, comparisons / comparators);
//   direct, code, runlength   one port, addresses known ahead: max(lookups, words).
// U units share that out among them. State scales come from a memory of their own, of which there
// is one, at a word a cycle beside it.
//
// The pipeline works through G groups of channels, T steps each, and group j can begin when its
// lookups are done. With busy(1) for the first group and busy(all) for all, and lookups that never
// wait (the scales of the groups ahead are buffered), the first group begins at
//   fill = latency + busy(1) - 1,
// or, where states are coded, when the state scales of its last cell are there: the first cell's
// come word by word from the cycle of the first channel's scale on (a flat table reads the cell's
// code beside the scale, so there a read later), every other cell's behind it. The last one begins
// not before fill + busy(all) - busy(1), while the pipeline alone would be there
// after (G - 1) T. So
//   exposed = fill + max(0, busy(all) - busy(1) - (G - 1) T).
// Exact while all groups take the same lookups; where the longest walks come last, too.

namespace mambasic::models {

namespace {

constexpr std::uint32_t kByteBits = 8;
constexpr std::uint32_t kScaleBits = 32;
constexpr double kBytesPerKib = 1024;

std::uint64_t read_cycles(const ScaleTableConfig& config) {
    return std::max<std::uint64_t>(config.lookup_cycles, 1);
}

// Without the state scales.
std::uint64_t lookup_cycles(const ScaleTableConfig& config, LookupKind kind,
                            const LookupCounts& counts) {
    std::uint64_t busy = std::max(counts.lookups, counts.words);
    if (kind == LookupKind::Sequential) {
        busy = counts.words * read_cycles(config);
    } else if (kind == LookupKind::Parallel) {
        busy = std::max({counts.lookups, ceil_div(counts.words, config.parallel_banks),
                         ceil_div(counts.comparisons, config.parallel_comparators)});
    }
    return ceil_div(busy, config.units);
}

std::uint64_t busy_cycles(const ScaleTableConfig& config, LookupKind kind,
                          const LookupCounts& counts) {
    return std::max(lookup_cycles(config, kind, counts), counts.state_words);
}

// From a lookup's first address to its scale, behind which the next lookups follow.
std::uint64_t latency_cycles(const ScaleTableConfig& config, LookupKind kind, bool by_head) {
    switch (kind) {
        case LookupKind::Sequential:
            return 1;  // its reads are in lookup_cycles()
        case LookupKind::Direct:
            return read_cycles(config);
        case LookupKind::Parallel:  // the scan's: head ends, then the row that they choose
            return (by_head ? 3 : 2) * read_cycles(config);
        default:
            return 2 * read_cycles(config);  // range or code, then the scale
    }
}

// Until the first group's scales, and state scales where it asks for them, are there.
std::uint64_t fill_cycles(const ScaleTableConfig& config, LookupKind kind,
                          const LookupDemand& demand) {
    const std::uint64_t latency = latency_cycles(config, kind, demand.by_head);
    const std::uint64_t group = latency + lookup_cycles(config, kind, demand.first_group) - 1;
    const std::uint64_t words = demand.first_group.state_words;
    if (words == 0) return group;
    const std::uint64_t first = latency + lookup_cycles(config, kind, demand.first_lookup) - 1;
    const std::uint64_t row = kind == LookupKind::Direct ? read_cycles(config) : 0;
    return row + std::max(first + words, group + demand.state_row_words) - 1;
}

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

// Every layer's table, or two places that take the largest.
BytesHeld bytes_held(const ScaleTableConfig& config, const TableNeeds& needs) {
    constexpr std::uint64_t kAtWorkAndArriving = 2;
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

// At least so many banks, and none larger than the scratchpads' banks are.
MemoryPart memory_of(const char* name, std::uint64_t bytes, std::uint32_t banks) {
    constexpr double kLargestBankKib = 64;
    const double kib = static_cast<double>(bytes) / kBytesPerKib;
    const double split = std::ceil(kib / banks / kLargestBankKib) * banks;
    return {name, split, kib / split, 1};
}

// Those of all layers that have them, or one set, which every layer's scales go into.
double registers_of(const ScaleTableConfig& config, const TableNeeds& needs) {
    double all = 0;
    double largest = 0;
    for (const TableNeed& need : needs) {
        if (!in_registers(need)) continue;
        const ScaleTableShape& s = need.shape;
        const double one =
            static_cast<double>(s.cells()) * (1.0 + s.state_columns) + 2.0 * s.bc_scales;
        all += one * need.layers;
        largest = std::max(largest, one);
    }
    return config.residency == TableResidency::AllLayers ? all : largest;
}

void add_compares(AreaParts& area, double units, double comparators, double range_bits) {
    area.logic.push_back(
        {"lookup comparators", Primitive::ComparatorBit, units * comparators * range_bits});
}

// Registers of one unit: the delivered scale, the channel's counter as address, the word at the
// port, and what the kind needs besides.
double register_bits(const ScaleTableConfig& config, LookupKind kind) {
    constexpr double kAddressBits = 18;
    const double range_bits = kByteBits * config.range_bytes;
    const double word_bits = kByteBits * config.word_bytes;
    double bits = kScaleBits + kAddressBits + word_bits * banks_of(config, kind);
    // The ends it waits for, and the end and scale that come next, fetched ahead.
    if (kind == LookupKind::RunLength) bits += 3 * range_bits + kScaleBits;
    return bits;
}

// To take one entry out of a word, and one bank's scale out of all.
double mux_bits(const ScaleTableConfig& config, const ScaleTableShape& shape) {
    const double word_bits = kByteBits * config.word_bytes;
    double bits = word_bits - kScaleBits;
    if (shape.kind == LookupKind::Parallel) bits += kScaleBits * (config.parallel_banks - 1.0);
    if (shape.kind == LookupKind::Code) bits += word_bits;
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
    area.logic.push_back({"lookup selection", Primitive::MuxBit, units * mux_bits(config, shape)});
    if (shape.kind == LookupKind::Sequential || shape.kind == LookupKind::RunLength) {
        area.logic.push_back({"lookup sequencer", Primitive::LookupControl, units});
    }
}

}  // namespace

LookupCycles scale_table_cycles(const ScaleTableConfig& config, const ScaleTableShape& shape,
                                const LookupDemand& demand) {
    if (demand.all.lookups == 0) return {};
    if (shape.kind == LookupKind::Register) return {config.lookup_cycles, 0};
    const std::uint64_t first = busy_cycles(config, shape.kind, demand.first_group);
    const std::uint64_t all = busy_cycles(config, shape.kind, demand.all);
    const std::uint64_t rest = all - std::min(all, first);
    const std::uint64_t behind = (demand.groups - 1) * demand.group_steps;
    const std::uint64_t fill = fill_cycles(config, shape.kind, demand);
    LookupCycles cycles;
    cycles.exposed = fill + rest - std::min(rest, behind);
    cycles.hidden = fill + rest - cycles.exposed;
    return cycles;
}

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
                   std::to_string(config.range_bytes) + ")";
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
    std::vector<MemoryPart> parts = {memory_of("scale tables", held.lookup, banks)};
    parts.front().banks *= config.units;
    if (held.state_scales > 0) parts.push_back(memory_of("state scales", held.state_scales, 1));
    return parts;
}

AreaParts scale_table_area(const ScaleTableConfig& config, const TableNeeds& needs) {
    AreaParts area;
    area.memory = scale_table_memories(config, needs);
    std::set<LookupKind> built;
    for (const TableNeed& need : needs) {
        if (!built.insert(need.shape.kind).second) continue;
        if (in_registers(need)) {
            area.logic.push_back({"scale registers", Primitive::RegisterBit,
                                  kScaleBits * registers_of(config, needs)});
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
