#include "sim/dram_meter.h"

#include <utility>

#include "models/common/units.h"

namespace mambasic::sim {

DramMeter::DramMeter(models::DramInterface& memory, std::uint32_t burst_bytes, Listener listener)
    : memory_(memory), burst_bytes_(burst_bytes), listener_(std::move(listener)) {}

std::uint64_t DramMeter::access(const models::DramRequest& request, models::DramClient& client) {
    const std::uint64_t first = request.address / burst_bytes_;
    const std::uint64_t end = models::ceil_div(request.address + request.bytes, burst_bytes_);
    models::DramRequest own = request;
    own.tag = next_tag_++;
    asked_[own.tag] = {&client, request.tag, request.write, (end - first) * burst_bytes_};
    return memory_.access(own, *this);
}

void DramMeter::landed(std::uint64_t tag) {
    const auto found = asked_.find(tag);
    const Asked asked = found->second;
    asked_.erase(found);
    listener_(asked.write, asked.bytes);
    asked.client->landed(asked.tag);
}

}  // namespace mambasic::sim
