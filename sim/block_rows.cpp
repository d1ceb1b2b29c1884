#include "sim/block_rows.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/sram/sram_cost.h"

namespace mambasic::sim {

using models::BlockId;
using models::Event;

namespace {

void add_counts(const models::Counts& counts, reports::NamedCounts& named) {
    for (std::size_t e = 0; e < models::kEventCount; ++e) {
        const auto event = static_cast<Event>(e);
        if (counts[event] > 0) named.emplace_back(models::name_of(event), counts[event]);
    }
}

/// Cycles in which something that serves one request at a time works; the rest of the run is idle.
void set_busy_time(reports::BlockRow& row, std::uint64_t busy, std::uint64_t total) {
    MAMBASIC_CHECK(busy <= total, row.name + ": busy for longer than the run");
    row.busy_cycles = busy;
    row.idle_cycles = total - busy;
}

models::Memory scratchpad(Part part) {
    return part == Part::WeightSram ? models::Memory::Weight : models::Memory::Activation;
}

/// Cycles that the scratchpad's ports need for all accesses of the run.
std::uint64_t port_cycles(const RunFacts& f, Part part) {
    const models::LedgerRow all = f.ledger.all();
    const models::ByteCounts& bytes = all.memory[static_cast<std::size_t>(scratchpad(part))];
    const models::SramConfig& config =
        part == Part::WeightSram ? f.chip.weight_sram : f.chip.activation_sram;
    return models::sram_port_cycles(config, bytes.read, bytes.written).count;
}

void fill_memory(const RunFacts& f, Part part, reports::BlockRow& row) {
    const models::LedgerRow all = f.ledger.all();
    const auto memory = static_cast<std::size_t>(scratchpad(part));
    const models::ByteCounts& bytes = all.memory[memory];
    models::Counts counts;
    counts[Event::SramReadBytes] = bytes.read;
    counts[Event::SramWriteBytes] = bytes.written;
    add_counts(counts, row.counts);
    row.counts.emplace_back("peak_bytes", f.result.peak_bytes[memory]);
    if (part == Part::ActivationSram) {
        row.counts.emplace_back("bank_conflict_cycles", all.bank_conflict_cycles);
    }
    set_busy_time(row, port_cycles(f, part), f.result.cycles);
}

void fill_block(const RunFacts& f, BlockId block, reports::BlockRow& row) {
    const BlockCycles& time = f.result.blocks[static_cast<std::size_t>(block)];
    row.busy_cycles = time.busy;
    row.stalled_input_cycles = time.stalled_input;
    row.stalled_output_cycles = time.stalled_output;
    row.idle_cycles = time.idle;
    const models::LedgerRow all = f.ledger.block(block);
    models::Counts counts = all.counts;
    for (const Event e : kLookupEvents) counts[e] = 0;
    add_counts(counts, row.counts);
    const bool dma = block == BlockId::DmaLoad || block == BlockId::DmaStore;
    MAMBASIC_CHECK(dma || all.busy_cycles == time.busy,
                   std::string(models::name_of(block)) + ": the ledger has other busy cycles");
}

void fill_scale_table(const RunFacts& f, reports::BlockRow& row) {
    const models::LedgerRow all = f.ledger.all();
    models::Counts counts;
    for (const Event e : kLookupEvents) counts[e] = all.counts[e];
    add_counts(counts, row.counts);
    set_busy_time(row, std::min(all.table_cycles + all.hidden_table_cycles, f.result.cycles),
                  f.result.cycles);
}

void fill_dram(const RunFacts& f, reports::BlockRow& row) {
    const models::LedgerRow all = f.ledger.all();
    models::Counts counts;
    counts[Event::DramReadBytes] = all.counts[Event::DramReadBytes];
    counts[Event::DramWriteBytes] = all.counts[Event::DramWriteBytes];
    counts[Event::DramReadBursts] = all.counts[Event::DramReadBursts];
    counts[Event::DramWriteBursts] = all.counts[Event::DramWriteBursts];
    add_counts(counts, row.counts);
    row.counts.emplace_back("activates", f.result.dram.activates);
    set_busy_time(row, f.result.dram.busy_ticks / chip_period(f.chip), f.result.cycles);
}

void fill(const RunFacts& f, Part part, reports::BlockRow& row) {
    switch (part) {
        case Part::WeightSram:
        case Part::ActivationSram:
            fill_memory(f, part, row);
            return;
        case Part::ScaleTable:
            fill_scale_table(f, row);
            return;
        case Part::Dram:
            fill_dram(f, row);
            return;
        default:
            break;
    }
    for (std::size_t b = 0; b < models::kBlockCount; ++b) {
        const auto block = static_cast<BlockId>(b);
        if (part_of(block) == part) fill_block(f, block, row);
    }
}

}  // namespace

std::vector<reports::BlockRow> block_rows(const RunFacts& f, const EnergyModel& energy) {
    const double time_ns = static_cast<double>(f.result.cycles) / f.chip.clock_ghz;
    const PartEnergy dynamic = energy.of_all(f.ledger);
    const PartEnergy standing = energy.standing(time_ns);
    std::vector<reports::BlockRow> rows;
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const Part part = static_cast<Part>(p);
        if (part == Part::GatedNorm && !f.work.dims.mamba2()) continue;
        if (part == Part::Rotation && !f.work.rotates()) continue;
        reports::BlockRow row;
        row.name = name_of(part);
        row.energy_pj = band(dynamic[p] + standing[p]);
        row.area_mm2 = band(energy.area_mm2(part));
        fill(f, part, row);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string conflict_note(const RunFacts& f) {
    const std::uint64_t cycles = f.ledger.all().bank_conflict_cycles;
    if (cycles == 0) return "";
    return "activation_sram: tiles took " + std::to_string(cycles) +
           " cycles longer because the columns that they walk down lie in few banks; "
           "schedule.row_skew_banks=1 spreads them, more banks or wider words help, too";
}

}  // namespace mambasic::sim
