#include "sim/capacity_error.h"

#include "models/common/error.h"
#include "models/common/units.h"

namespace mambasic::sim {

using models::ceil_div;
using models::Memory;

namespace {

constexpr std::uint64_t kKib = 1024;

}  // namespace

std::string raise_sram(const ChipConfig& chip, Memory memory, std::uint64_t bytes) {
    const std::string block = models::name_of(memory);
    const models::SramConfig& sram =
        memory == Memory::Weight ? chip.weight_sram : chip.activation_sram;
    const std::uint64_t kib = ceil_div(bytes, kKib);
    return "raise " + block + ".capacity_kib to " +
           std::to_string(ceil_div(kib, sram.banks) * sram.banks);
}

void fail_capacity(const ChipConfig& chip, const CapacityNeed& need) {
    const std::string memory = models::name_of(need.memory);
    std::string key = memory + ".capacity_kib";
    std::string raise;
    std::uint64_t has = 0;
    if (need.memory == Memory::State) {
        key = "ssm.state_store_kib";
        has = chip.ssm.state_store_kib * kKib;
        raise = "raise " + key + " to " + std::to_string(ceil_div(need.bytes, kKib));
    } else {
        has = (need.memory == Memory::Weight ? chip.weight_sram : chip.activation_sram)
                  .capacity_bytes();
        raise = raise_sram(chip, need.memory, need.bytes);
    }
    throw models::UserError(chip.where(key) + ": " + need.what + " needs " +
                            std::to_string(need.bytes) + " bytes of " + memory + ", which has " +
                            std::to_string(has) + "; " + raise + need.otherwise);
}

std::string fewer_sequences(const Workload& work) {
    return work.batch > 1 ? " or take a trace of fewer sequences" : "";
}

std::string fewer_rows(const Workload& work) {
    return work.decode() ? fewer_sequences(work) : " or lower schedule.tile_tokens";
}

}  // namespace mambasic::sim
