#include "sim/timeline_names.h"

namespace mambasic::sim {

using models::BlockId;
using models::Task;

namespace {

bool is_dma(BlockId block) { return block == BlockId::DmaLoad || block == BlockId::DmaStore; }

const char* name_of(models::TrafficKind kind) {
    static constexpr std::array<const char*, models::kTrafficKindCount> kNames = {
        "weights", "activations", "conv output", "tables", "state"};
    return kNames[static_cast<std::size_t>(kind)];
}

/// " token 3", " tokens 0-63"
std::string range(const std::string& what, std::uint64_t first, std::uint64_t count) {
    if (count == 1) return " " + what + " " + std::to_string(first);
    return " " + what + "s " + std::to_string(first) + "-" + std::to_string(first + count - 1);
}

}  // namespace

std::string TimelineNames::where(const TaskPlace& place) const {
    std::string text;
    if (place.layer >= 0) {
        text = " L" + std::to_string(first_layer_ + static_cast<std::uint32_t>(place.layer));
    }
    if (decode_) text += " step " + std::to_string(place.step);
    return text;
}

std::string TimelineNames::task(const Task& task, const TaskPlace& place) const {
    const std::string op = models::name_of(task.op);
    if (is_dma(task.block)) {
        const char* verb = task.block == BlockId::DmaLoad ? "load " : "store ";
        return verb + std::string(name_of(task.transfer.kind)) + " of " + op + where(place);
    }
    std::string text = op + where(place);
    if (!decode_) text += range("token", task.region.token, task.region.tokens);
    if (batch_ > 1) text += " of" + range("sequence", task.region.sequence, task.region.sequences);
    return text;
}

std::string TimelineNames::wait(SliceKind kind, const models::Cause& cause) {
    std::string text = "waits for ";
    if (kind == SliceKind::StalledOutput) text += "room behind ";
    if (is_dma(cause.block)) {
        if (cause.block == BlockId::DmaStore) text += "store of ";
        text += std::string(name_of(cause.traffic)) + " of ";
    }
    return text + models::name_of(cause.op);
}

void TimelineNames::describe(const Task& task, const TaskPlace& place, TimelineSlice& slice) const {
    auto& numbers = slice.numbers;
    numbers.emplace_back("task", task.id);
    if (place.layer >= 0) {
        numbers.emplace_back("layer", first_layer_ + static_cast<std::uint32_t>(place.layer));
    }
    if (decode_) numbers.emplace_back("step", place.step);
    if (is_dma(task.block)) {
        numbers.emplace_back("bytes", task.transfer.bytes);
        numbers.emplace_back("address", task.transfer.address);
        slice.words.emplace_back("memory", models::name_of(task.transfer.memory));
        return;
    }
    const models::Region& r = task.region;
    numbers.emplace_back("sequence", r.sequence);
    numbers.emplace_back("sequences", r.sequences);
    numbers.emplace_back("token", r.token);
    numbers.emplace_back("tokens", r.tokens);
    numbers.emplace_back("channel", r.channel);
    numbers.emplace_back("channels", r.channels);
}

}  // namespace mambasic::sim
