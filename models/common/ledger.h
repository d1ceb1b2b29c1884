// The one ledger of events: what every task did, by block, op and layer. Cycles, energy, DRAM bytes
// and the report are sums over its rows.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/common/cost.h"
#include "models/common/counts.h"
#include "models/common/scoreboard.h"

namespace mambasic::models {

/// What one task did, as its block saw it.
struct Work {
    Counts counts;
    Cycles cycles;
    SramTraffic sram;
    StoreTraffic store;              // the block's own memory
    std::uint64_t table_cycles = 0;  // of `cycles`: in front of the tile, for the scale table
    std::uint64_t hidden_table_cycles = 0;   // beside its pipeline
    std::uint64_t exposed_table_cycles = 0;  // of those: without them the tile had been shorter
    std::uint64_t bank_conflict_cycles = 0;  // of `cycles`: columns that lie in few banks
};

struct ByteCounts {
    std::uint64_t read = 0;
    std::uint64_t written = 0;
};

struct LedgerRow {
    std::uint64_t tasks = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t table_cycles = 0;
    std::uint64_t hidden_table_cycles = 0;
    std::uint64_t exposed_table_cycles = 0;
    std::uint64_t bank_conflict_cycles = 0;
    Counts counts;  // arithmetic, and State*Bytes of the block's own memory
    std::array<ByteCounts, kMemoryCount> memory{};
    std::array<ByteCounts, kTrafficKindCount> dram{};
    void add(const LedgerRow& other);
};

class Ledger {
public:
    /// Layers of the run; the embedding and the head are two more.
    explicit Ledger(std::uint32_t layers);

    void record(const Task& task, std::int32_t layer, const Work& work);
    /// What the data of an op's tiles add to the counts that were recorded for them.
    void record_data(std::int32_t layer, Op op, const Counts& counts);

    std::uint32_t layers() const { return layers_; }
    const LedgerRow& row(std::int32_t layer, Op op, BlockId block) const;
    LedgerRow block(BlockId block) const;
    LedgerRow op(Op op) const;
    LedgerRow all() const;

private:
    std::size_t index(std::int32_t layer, Op op, BlockId block) const;

    std::uint32_t layers_;
    std::vector<LedgerRow> rows_;
};

}  // namespace mambasic::models
