#include "sim/commands/explain_area.h"

#include <cmath>

#include "reports/human.h"
#include "reports/table.h"
#include "sim/block_rows.h"
#include "sim/energy.h"

namespace mambasic::sim {

namespace {

using models::Banded;
using reports::three_digits;

std::vector<std::string> figures(const Banded& band) {
    return {three_digits(band.value), three_digits(band.low), three_digits(band.high)};
}

std::string count_text(double count) {
    const bool whole = count == std::floor(count);
    return whole ? reports::grouped(static_cast<std::uint64_t>(count)) : three_digits(count);
}

struct Line {
    std::string name;
    std::string primitive;
    std::string count;
    Banded each_um2;  // of a memory: of one bank
    Banded mm2;
};

void add_line(const Line& line, reports::Table& table) {
    std::vector<std::string> cells = {"  " + line.name, line.primitive, line.count};
    for (const Banded& band : {line.each_um2, line.mm2}) {
        for (std::string& figure : figures(band)) cells.push_back(std::move(figure));
    }
    table.add_row(std::move(cells));
}

void add_sum(const std::string& name, const Banded& mm2, reports::Table& table) {
    std::vector<std::string> cells = {name, "", "", "", "", ""};
    for (std::string& figure : figures(mm2)) cells.push_back(std::move(figure));
    table.add_row(std::move(cells));
}

std::string form_of(const models::Technology& technology, const models::MemoryPart& part) {
    if (models::is_flipflops(technology.sram, part)) {
        return "flip-flops of " + three_digits(part.kib_per_bank) + " KiB";
    }
    return "SRAM bank of " + three_digits(part.kib_per_bank) + " KiB" +
           (part.ports > 1 ? ", " + std::to_string(part.ports) + " ports" : "");
}

void add_parts(const models::Technology& technology, const models::AreaParts& parts,
               reports::Table& table) {
    constexpr double kUm2PerMm2 = 1e6;
    for (const models::LogicPart& part : parts.logic) {
        if (part.count == 0) continue;
        add_line({part.name, models::name_of(part.primitive), count_text(part.count),
                  technology.area_um2[static_cast<std::size_t>(part.primitive)],
                  models::area_mm2(technology, part)},
                 table);
    }
    for (const models::MemoryPart& part : parts.memory) {
        if (part.banks == 0) continue;
        const Banded mm2 = models::area_mm2(technology, part);
        add_line({part.name, form_of(technology, part), count_text(part.banks),
                  mm2 * (kUm2PerMm2 / part.banks), mm2},
                 table);
    }
}

}  // namespace

std::string explain_area(const ChipConfig& chip, const Workload& work) {
    const EnergyModel model(chip, work);
    const models::Technology& technology = chip.technology;
    using reports::Align;
    reports::Table table({{"part", Align::Left},
                          {"made of", Align::Left},
                          {"count"},
                          {"um2 each"},
                          {"low"},
                          {"high"},
                          {"mm2"},
                          {"low"},
                          {"high"}});
    Banded total;
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const auto part = static_cast<Part>(p);
        const Banded area = model.area_mm2(part);
        total += area;
        if (area.value == 0) continue;
        add_sum(name_of(part), area, table);
        add_parts(technology, model.area_parts(part), table);
    }
    const Banded& used = technology.logic_utilization;
    return "technology " + technology.name + ": mm2 of logic = count x um2 of cells / " +
           three_digits(used.value) + " (low / " + three_digits(used.high) + ", high / " +
           three_digits(used.low) + "), of memories = count x um2\n\n" + table.text() + "\narea " +
           reports::human_area(band(total)) + "\n";
}

}  // namespace mambasic::sim
