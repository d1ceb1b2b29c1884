#include "models/common/occupancy.h"

#include <algorithm>
#include <string>

#include "models/common/error.h"

namespace mambasic::models {

void Occupancy::add(const Segment& segment) {
    for (const Buffer& b : segment.buffers) buffers_[b.id].buffer = b;
    for (const Task& t : segment.tasks) {
        for (const BufferUse& use : t.buffers) ++buffers_.at(use.buffer).uses;
    }
    for (const BufferId id : segment.released) {
        buffers_.at(id).released = true;
        leave_if_done(id);
    }
}

void Occupancy::started(const Task& task) {
    for (const BufferUse& use : task.buffers) {
        State& s = buffers_.at(use.buffer);
        if (!use.writes) {
            MAMBASIC_CHECK(s.present, "a task reads a buffer that is not there");
            s.read = true;
            continue;
        }
        if (s.present) {
            s.read = s.read || task.block != BlockId::DmaLoad;  // updated in place
            continue;
        }
        s.present = true;
        const std::size_t m = index(s.buffer.memory);
        held_[m] += s.buffer.bytes;
        peak_[m] = std::max(peak_[m], held_[m]);
        MAMBASIC_CHECK(held_[m] <= capacity_[m],
                       std::string(name_of(s.buffer.memory)) + " holds more than its capacity");
        if (s.buffer.loaded) loaded_bytes_ += s.buffer.bytes;
    }
}

void Occupancy::retired(const Task& task) {
    for (const BufferUse& use : task.buffers) {
        --buffers_.at(use.buffer).uses;
        leave_if_done(use.buffer);
    }
}

void Occupancy::leave_if_done(BufferId id) {
    const auto found = buffers_.find(id);
    if (found == buffers_.end()) return;
    const State& s = found->second;
    if (!s.released || s.uses > 0) return;
    if (s.present) {
        held_[index(s.buffer.memory)] -= s.buffer.bytes;
        if (s.buffer.loaded && s.read) consumed_bytes_ += s.buffer.bytes;
    }
    buffers_.erase(found);
}

void Occupancy::check_empty() const {
    std::uint64_t resident = 0;
    for (const auto& [id, s] : buffers_) {
        MAMBASIC_CHECK(s.uses == 0, "buffer " + std::to_string(id) + " has users left");
        if (s.buffer.loaded && s.present) resident += s.buffer.bytes;
    }
    MAMBASIC_CHECK(loaded_bytes_ == consumed_bytes_ + resident,
                   std::to_string(loaded_bytes_) + " bytes loaded, " +
                       std::to_string(consumed_bytes_) + " consumed, " + std::to_string(resident) +
                       " resident");
}

}  // namespace mambasic::models
