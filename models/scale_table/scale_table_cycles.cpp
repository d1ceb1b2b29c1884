#include <algorithm>

#include "models/scale_table/scale_table_cost.h"

// Lookups take their own ports and run ahead of the pipeline that needs the scales. What a unit is
// busy with, for the counted reads and comparisons of many lookups:
//   sequential  every word decides what is read next: words * read time;
//   parallel    reads and comparisons of consecutive lookups share a cycle's banks and comparators:
//               max(lookups, words / banks, comparisons / comparators);
//   direct, code, runlength   one port, addresses known ahead: max(lookups, words).
// U units share that out among them, lookup by lookup: one lookup is one unit's. State scales come
// from a memory of their own, of which there is one, at a word a cycle beside it.
//
// The pipeline works through G groups of channels, T steps each, and group j can begin when its
// lookups are done. With busy(1) for the first group and busy(all) for all, and lookups that never
// wait (the scales of the groups ahead are buffered), the first group begins at
//   fill = latency + busy(1) - 1,
// or, where states are coded, when the state scales of its last cell are there: the first cell's
// come word by word from the cycle of the first channel's scale on (a flat table of several cells
// reads the cell's code beside the scale, so there a read later), every other cell's behind it, the
// last cell's not before the group's last lookup. The last group begins
// not before fill + busy(all) - busy(1), while the pipeline alone would be there
// after (G - 1) T. So
//   exposed = fill + max(0, busy(all) - busy(1) - (G - 1) T).
// Exact while all groups take the same lookups; where the longest walks come last, too.

namespace mambasic::models {

namespace {

std::uint64_t read_cycles(const ScaleTableConfig& config) {
    return std::max<std::uint64_t>(config.lookup_cycles, 1);
}

// Of one unit, without the state scales.
std::uint64_t unit_cycles(const ScaleTableConfig& config, LookupKind kind,
                          const LookupCounts& counts) {
    if (kind == LookupKind::Sequential) return counts.words * read_cycles(config);
    if (kind == LookupKind::Parallel) {
        return std::max({counts.lookups, ceil_div(counts.words, config.parallel_banks),
                         ceil_div(counts.comparisons, config.parallel_comparators)});
    }
    return std::max(counts.lookups, counts.words);
}

// Of all units together.
std::uint64_t lookup_cycles(const ScaleTableConfig& config, LookupKind kind,
                            const LookupCounts& counts) {
    return ceil_div(unit_cycles(config, kind, counts), config.units);
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
std::uint64_t fill_cycles(const ScaleTableConfig& config, const ScaleTableShape& shape,
                          const LookupDemand& demand) {
    const LookupKind kind = shape.kind;
    const std::uint64_t before = latency_cycles(config, kind, demand.by_head) - 1;
    const std::uint64_t one = std::max(unit_cycles(config, kind, demand.first_lookup),
                                       lookup_cycles(config, kind, demand.first_channel));
    const std::uint64_t group =
        before + std::max(one, lookup_cycles(config, kind, demand.first_group));
    const std::uint64_t words = demand.first_group.state_words;
    if (words == 0) return group;
    const bool code_first = kind == LookupKind::Direct && shape.group_cells() > 1;
    const std::uint64_t row = code_first ? read_cycles(config) : 0;
    const bool one_cell = words <= demand.state_row_words;
    const std::uint64_t behind_group = one_cell ? 1 : row + demand.state_row_words;
    return std::max(row + before + one + words, group + behind_group) - 1;
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
    const std::uint64_t fill = fill_cycles(config, shape, demand);
    LookupCycles cycles;
    cycles.exposed = fill + rest - std::min(rest, behind);
    cycles.hidden = fill + rest - cycles.exposed;
    return cycles;
}

}  // namespace mambasic::models
