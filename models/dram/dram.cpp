#include "models/dram/dram.h"

#include "models/dram/bank_dram.h"
#include "models/dram/stream_dram.h"

namespace mambasic::models {

std::unique_ptr<Dram> make_dram(const char* name, const DramConfig& config, Ticks period) {
    if (config.model == DramModel::Stream) {
        return std::make_unique<StreamDram>(name, config, period);
    }
    return std::make_unique<BankDram>(name, config);
}

std::uint64_t dram_bursts(const DramConfig& config, std::uint64_t address, std::uint64_t bytes) {
    if (bytes == 0) return 0;
    const std::uint64_t burst = config.organization.burst_bytes;
    return (address + bytes - 1) / burst - address / burst + 1;
}

}  // namespace mambasic::models
