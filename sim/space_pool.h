// Space of one scratchpad, handed out in program order. Space that the schedule has given back is
// handed out again oldest first, together with the tasks that used it last: whoever takes it waits
// for them. Double buffering emerges from capacity alone.
// Not modelled: addresses inside the scratchpad; a buffer may be scattered, so nothing fragments.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "models/common/task.h"

namespace mambasic::sim {

class SpacePool {
public:
    explicit SpacePool(std::uint64_t capacity_bytes);

    std::uint64_t capacity() const { return capacity_; }
    std::uint64_t free_bytes() const { return free_; }

    /// Appends to `waits` the tasks after which the space is really free. Needs free_bytes() >=
    /// bytes.
    void allocate(std::uint64_t bytes, std::vector<models::TaskId>& waits);
    /// The space is free once all of `users` are done.
    void release(std::uint64_t bytes, std::vector<models::TaskId> users);

private:
    struct Chunk {
        std::uint64_t bytes = 0;
        std::vector<models::TaskId> users;
    };
    std::uint64_t capacity_;
    std::uint64_t free_;
    std::deque<Chunk> chunks_;  // oldest first
};

}  // namespace mambasic::sim
