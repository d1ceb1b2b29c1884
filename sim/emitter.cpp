#include "sim/emitter.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::sim {

using models::BlockId;
using models::kNone;
using models::Task;

Emitter::Emitter(const Capacities& capacities)
    : pools_{SpacePool(capacities.weight), SpacePool(capacities.activation),
             SpacePool(capacities.state), SpacePool(capacities.table)} {}

BufferId Emitter::allocate(Memory memory, std::uint64_t bytes) {
    const BufferId id = next_buffer_++;
    Live live;
    live.memory = memory;
    live.bytes = bytes;
    live.last_user.fill(kNone);
    pools_[static_cast<std::size_t>(memory)].allocate(bytes, live.space);
    buffers_.emplace(id, std::move(live));
    segment_.buffers.push_back({id, memory, bytes, false});
    return id;
}

void Emitter::release(BufferId buffer) {
    const auto found = buffers_.find(buffer);
    MAMBASIC_CHECK(found != buffers_.end(), "a buffer is released twice");
    const Live& live = found->second;
    // A block retires its tasks in order, so its last use stands for all of them.
    std::vector<TaskId> users;
    for (const TaskId user : live.last_user) {
        if (user != kNone) users.push_back(user);
    }
    if (users.empty()) users = live.space;
    pools_[static_cast<std::size_t>(live.memory)].release(live.bytes, std::move(users));
    segment_.released.push_back(buffer);
    buffers_.erase(found);
}

Task& Emitter::append(BlockId block, Op op, const Region& region) {
    Task task;
    task.id = next_task_++;
    task.block = block;
    task.op = op;
    task.segment = segment_.index;
    task.region = region;
    segment_.tasks.push_back(std::move(task));
    return segment_.tasks.back();
}

void Emitter::use(Task& task, BufferId buffer, bool reads, bool writes) {
    Live& live = buffers_.at(buffer);
    if (reads) {
        MAMBASIC_CHECK(live.last_writer != kNone, "a buffer is read before anything wrote it");
        // The writers between the two are on the same block, or wait for the first themselves.
        task.data.push_back(live.first_writer);
        if (live.last_writer != live.first_writer) task.data.push_back(live.last_writer);
    }
    if (writes) {
        if (live.first_writer == kNone) {
            live.first_writer = task.id;
            task.space.insert(task.space.end(), live.space.begin(), live.space.end());
        } else if (!reads && live.last_writer_block != task.block) {
            task.data.push_back(live.last_writer);  // fills a part of what another one reloaded
        }
        live.last_writer = task.id;
        live.last_writer_block = task.block;
    }
    live.last_user[static_cast<std::size_t>(task.block)] = task.id;
    task.buffers.push_back({buffer, writes});
}

TaskId Emitter::compute(Op op, const Region& region, const std::vector<BufferId>& reads,
                        const std::vector<BufferId>& writes, const std::vector<BufferId>& updates) {
    Task& task = append(models::block_of(op), op, region);
    for (const BufferId b : reads) use(task, b, true, false);
    for (const BufferId b : updates) use(task, b, buffers_.at(b).first_writer != kNone, true);
    for (const BufferId b : writes) use(task, b, false, true);
    std::sort(task.data.begin(), task.data.end());
    task.data.erase(std::unique(task.data.begin(), task.data.end()), task.data.end());
    return task.id;
}

BufferId Emitter::load(Op op, Memory memory, std::uint64_t bytes, const DramPlace& from) {
    const BufferId buffer = allocate(memory, bytes);
    segment_.buffers.back().loaded = true;
    Task& task = append(BlockId::DmaLoad, op, {});
    task.transfer = {from.kind, memory, bytes, from.address};
    task.data = from.writers;
    use(task, buffer, false, true);
    return buffer;
}

TaskId Emitter::store(Op op, BufferId buffer, std::uint64_t bytes, TrafficKind kind,
                      std::uint64_t address) {
    Task& task = append(BlockId::DmaStore, op, {});
    task.transfer = {kind, buffers_.at(buffer).memory, bytes, address};
    use(task, buffer, true, false);
    return task.id;
}

void Emitter::begin_segment(std::int32_t layer, std::uint32_t step) {
    segment_ = {};
    segment_.index = segments_++;
    segment_.layer = layer;
    segment_.step = step;
}

models::Segment Emitter::take_segment() { return std::move(segment_); }

}  // namespace mambasic::sim
