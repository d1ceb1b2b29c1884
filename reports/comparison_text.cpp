#include <algorithm>
#include <array>
#include <set>

#include "reports/accuracy_text.h"
#include "reports/comparison_writer.h"
#include "reports/human.h"
#include "reports/ink.h"
#include "reports/table.h"

namespace mambasic::reports {
namespace {

using Rows = std::vector<ComparedScheme>;

// One unit for a column, that of its largest figure: then its figures compare at a glance.
EnergyUnit unit_of(const Rows& rows, Band ComparedScheme::*energy) {
    double largest = 0;
    for (const ComparedScheme& row : rows) largest = std::max(largest, (row.*energy).value);
    return energy_unit(largest);
}

std::string check_cell(const ComparedCheck& check) {
    if (!check.mismatches) return "-";
    return *check.mismatches == 0 ? "equal" : grouped(*check.mismatches) + " differ";
}

// The changes of a row in one cell, one below the other in their table.
class ChangeColumn {
public:
    explicit ChangeColumn(const Rows& rows) {
        for (const ComparedScheme& row : rows) {
            const Parts parts = parts_of(row.change);
            for (std::size_t p = 0; p < parts.size(); ++p) {
                widths_[p] = std::max(widths_[p], parts[p].size());
            }
        }
    }
    std::string header(const std::string& first) const {
        return "change against " + first + "\n" + joined(titles_);
    }
    std::string cell(const ComparedScheme& row) const { return joined(parts_of(row.change)); }

private:
    using Parts = std::array<std::string, 3>;

    static Parts parts_of(const Change& change) {
        const auto text = [](const std::optional<double>& percent) {
            return percent ? human_change(*percent) : "-";
        };
        return {text(change.cycles_percent), text(change.energy_percent),
                text(change.area_percent)};
    }
    std::string joined(const Parts& parts) const {
        std::string all;
        for (std::size_t p = 0; p < parts.size(); ++p) {
            all += (p == 0 ? "" : ", ") + std::string(widths_[p] - parts[p].size(), ' ') + parts[p];
        }
        return all;
    }

    const Parts titles_ = {"cycles", "energy", "area"};
    std::array<std::size_t, 3> widths_ = {titles_[0].size(), titles_[1].size(), titles_[2].size()};
};

std::string scales_cell(const ComparedScheme& row) {
    if (row.scales == ScalesFrom::Nowhere) return "none ~";
    return row.scales == ScalesFrom::Calibrated ? row.observer.value_or("calibrated") + " *"
                                                : "recorded";
}

Table table_of(const Comparison& comparison) {
    const Rows& rows = comparison.schemes;
    const EnergyUnit energy = unit_of(rows, &ComparedScheme::energy_pj);
    const EnergyUnit lookup = unit_of(rows, &ComparedScheme::lookup_energy_pj);
    const ChangeColumn change(rows);
    const std::string first = rows.empty() ? "" : rows.front().scheme;
    Table table({{"scheme", Align::Left},
                 {"scales", Align::Left},
                 {"cycles"},
                 {"exposed\nlookup\ncycles"},
                 {std::string("energy\n") + energy.name},
                 {std::string("lookup\nenergy\n") + lookup.name},
                 {"area\nmm2"},
                 {"table\narea\nmm2"},
                 {"table\nB"},
                 {"DRAM\nB"},
                 {"check", Align::Left},
                 {change.header(first)}});
    for (const ComparedScheme& row : rows) {
        table.add_row({row.scheme, scales_cell(row), grouped(row.cycles),
                       grouped(row.exposed_lookup_cycles),
                       three_digits(row.energy_pj.value / energy.pj),
                       three_digits(row.lookup_energy_pj.value / lookup.pj),
                       three_digits(row.area_mm2.value), three_digits(row.table_area_mm2.value),
                       grouped(row.table_bytes), grouped(row.dram_bytes), check_cell(row.check),
                       &row == &rows.front() ? "baseline" : change.cell(row)});
    }
    return table;
}

bool any(const Rows& rows, ScalesFrom scales) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const ComparedScheme& row) { return row.scales == scales; });
}

// Below the table, a line each. The place of the fault, with its folders, is not the report's.
std::string refusals(const std::vector<RefusedScheme>& refused, const Ink& ink) {
    std::string text;
    for (const RefusedScheme& row : refused) {
        text.append("  ")
            .append(ink.bad(row.scheme + " did not run; stderr tells why"))
            .append("\n");
    }
    return text;
}

std::string footnotes(const Rows& rows) {
    std::string text;
    if (any(rows, ScalesFrom::Calibrated)) {
        text +=
            "  * calibrated on the inputs that ran, which flatters SQNR: the trace has not the "
            "scales "
            "of every scheme here, and those that it has give other figures\n";
    }
    if (any(rows, ScalesFrom::Nowhere)) {
        text += "  ~ timing only: groups as equal as they can be, no scales\n";
    }
    const auto looks_up = [](const ComparedScheme& row) { return row.lookup != "none"; };
    if (std::any_of(rows.begin(), rows.end(), looks_up)) {
        text +=
            "  lookup energy is of reads and comparisons: filling the tables and their leakage are "
            "in energy alone\n";
    }
    if (!rows.empty() && rows.front().check.mismatches) {
        text += "  check: every tensor against golden under the same scheme, bit for bit\n";
    }
    return text;
}

// The schemes that have the note, as "a, b: "; empty where all have it.
std::string owners(const Rows& rows, const std::string& note) {
    std::string who;
    std::size_t count = 0;
    for (const ComparedScheme& row : rows) {
        if (note.rfind("scheme " + row.scheme + ": ", 0) == 0) return "";  // it says so itself
        if (std::find(row.notes.begin(), row.notes.end(), note) == row.notes.end()) continue;
        who.append(who.empty() ? "" : ", ").append(row.scheme);
        ++count;
    }
    return count == rows.size() ? "" : who.append(": ");
}

// A note that several rows have stands once.
std::string note_lines(const Rows& rows, const Ink& ink) {
    std::string text;
    std::set<std::string> told;
    for (const ComparedScheme& row : rows) {
        for (const std::string& note : row.notes) {
            if (!told.insert(note).second) continue;
            text.append(ink.warning("  note: " + owners(rows, note) + note)).append("\n");
        }
    }
    return text;
}

}  // namespace

std::string to_text(const Comparison& comparison, const TextOptions& options) {
    const Ink ink(options.colour);
    Provenance provenance;
    provenance.overrides = comparison.overrides;
    const std::size_t count = comparison.schemes.size();
    std::string text = ink.bold("mambasic " + comparison.version) + "  chip " + comparison.chip +
                       ", trace " + comparison.trace + ", " + std::to_string(count) +
                       (count == 1 ? " scheme\n" : " schemes\n") + overrides_line(provenance) +
                       "\n" + table_of(comparison).text() + refusals(comparison.refused, ink) +
                       footnotes(comparison.schemes) + note_lines(comparison.schemes, ink) +
                       accuracy_text(comparison.schemes, options.colour);
    if (!options.next.empty()) text += "\n" + ink.bold("Next") + "\n";
    for (const std::string& line : options.next) text += "  " + line + "\n";
    return text;
}

}  // namespace mambasic::reports
