// Writes tasks in program order and derives their dependencies from the buffers they touch: who
// reads waits for who wrote, who writes first waits for the space.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/common/task.h"
#include "sim/space_pool.h"

namespace mambasic::sim {

using models::BufferId;
using models::Memory;
using models::Op;
using models::Region;
using models::TaskId;
using models::TrafficKind;

struct Capacities {
    std::uint64_t weight = 0;      // bytes
    std::uint64_t activation = 0;  // bytes
    std::uint64_t state = 0;       // bytes
    std::uint64_t table = 0;       // bytes
};

/// Where DRAM data lies, and the tasks that put it there (none: it was there from the start).
struct DramPlace {
    TrafficKind kind = TrafficKind::Activations;
    std::uint64_t address = 0;
    std::vector<TaskId> writers;
};

class Emitter {
public:
    explicit Emitter(const Capacities& capacities);

    std::uint64_t capacity(Memory memory) const { return pool(memory).capacity(); }
    std::uint64_t free_bytes(Memory memory) const { return pool(memory).free_bytes(); }
    std::uint64_t used_bytes(Memory memory) const { return capacity(memory) - free_bytes(memory); }

    BufferId allocate(Memory memory, std::uint64_t bytes);
    void release(BufferId buffer);
    std::uint64_t bytes(BufferId buffer) const { return buffers_.at(buffer).bytes; }

    /// A compute task; `update` are buffers that it reads and writes in place.
    TaskId compute(Op op, const Region& region, const std::vector<BufferId>& reads,
                   const std::vector<BufferId>& writes, const std::vector<BufferId>& updates = {});
    /// A new buffer with `bytes` from DRAM.
    BufferId load(Op op, Memory memory, std::uint64_t bytes, const DramPlace& from);
    /// `bytes` of the buffer to DRAM.
    TaskId store(Op op, BufferId buffer, std::uint64_t bytes, TrafficKind kind,
                 std::uint64_t address);

    void begin_segment(std::int32_t layer, std::uint32_t step);
    models::Segment take_segment();

private:
    struct Live {
        Memory memory = Memory::Weight;
        std::uint64_t bytes = 0;
        std::vector<TaskId> space;  // until the first write
        TaskId first_writer = models::kNone;
        TaskId last_writer = models::kNone;
        models::BlockId last_writer_block = models::BlockId::DmaLoad;
        std::array<TaskId, models::kBlockCount> last_user{};
    };
    const SpacePool& pool(Memory memory) const { return pools_[static_cast<std::size_t>(memory)]; }
    models::Task& append(models::BlockId block, Op op, const Region& region);
    void use(models::Task& task, BufferId buffer, bool reads, bool writes);

    std::vector<SpacePool> pools_;
    std::unordered_map<BufferId, Live> buffers_;
    models::Segment segment_;
    std::uint32_t segments_ = 0;
    TaskId next_task_ = 0;
    BufferId next_buffer_ = 0;
};

}  // namespace mambasic::sim
