#include "sim/dram_tap.h"

#include <utility>

namespace mambasic::sim {

DramTap::DramTap(models::DramInterface& memory, std::uint32_t burst_bytes, Listener listener)
    : memory_(memory), burst_bytes_(burst_bytes), listener_(std::move(listener)) {}

std::uint64_t DramTap::access(const models::DramRequest& request, models::DramClient& client) {
    DramBurst burst;
    burst.write = request.write;
    burst.at = sc_core::sc_time_stamp().value();
    const std::uint64_t end = request.address + request.bytes;
    burst.address = request.address / burst_bytes_ * burst_bytes_;
    for (; burst.address < end; burst.address += burst_bytes_) listener_(burst);
    return memory_.access(request, client);
}

}  // namespace mambasic::sim
