#include "sim/weight_store.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/units.h"

namespace mambasic::sim {

using models::kNone;

PassWidths pass_widths(const ChipConfig& chip) { return {chip.gemm.cols, chip.rotation.fma_lanes}; }

std::uint64_t panel_channels(const Workload& work, Op op, const PassWidths& widths,
                             std::uint64_t weight_capacity) {
    constexpr std::uint64_t kPanelsInScratchpad = 8;
    const bool rotation = models::block_of(op) == models::BlockId::Rotation;
    const std::uint64_t width = rotation ? widths.rotation : widths.array;
    const std::uint64_t pass_bytes = width * channel_bytes(work, op);
    const std::uint64_t passes =
        std::max<std::uint64_t>(1, weight_capacity / kPanelsInScratchpad / pass_bytes);
    return std::min(linear_shape(work.dims, op).n, passes * width);
}

void WeightStore::add(Op op, std::int32_t layer) {
    const std::uint64_t start = addresses_.weights(layer, op);
    const auto add_panel = [&](std::uint64_t channel, std::uint64_t channels, std::uint64_t at,
                               std::uint64_t bytes) {
        panels_.push_back(
            {op, channel, channels, bytes, {TrafficKind::Weights, start + at, {}}, false, kNone});
    };
    if (!has_panels(op)) {
        add_panel(0, 0, 0, weight_bytes(work_, op));
        return;
    }
    const std::uint64_t channels = linear_shape(work_.dims, op).n;
    const std::uint64_t bytes = channel_bytes(work_, op);
    const std::uint64_t step =
        panel_channels(work_, op, widths_, emitter_.capacity(Memory::Weight));
    for (std::uint64_t c = 0; c < channels; c += step) {
        const std::uint64_t n = std::min(step, channels - c);
        const bool last = c + n == channels;
        const std::uint64_t stored = last ? stored_channels(work_, op) - c : n;
        add_panel(c, n, c * bytes, stored * bytes);
    }
}

void WeightStore::begin_layer(std::int32_t layer, const std::vector<Op>& ops) {
    for (const Panel& p : panels_) MAMBASIC_CHECK(p.buffer == kNone, "a panel was never released");
    panels_.clear();
    ranges_.fill({});
    for (const Op op : ops) {
        const std::size_t first = panels_.size();
        add(op, layer);
        ranges_[static_cast<std::size_t>(op)] = {first, panels_.size() - first};
    }
}

void WeightStore::pin(const std::vector<Op>& ops) {
    std::uint64_t total = 0;
    std::uint64_t largest = 0;
    std::vector<Panel*> chosen;
    for (Panel& p : panels_) {
        if (std::find(ops.begin(), ops.end(), p.op) == ops.end()) continue;
        chosen.push_back(&p);
        total += p.bytes;
        largest = std::max(largest, p.bytes);
    }
    const std::uint64_t capacity = emitter_.capacity(Memory::Weight);
    const std::uint64_t room =
        total <= capacity ? capacity : capacity - std::min(capacity, 2 * largest);
    // Small panels first: they are many uses for few bytes, and what streams is then one or two
    // large ops whose panels follow each other.
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const Panel* a, const Panel* b) { return a->bytes < b->bytes; });
    std::uint64_t pinned = 0;
    for (Panel* p : chosen) {
        p->pinned = pinned + p->bytes <= room;
        if (p->pinned) pinned += p->bytes;
    }
}

BufferId WeightStore::fetch(std::size_t index) {
    Panel& p = panels_[index];
    if (p.buffer == kNone) p.buffer = emitter_.load(p.op, Memory::Weight, p.bytes, p.place);
    return p.buffer;
}

void WeightStore::used(std::size_t index) {
    Panel& p = panels_[index];
    if (p.pinned || p.buffer == kNone) return;
    emitter_.release(p.buffer);
    p.buffer = kNone;
}

void WeightStore::release(Op op) {
    const PanelRange r = range(op);
    for (std::size_t i = r.first; i < r.first + r.count; ++i) {
        if (panels_[i].buffer == kNone) continue;
        emitter_.release(panels_[i].buffer);
        panels_[i].buffer = kNone;
    }
}

}  // namespace mambasic::sim
