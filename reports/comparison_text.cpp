#include <algorithm>
#include <cstdio>
#include <set>

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

std::string decibels(const std::optional<double>& db) {
    if (!db) return "-";
    char text[400];  // any double has its place
    std::snprintf(text, sizeof(text), "%.2f", *db);
    return text;
}

std::string check_cell(const ComparedCheck& check) {
    if (!check.mismatches) return "-";
    return *check.mismatches == 0 ? "equal" : grouped(*check.mismatches) + " differ";
}

std::string change_cell(const Change& change, bool first) {
    if (first) return "baseline";
    std::string cell;
    for (const auto& percent :
         {change.cycles_percent, change.energy_percent, change.area_percent}) {
        std::string text = percent ? human_change(*percent) : "-";
        constexpr std::size_t kWidth = 8;  // "+12.34 %"; wider ones stay readable
        text.insert(0, std::max(kWidth, text.size()) - text.size(), ' ');
        cell += (cell.empty() ? "" : ", ") + text;
    }
    return cell;
}

const char* mark_of(ScalesFrom scales) {
    if (scales == ScalesFrom::Nowhere) return " ~";
    return scales == ScalesFrom::Calibrated ? " *" : "";
}

Table table_of(const Comparison& comparison) {
    const Rows& rows = comparison.schemes;
    const EnergyUnit energy = unit_of(rows, &ComparedScheme::energy_pj);
    const EnergyUnit lookup = unit_of(rows, &ComparedScheme::lookup_energy_pj);
    const std::string first = rows.empty() ? "" : rows.front().scheme;
    Table table({{"scheme", Align::Left},
                 {"cycles"},
                 {"exposed\nlookup\ncycles"},
                 {std::string("energy\n") + energy.name},
                 {std::string("lookup\nenergy\n") + lookup.name},
                 {"area\nmm2"},
                 {"table\narea\nmm2"},
                 {"table\nB"},
                 {"DRAM\nB"},
                 {"SSM\ninput\nSQNR dB"},
                 {"layer\noutput\nSQNR dB"},
                 {"check", Align::Left},
                 {"change against " + first + "\n  cycles,   energy,     area"}});
    for (const ComparedScheme& row : rows) {
        table.add_row({row.scheme + mark_of(row.scales), grouped(row.cycles),
                       grouped(row.exposed_lookup_cycles),
                       three_digits(row.energy_pj.value / energy.pj),
                       three_digits(row.lookup_energy_pj.value / lookup.pj),
                       three_digits(row.area_mm2.value), three_digits(row.table_area_mm2.value),
                       grouped(row.table_bytes), grouped(row.dram_bytes),
                       decibels(row.ssm_input_sqnr_db), decibels(row.layer_output_sqnr_db),
                       check_cell(row.check), change_cell(row.change, &row == &rows.front())});
    }
    return table;
}

bool any(const Rows& rows, ScalesFrom scales) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](const ComparedScheme& row) { return row.scales == scales; });
}

std::string footnotes(const Rows& rows) {
    std::string text;
    if (any(rows, ScalesFrom::Calibrated)) {
        text +=
            "  * the trace has other scales: these were calibrated for the scheme on the "
            "trace's own inputs\n";
    }
    if (any(rows, ScalesFrom::Nowhere)) {
        text += "  ~ timing only: groups as equal as they can be, no scales\n";
    }
    if (!rows.empty() && rows.front().check.mismatches) {
        text += "  check: every tensor against golden under the same scheme, bit for bit\n";
    }
    return text;
}

// A note that several rows have stands once, without their names where all have it.
std::string note_lines(const Rows& rows, const Ink& ink) {
    std::string text;
    std::set<std::string> told;
    for (const ComparedScheme& row : rows) {
        for (const std::string& note : row.notes) {
            if (!told.insert(note).second) continue;
            std::string who;
            std::size_t count = 0;
            for (const ComparedScheme& other : rows) {
                const auto& notes = other.notes;
                if (std::find(notes.begin(), notes.end(), note) == notes.end()) continue;
                who += (who.empty() ? "" : ", ") + other.scheme;
                ++count;
            }
            if (count == rows.size()) who.clear();
            text += ink.warning("  note: " + who + (who.empty() ? "" : ": ") + note) + "\n";
        }
    }
    return text;
}

}  // namespace

std::string to_text(const Comparison& comparison, const TextOptions& options) {
    const Ink ink(options.colour);
    Provenance provenance;
    provenance.overrides = comparison.overrides;
    std::string text = ink.bold("mambasic " + comparison.version) + "  chip " + comparison.chip +
                       ", trace " + comparison.trace + ", " +
                       std::to_string(comparison.schemes.size()) + " schemes\n" +
                       overrides_line(provenance) + "\n" + table_of(comparison).text() +
                       footnotes(comparison.schemes) + note_lines(comparison.schemes, ink);
    if (!options.next.empty()) text += "\n" + ink.bold("Next") + "\n";
    for (const std::string& line : options.next) text += "  " + line + "\n";
    return text;
}

}  // namespace mambasic::reports
