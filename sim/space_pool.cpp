#include "sim/space_pool.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::sim {

SpacePool::SpacePool(std::uint64_t capacity_bytes)
    : capacity_(capacity_bytes), free_(capacity_bytes) {
    chunks_.push_back({capacity_bytes, {}});
}

void SpacePool::allocate(std::uint64_t bytes, std::vector<models::TaskId>& waits) {
    MAMBASIC_CHECK(bytes <= free_, "the schedule gave out more space than there is");
    free_ -= bytes;
    while (bytes > 0) {
        Chunk& oldest = chunks_.front();
        const std::uint64_t taken = std::min(bytes, oldest.bytes);
        waits.insert(waits.end(), oldest.users.begin(), oldest.users.end());
        bytes -= taken;
        oldest.bytes -= taken;
        if (oldest.bytes == 0) chunks_.pop_front();
    }
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
}

void SpacePool::release(std::uint64_t bytes, std::vector<models::TaskId> users) {
    free_ += bytes;
    MAMBASIC_CHECK(free_ <= capacity_, "more space came back than went out");
    if (bytes > 0) chunks_.push_back({bytes, std::move(users)});
}

}  // namespace mambasic::sim
