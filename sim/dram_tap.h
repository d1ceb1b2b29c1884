// Stands between the DMA engines and the memory and tells every burst that they ask for. It takes
// no time and changes nothing.
#pragma once

#include <functional>

#include "models/dram/dram.h"
#include "sim/dram_burst.h"

namespace mambasic::sim {

class DramTap : public models::DramInterface {
public:
    using Listener = std::function<void(const DramBurst&)>;
    DramTap(models::DramInterface& memory, std::uint32_t burst_bytes, Listener listener);

    std::uint64_t access(const models::DramRequest& request, models::DramClient& client) override;

private:
    models::DramInterface& memory_;
    const std::uint64_t burst_bytes_;
    const Listener listener_;
};

}  // namespace mambasic::sim
