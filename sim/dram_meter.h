// Stands between the DMA engines and the memory and tells the bytes of every request when it is
// over. It takes no time and changes nothing.
#pragma once

#include <functional>
#include <unordered_map>

#include "models/dram/dram.h"

namespace mambasic::sim {

class DramMeter : public models::DramInterface, private models::DramClient {
public:
    using Listener = std::function<void(bool write, std::uint64_t bytes)>;
    /// Bytes are those of whole bursts.
    DramMeter(models::DramInterface& memory, std::uint32_t burst_bytes, Listener listener);

    std::uint64_t access(const models::DramRequest& request, models::DramClient& client) override;

private:
    struct Asked {
        models::DramClient* client = nullptr;
        std::uint64_t tag = 0;
        bool write = false;
        std::uint64_t bytes = 0;
    };
    void landed(std::uint64_t tag) override;

    models::DramInterface& memory_;
    const std::uint64_t burst_bytes_;
    const Listener listener_;
    std::unordered_map<std::uint64_t, Asked> asked_;  // by the meter's own tag
    std::uint64_t next_tag_ = 0;
};

}  // namespace mambasic::sim
