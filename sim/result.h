// From the ledger to the report: sums, prices, shares. Checks that the parts of the energy add up.
#pragma once

#include <vector>

#include "reports/report.h"
#include "sim/chip.h"

namespace mambasic::sim {

/// Spans of layers and ops, gathered as segments finish.
class Spans {
public:
    Spans(std::uint32_t layers, models::Ticks period) : layers_(layers), period_(period) {}
    void add(const SegmentRecord& record);
    std::uint64_t layer_cycles(std::uint32_t layer) const;
    std::uint64_t op_cycles(models::Op op) const;

private:
    std::uint32_t layers_;
    models::Ticks period_;
    models::Ticks last_end_ = 0;
    std::vector<models::Ticks> layer_ticks_;
    std::array<models::Ticks, models::kOpCount> op_ticks_{};
};

struct RunFacts {
    const ChipConfig& chip;
    const Workload& work;
    const ChipResult& result;
    const models::Ledger& ledger;
    const Spans& spans;
    bool numerics = true;
};

reports::Report make_report(const RunFacts& facts);

}  // namespace mambasic::sim
