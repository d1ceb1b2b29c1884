// Which buffers are in which on-chip memory, as time passes: from the start of the first task that
// writes one to the end of the last task that uses it. Checks that no memory ever holds more than
// it can, that nothing is read before it was written or loaded that nobody reads, and that what the
// DMA carried is what the buffers took and gave.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/common/ledger.h"

namespace mambasic::models {

class Occupancy {
public:
    explicit Occupancy(const std::array<std::uint64_t, kMemoryCount>& capacity_bytes)
        : capacity_(capacity_bytes) {}

    /// The schedule has written a segment: its buffers, their uses, what it will not use again.
    void add(const Segment& segment);
    void started(const Task& task);
    void retired(const Task& task);

    std::uint64_t held_bytes(Memory memory) const { return held_[index(memory)]; }
    std::uint64_t peak_bytes(Memory memory) const { return peak_[index(memory)]; }
    /// At the end: everything gone, everything loaded was read. Throws InternalError otherwise.
    void check_empty() const;
    /// At the end: the DRAM gave what loads put into buffers, and took what stores took out of
    /// them. Throws InternalError otherwise.
    void check_moved(const ByteCounts& dram) const;

private:
    struct State {
        Buffer buffer;
        std::uint64_t uses = 0;     // written down and not yet retired
        std::uint64_t writers = 0;  // under way
        bool present = false;
        bool written = false;  // by a task that is done
        bool read = false;
        bool released = false;
    };
    static std::size_t index(Memory memory) { return static_cast<std::size_t>(memory); }
    void write_started(State& state, const Task& task);
    void leave_if_done(BufferId id);

    std::array<std::uint64_t, kMemoryCount> capacity_;
    std::array<std::uint64_t, kMemoryCount> held_{};
    std::array<std::uint64_t, kMemoryCount> peak_{};
    std::unordered_map<BufferId, State> buffers_;
    std::uint64_t loaded_bytes_ = 0;
    std::uint64_t consumed_bytes_ = 0;  // loaded, read and gone
    ByteCounts moved_;                  // by DMA: into buffers, out of buffers
};

}  // namespace mambasic::models
