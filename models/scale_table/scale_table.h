// The scale table as the blocks that need scales see it: it looks up the channels of a tile ahead
// of the pipeline. What a run of channels gets depends on the stored table only, so the same
// question is answered once and the answer kept. Not modelled: convolution and scan in each other's
// way at the table's ports.
#pragma once

#include <map>
#include <memory>
#include <systemc>
#include <tuple>
#include <vector>

#include "models/common/worker.h"
#include "models/scale_table/scale_table_cost.h"
#include "models/x_code/x_rows.h"

namespace mambasic::models {

/// What a task works on, with the scale table of its layer.
template <typename Tile>
struct BoundWithTable : Bound<Tile> {
    std::shared_ptr<const ScaleTableImage> table;
};

struct TableRequest {
    std::shared_ptr<const ScaleTableImage> table;
    LookupRun run;
    LookupPace pace;
};

struct TableAnswer {
    std::vector<float> scales;                // [run.count]: x's of int8, and B's and C's
    std::vector<std::uint32_t> cells;         // [run.count]
    std::vector<float> b, c;                  // [bc_scales], where the run asks for them
    std::vector<float> low, high, threshold;  // [run.count], where the run asks for them
    LookupCounts counts;                      // of the whole tile
    LookupCycles cycles;
    /// Those of x; null where the run asked for none.
    XScaleRow x_scales() const;
    /// Adds to a tile what its lookups cost, where it goes through its channels so many times.
    void charge(const ScaleTableConfig& config, Work& work, std::uint64_t times = 1) const;
};

class ScaleTable : public sc_core::sc_module {
public:
    ScaleTable(const sc_core::sc_module_name& name, const ScaleTableConfig& config);

    std::shared_ptr<const TableAnswer> look_up(const TableRequest& request);
    const ScaleTableConfig& config() const { return config_; }

private:
    using Key = std::tuple<const ScaleTableImage*, std::uint32_t, std::uint32_t, bool, bool, bool,
                           std::uint64_t, std::uint32_t, std::uint32_t>;
    struct Kept {
        std::shared_ptr<const ScaleTableImage> table;  // as long as it is here, its address is its
        std::shared_ptr<const TableAnswer> answer;
    };
    const ScaleTableConfig config_;
    std::map<Key, Kept> kept_;
};

}  // namespace mambasic::models
