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

void add_row(const AreaRow& row, reports::Table& table) {
    const bool whole = row.part.empty();
    std::vector<std::string> cells = {row.block, "", "", "", "", ""};
    if (!whole) {
        cells = {"  " + row.part, row.made_of, count_text(row.count)};
        for (std::string& figure : figures(row.each_um2)) cells.push_back(std::move(figure));
    }
    for (std::string& figure : figures(row.mm2)) cells.push_back(std::move(figure));
    table.add_row(std::move(cells));
}

std::string form_of(const models::Technology& technology, const models::MemoryPart& part) {
    if (models::is_flipflops(technology.sram, part)) {
        return "flip-flops of " + three_digits(part.kib_per_bank) + " KiB";
    }
    return "SRAM bank of " + three_digits(part.kib_per_bank) + " KiB" +
           (part.ports > 1 ? ", " + std::to_string(part.ports) + " ports" : "");
}

void add_parts(const models::Technology& technology, const std::string& block,
               const models::AreaParts& parts, std::vector<AreaRow>& rows) {
    constexpr double kUm2PerMm2 = 1e6;
    for (const models::LogicPart& part : parts.logic) {
        if (part.count == 0) continue;
        rows.push_back({block, part.name, models::name_of(part.primitive), part.count,
                        technology.area_um2[static_cast<std::size_t>(part.primitive)],
                        models::area_mm2(technology, part)});
    }
    for (const models::MemoryPart& part : parts.memory) {
        if (part.banks == 0) continue;
        const Banded mm2 = models::area_mm2(technology, part);
        rows.push_back({block, part.name, form_of(technology, part),
                        static_cast<double>(part.banks), mm2 * (kUm2PerMm2 / part.banks), mm2});
    }
}

}  // namespace

std::vector<AreaRow> area_rows(const ChipConfig& chip, const Workload& work) {
    const EnergyModel model(chip, work);
    std::vector<AreaRow> rows;
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const auto part = static_cast<Part>(p);
        const Banded area = model.area_mm2(part);
        if (area.value == 0) continue;
        rows.push_back({name_of(part), "", "", 0, {}, area});
        add_parts(chip.technology, name_of(part), model.area_parts(part), rows);
    }
    return rows;
}

std::string explain_area(const ChipConfig& chip, const Workload& work) {
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
    for (const AreaRow& row : area_rows(chip, work)) {
        if (row.part.empty()) total += row.mm2;
        add_row(row, table);
    }
    const Banded& used = technology.logic_utilization;
    return "technology " + technology.name + ": mm2 of logic = count x um2 of cells / " +
           three_digits(used.value) + " (low / " + three_digits(used.high) + ", high / " +
           three_digits(used.low) + "), of memories = count x um2\n\n" + table.text() + "\narea " +
           reports::human_area(band(total)) + "\n";
}

}  // namespace mambasic::sim
