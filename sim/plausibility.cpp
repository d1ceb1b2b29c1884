#include "sim/plausibility.h"

#include <algorithm>
#include <iomanip>
#include <locale>
#include <sstream>

#include "models/dram/dram_cost.h"

namespace mambasic::sim {

namespace {

using models::Banded;
using models::Event;
using reports::BlockRow;

constexpr const char* kDram = "dram";

std::string text(double value) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::setprecision(3) << value;
    return out.str();
}

std::string percent(double part, double whole) { return text(100 * part / whole) + " %"; }

// "X is 12 pJ, above the 0.1 to 10 that tsmc7-class calls plausible", or nothing.
std::string outside(const std::string& figure, double value, const Banded& range,
                    const std::string& card) {
    if (value >= range.low && value <= range.high) return "";
    return "doubtful: " + figure + " is " + text(value) + ", " +
           (value < range.low ? "below" : "above") + " the " + text(range.low) + " to " +
           text(range.high) + " that " + card + " calls plausible; ";
}

const BlockRow& largest(const reports::Report& report, double (*figure)(const BlockRow&)) {
    return *std::max_element(
        report.blocks.begin(), report.blocks.end(),
        [figure](const BlockRow& a, const BlockRow& b) { return figure(a) < figure(b); });
}

double energy_of(const BlockRow& row) { return row.name == kDram ? 0 : row.energy_pj.value; }
double busy_of(const BlockRow& row) { return static_cast<double>(row.busy_cycles); }

double macs_of(const RunFacts& f) {
    const models::Counts counts = f.ledger.all().counts;
    return static_cast<double>(counts[Event::Int8Mac] + counts[Event::Int4Mac]);
}

std::string doubt_of_macs(const RunFacts& f, const reports::Report& report, double macs) {
    double chip_pj = 0;
    for (const BlockRow& row : report.blocks) chip_pj += energy_of(row);
    const models::Technology& card = f.chip.technology;
    const std::string said = outside("the chip's energy for each multiplication, in pJ,",
                                     chip_pj / macs, card.plausible.mac_pj, card.name);
    if (said.empty()) return "";
    const BlockRow& most = largest(report, energy_of);
    return said + percent(most.energy_pj.value, chip_pj) + " of it is " + most.name + "'s";
}

std::string doubt_of_dram(const RunFacts& f, const reports::Report& report) {
    const double bytes =
        static_cast<double>(report.totals.dram_read_bytes + report.totals.dram_written_bytes);
    if (bytes == 0) return "";
    const auto dram = std::find_if(report.blocks.begin(), report.blocks.end(),
                                   [](const BlockRow& row) { return row.name == kDram; });
    const models::Technology& card = f.chip.technology;
    const std::string said =
        outside("the DRAM's energy for each byte, in pJ,", dram->energy_pj.value / bytes,
                card.plausible.dram_byte_pj, card.name);
    if (said.empty()) return "";
    const double rows = models::dram_row_pj(f.chip.dram, f.result.dram).value;
    return said + percent(rows, dram->energy_pj.value) + " of it opens and refreshes rows, " +
           "the rest is dram.energy of " + f.chip.dram.name + " for whole bursts";
}

// In decode every weight comes from the DRAM for each token, so that is what can be kept busy.
std::string doubt_of_use(const RunFacts& f, const reports::Report& report, double macs) {
    const models::Technology& card = f.chip.technology;
    const double each = f.work.int4_weights ? f.chip.gemm.int4_macs_per_mac : 1;
    const double peak = each * f.chip.gemm.rows * f.chip.gemm.cols;
    const bool decode = f.work.decode();
    const double use = decode ? report.dram.bandwidth_utilization
                              : macs / (peak * static_cast<double>(report.totals.cycles));
    const std::string said =
        outside(decode ? "the DRAM's utilization in decode" : "the MAC array's utilization", use,
                card.plausible.utilization, card.name);
    if (said.empty()) return "";
    const BlockRow& busiest = largest(report, busy_of);
    return said + busiest.name + " is the busiest block, " +
           percent(busy_of(busiest), static_cast<double>(report.totals.cycles)) + " of the time";
}

}  // namespace

std::vector<std::string> doubts(const RunFacts& f, const reports::Report& report) {
    const double macs = macs_of(f);
    if (macs == 0 || report.totals.cycles == 0) return {};
    std::vector<std::string> notes = {doubt_of_macs(f, report, macs), doubt_of_dram(f, report),
                                      doubt_of_use(f, report, macs)};
    notes.erase(std::remove(notes.begin(), notes.end(), ""), notes.end());
    return notes;
}

}  // namespace mambasic::sim
