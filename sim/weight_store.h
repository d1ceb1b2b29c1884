// The weights of one layer (or of the head) as panels: which stay in the weight scratchpad for the
// whole layer, which are fetched again for every use.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/address_map.h"
#include "sim/emitter.h"

namespace mambasic::sim {

struct Panel {
    Op op = Op::Norm;
    std::uint64_t channel = 0;
    std::uint64_t channels = 0;
    std::uint64_t bytes = 0;
    DramPlace place;
    bool pinned = false;
    BufferId buffer = models::kNone;
};

/// Panels of one op, one after another.
struct PanelRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// Output channels that pass an op's unit at once.
struct PassWidths {
    std::uint64_t array = 0;
    std::uint64_t rotation = 0;
};
PassWidths pass_widths(const ChipConfig& chip);

/// Output channels of a panel: whole passes of the array (or the rotation unit), at most an eighth
/// of the scratchpad (so that several are in flight), at least one pass.
std::uint64_t panel_channels(const Workload& work, Op op, const PassWidths& widths,
                             std::uint64_t weight_capacity);

class WeightStore {
public:
    WeightStore(Emitter& emitter, Workload work, const AddressMap& addresses,
                const PassWidths& widths)
        : emitter_(emitter), work_(std::move(work)), addresses_(addresses), widths_(widths) {}

    /// Forgets the layer before (all its panels are released) and lists this one's.
    void begin_layer(std::int32_t layer, const std::vector<Op>& ops);
    PanelRange range(Op op) const { return ranges_[static_cast<std::size_t>(op)]; }
    const Panel& panel(std::size_t index) const { return panels_[index]; }
    /// All panels of the ops stay if they fit together; otherwise as many as leave room for two
    /// streaming ones, in order.
    void pin(const std::vector<Op>& ops);

    BufferId fetch(std::size_t index);
    /// After a use: a streaming panel leaves, a pinned one stays.
    void used(std::size_t index);
    /// After the last use of the layer.
    void release(Op op);

private:
    void add(Op op, std::int32_t layer);

    Emitter& emitter_;
    Workload work_;
    const AddressMap& addresses_;
    PassWidths widths_;
    std::vector<Panel> panels_;
    std::array<PanelRange, models::kOpCount> ranges_{};
};

}  // namespace mambasic::sim
