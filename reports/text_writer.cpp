#include "reports/text_writer.h"

#include <algorithm>

#include "reports/human.h"
#include "reports/ink.h"
#include "reports/table.h"

namespace mambasic::reports {
namespace {

constexpr std::size_t kBarWidth = 20;

std::string section(const Ink& ink, const std::string& title) {
    return "\n" + ink.bold(title) + "\n";
}

std::string identity(const Report& report, const Ink& ink) {
    const Provenance& p = report.provenance;
    return ink.bold("mambasic " + p.version) + "  chip " + p.chip + ", scheme " + p.scheme +
           ", trace " + p.trace + "\n" + overrides_line(p);
}

std::string headline(const Totals& t) {
    Table table(
        {{"total", Align::Left}, {"value (low to high)", Align::Left}, {"exact", Align::Left}});
    table.add_row({"time", human_time(t.time_ns), grouped(t.cycles) + " cycles"});
    table.add_row(
        {"tokens", grouped(t.tokens), three_digits(t.cycles_per_token) + " cycles/token"});
    table.add_row({"energy", human_energy(t.energy_pj), three_digits(t.energy_pj.value) + " pJ"});
    table.add_row({"area", human_area(t.area_mm2), ""});
    table.add_row({"DRAM read", human_bytes(t.dram_read_bytes), grouped(t.dram_read_bytes) + " B"});
    table.add_row(
        {"DRAM written", human_bytes(t.dram_written_bytes), grouped(t.dram_written_bytes) + " B"});
    return table.text();
}

std::string layer_lines(const std::vector<LayerRow>& layers) {
    if (layers.size() < 2) return "";
    const auto by_cycles = [](const LayerRow& a, const LayerRow& b) { return a.cycles < b.cycles; };
    const auto [fast, slow] = std::minmax_element(layers.begin(), layers.end(), by_cycles);
    if (fast->cycles == slow->cycles) {
        return "  " + grouped(layers.size()) + " layers of " + grouped(fast->cycles) +
               " cycles each\n";
    }
    return "  " + grouped(layers.size()) + " layers: fastest " + std::to_string(fast->index) +
           " with " + grouped(fast->cycles) + " cycles, slowest " + std::to_string(slow->index) +
           " with " + grouped(slow->cycles) + "\n";
}

std::string op_table(const Report& report) {
    Table table({{"op", Align::Left},
                 {"block", Align::Left},
                 {"tiles"},
                 {"cycles"},
                 {"busy cycles"},
                 {"MACs"},
                 {"DRAM read"},
                 {"DRAM written"},
                 {"energy"},
                 {"share"}});
    for (const OpRow& op : report.ops) {
        table.add_row({op.name, op.block, grouped(op.tiles), grouped(op.cycles),
                       grouped(op.busy_cycles), human_count(op.macs),
                       human_bytes(op.dram_read_bytes), human_bytes(op.dram_written_bytes),
                       human_energy(op.energy_pj.value),
                       percent(op.energy_pj.value, report.totals.energy_pj.value)});
    }
    return table.text();
}

// '#' busy, '<' waiting for input, '>' waiting to hand on, '.' idle; each rounded down, the rest
// idle, so that the bar always has its full width.
std::string bar(const BlockRow& block, std::uint64_t total) {
    std::string text;
    const auto add = [&](std::uint64_t cycles, char mark) {
        text.append(
            static_cast<std::size_t>(cycles * kBarWidth / std::max<std::uint64_t>(total, 1)), mark);
    };
    add(block.busy_cycles, '#');
    add(block.stalled_input_cycles, '<');
    add(block.stalled_output_cycles, '>');
    text.resize(kBarWidth, '.');
    return text;
}

std::string block_table(const Report& report) {
    Table table({{"block", Align::Left},
                 {"busy"},
                 {"waits input"},
                 {"waits output"},
                 {"idle"},
                 {"#<>.", Align::Left},
                 {"energy"},
                 {"share"},
                 {"area mm2"},
                 {"share"}});
    for (const BlockRow& block : report.blocks) {
        const std::uint64_t total = block.busy_cycles + block.stalled_input_cycles +
                                    block.stalled_output_cycles + block.idle_cycles;
        const auto part = [total](std::uint64_t cycles) {
            return percent(static_cast<double>(cycles), static_cast<double>(total));
        };
        table.add_row({block.name, part(block.busy_cycles), part(block.stalled_input_cycles),
                       part(block.stalled_output_cycles), part(block.idle_cycles),
                       bar(block, total), human_energy(block.energy_pj.value),
                       percent(block.energy_pj.value, report.totals.energy_pj.value),
                       three_digits(block.area_mm2.value),
                       percent(block.area_mm2.value, report.totals.area_mm2.value)});
    }
    return table.text();
}

std::string row_line(const DramSection& dram) {
    const auto bursts = static_cast<double>(dram.row_hits + dram.row_misses + dram.row_conflicts);
    if (bursts == 0) return "";
    const auto share = [bursts](std::uint64_t n) {
        return percent(static_cast<double>(n), bursts);
    };
    return "  rows: " + share(dram.row_hits) + " open, " + share(dram.row_misses) + " closed, " +
           share(dram.row_conflicts) + " another open\n";
}

std::string dram_table(const DramSection& dram) {
    Table table({{"kind", Align::Left}, {"read"}, {"written"}, {"read bytes"}, {"written bytes"}});
    const auto add = [&](const char* kind, const Traffic& t) {
        table.add_row({kind, human_bytes(t.read_bytes), human_bytes(t.written_bytes),
                       grouped(t.read_bytes), grouped(t.written_bytes)});
    };
    add("weights", dram.weights);
    add("activations", dram.activations);
    add("tables", dram.tables);
    add("state", dram.state);
    return table.text() + "  " + percent(dram.bandwidth_utilization, 1) +
           " of the peak bandwidth over the whole run\n" + row_line(dram);
}

std::string lookup_lines(const LookupSection& l) {
    const std::uint64_t bytes =
        l.ranges_bytes + l.scales_bytes + l.codes_bytes + l.state_scales_bytes;
    return "  " + l.kind + ": " + grouped(l.lookups) + " lookups, " + grouped(l.cycles) +
           " cycles in front of tiles (" + grouped(l.exposed_cycles) +
           " of them lengthened a tile), " + human_energy(l.energy_pj.value) +
           " of reads and comparisons (" + human_energy(l.state_scales_energy_pj.value) +
           " of the state scales), tables " + human_bytes(bytes) + ", " +
           three_digits(l.table_area_mm2.value) + " mm2 of tables and " +
           three_digits(l.logic_area_mm2.value) + " mm2 of logic\n";
}

std::string quantization_lines(const QuantizationSection& q) {
    const std::string elements = "  " + grouped(q.elements) + " elements";
    if (!q.saturated || !q.flagged) {
        return elements + "; no bits were computed, so how many saturated is not known\n";
    }
    return elements + ", " + grouped(*q.saturated) + " saturated (" +
           percent(static_cast<double>(*q.saturated), static_cast<double>(q.elements)) + "), " +
           grouped(*q.flagged) + " flagged\n";
}

std::string unit_table(const std::vector<UnitError>& units) {
    Table table({{"unit", Align::Left}, {"kind", Align::Left}, {"max ulp"}, {"mean ulp"}});
    for (const UnitError& unit : units) {
        table.add_row(
            {unit.unit, unit.kind, three_digits(unit.max_ulp), three_digits(unit.mean_ulp)});
    }
    return table.text();
}

}  // namespace

std::string overrides_line(const Provenance& provenance) {
    std::string line;
    for (const std::string& set : provenance.overrides) line += " --set " + set;
    // A value may hold any character; the line must stay one.
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, '?');
    return line.empty() ? line : "  with" + line + "\n";
}

std::string to_text(const Report& report, const TextOptions& options) {
    const Ink ink(options.colour);
    std::string text = identity(report, ink) + "\n" + headline(report.totals);
    for (const std::string& note : report.notes) text += ink.warning("  note: " + note) + "\n";
    text += layer_lines(report.layers);
    text += section(ink, "Operations, over all layers and steps") + op_table(report);
    text += section(ink, "Blocks: busy #, waiting for input <, waiting to hand on >, idle .") +
            block_table(report);
    text += section(ink, "DRAM: " + report.dram.name) + dram_table(report.dram);
    text += section(ink, "Scale lookup") + lookup_lines(report.lookup);
    text += section(ink, "Quantization") + quantization_lines(report.quantization);
    if (report.quality) text += to_text(*report.quality, options.colour);
    if (!report.unit_errors.empty()) {
        text += section(ink, "Approximate units, against the exact ones") +
                unit_table(report.unit_errors);
    }
    if (report.check) text += to_text(*report.check, {options.colour, {}});
    if (!options.next.empty()) text += section(ink, "Next");
    for (const std::string& line : options.next) text += "  " + line + "\n";
    return text;
}

}  // namespace mambasic::reports
