// A layer's table of scales on its way into a trace.
#pragma once

#include <string>
#include <vector>

#include "traces/group_table.h"
#include "traces/synth/grouping.h"
#include "traces/synth/pieces.h"
#include "traces/synth/x_observers.h"

namespace mambasic::traces::synth {

class StoredTable {
public:
    StoredTable() = default;
    StoredTable(const Grouping& grouping, const XObservers& seen)
        : shape_(grouping.shape),
          head_end_(grouping.head_end),
          dim_end_(grouping.dim_end),
          x_scales_(seen.x_scales()),
          state_scales_(seen.state_scales()) {}

    /// Points into this object, as what add_to adds does.
    GroupTable view() const;
    /// `conv` and `scan` are what the keys begin with.
    void add_to(Pieces& pieces, const std::string& conv, const std::string& scan) const;

private:
    GroupShape shape_;
    std::vector<std::int32_t> head_end_, dim_end_;
    std::vector<float> x_scales_, state_scales_;
};

}  // namespace mambasic::traces::synth
