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
        if (use.writes) {
            write_started(s, task);
            continue;
        }
        MAMBASIC_CHECK(s.present && s.written && s.writers == 0,
                       std::string(name_of(task.block)) + " reads buffer " +
                           std::to_string(use.buffer) + " before it was written");
        s.read = true;
    }
}

void Occupancy::write_started(State& s, const Task& task) {
    ++s.writers;
    if (s.present) {
        s.read = s.read || task.block != BlockId::DmaLoad;  // updated in place
        return;
    }
    s.present = true;
    const std::size_t m = index(s.buffer.memory);
    held_[m] += s.buffer.bytes;
    peak_[m] = std::max(peak_[m], held_[m]);
    MAMBASIC_CHECK(held_[m] <= capacity_[m],
                   std::string(name_of(s.buffer.memory)) + " holds more than its capacity");
    if (s.buffer.loaded) loaded_bytes_ += s.buffer.bytes;
}

void Occupancy::retired(const Task& task) {
    for (const BufferUse& use : task.buffers) {
        State& s = buffers_.at(use.buffer);
        if (task.block == BlockId::DmaLoad) moved_.read += s.buffer.bytes;
        if (task.block == BlockId::DmaStore) {
            // A state leaves as codes where its buffer held FP32: a store may take less.
            MAMBASIC_CHECK(task.transfer.bytes <= s.buffer.bytes,
                           "a store takes more out of a buffer than it holds");
            moved_.written += task.transfer.bytes;
        }
        if (use.writes) {
            --s.writers;
            s.written = true;
        }
        --s.uses;
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

void Occupancy::check_moved(const ByteCounts& dram) const {
    MAMBASIC_CHECK(dram.read == moved_.read, std::to_string(dram.read) + " bytes read from DRAM, " +
                                                 std::to_string(moved_.read) +
                                                 " loaded into buffers");
    MAMBASIC_CHECK(dram.written == moved_.written,
                   std::to_string(dram.written) + " bytes written to DRAM, " +
                       std::to_string(moved_.written) + " stored from buffers");
}

}  // namespace mambasic::models
