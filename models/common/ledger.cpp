#include "models/common/ledger.h"

#include "models/common/error.h"

namespace mambasic::models {

void LedgerRow::add(const LedgerRow& other) {
    tasks += other.tasks;
    busy_cycles += other.busy_cycles;
    table_cycles += other.table_cycles;
    hidden_table_cycles += other.hidden_table_cycles;
    exposed_table_cycles += other.exposed_table_cycles;
    bank_conflict_cycles += other.bank_conflict_cycles;
    counts += other.counts;
    for (std::size_t m = 0; m < kMemoryCount; ++m) {
        memory[m].read += other.memory[m].read;
        memory[m].written += other.memory[m].written;
    }
    for (std::size_t k = 0; k < kTrafficKindCount; ++k) {
        dram[k].read += other.dram[k].read;
        dram[k].written += other.dram[k].written;
    }
}

Ledger::Ledger(std::uint32_t layers)
    : layers_(layers), rows_((std::size_t{layers} + 2) * kOpCount * kBlockCount) {}

std::size_t Ledger::index(std::int32_t layer, Op op, BlockId block) const {
    const std::size_t slot = layer >= 0 ? static_cast<std::size_t>(layer)
                                        : layers_ + static_cast<std::size_t>(-layer - 1);
    MAMBASIC_CHECK(slot < std::size_t{layers_} + 2, "a ledger row for a layer that is not there");
    return (slot * kOpCount + static_cast<std::size_t>(op)) * kBlockCount +
           static_cast<std::size_t>(block);
}

void Ledger::record(const Task& task, std::int32_t layer, const Work& work) {
    LedgerRow& row = rows_[index(layer, task.op, task.block)];
    row.tasks += 1;
    row.busy_cycles += work.cycles.count;
    row.table_cycles += work.table_cycles;
    row.hidden_table_cycles += work.hidden_table_cycles;
    row.exposed_table_cycles += work.exposed_table_cycles;
    row.bank_conflict_cycles += work.bank_conflict_cycles;
    row.counts += work.counts;
    if (task.block == BlockId::DmaLoad || task.block == BlockId::DmaStore) {
        const bool load = task.block == BlockId::DmaLoad;
        ByteCounts& dram = row.dram[static_cast<std::size_t>(task.transfer.kind)];
        ByteCounts& chip = row.memory[static_cast<std::size_t>(task.transfer.memory)];
        (load ? dram.read : dram.written) += task.transfer.bytes;
        (load ? chip.written : chip.read) += task.transfer.bytes;
        return;
    }
    row.counts[Event::StateReadBytes] += work.store.read_bytes;
    row.counts[Event::StateWriteBytes] += work.store.write_bytes;
    row.memory[static_cast<std::size_t>(Memory::Weight)].read += work.sram.weight_read_bytes;
    ByteCounts& activation = row.memory[static_cast<std::size_t>(Memory::Activation)];
    activation.read += work.sram.activation_read_bytes;
    activation.written += work.sram.activation_write_bytes;
}

void Ledger::record_data(std::int32_t layer, Op op, const Counts& counts) {
    rows_[index(layer, op, block_of(op))].counts += counts;
}

const LedgerRow& Ledger::row(std::int32_t layer, Op op, BlockId block) const {
    return rows_[index(layer, op, block)];
}

LedgerRow Ledger::block(BlockId block) const {
    LedgerRow sum;
    for (auto i = static_cast<std::size_t>(block); i < rows_.size(); i += kBlockCount) {
        sum.add(rows_[i]);
    }
    return sum;
}

LedgerRow Ledger::op(Op op) const {
    LedgerRow sum;
    for (std::size_t slot = 0; slot < std::size_t{layers_} + 2; ++slot) {
        const std::size_t first = (slot * kOpCount + static_cast<std::size_t>(op)) * kBlockCount;
        for (std::size_t b = 0; b < kBlockCount; ++b) sum.add(rows_[first + b]);
    }
    return sum;
}

LedgerRow Ledger::all() const {
    LedgerRow sum;
    for (const LedgerRow& row : rows_) sum.add(row);
    return sum;
}

}  // namespace mambasic::models
