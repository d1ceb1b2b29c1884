// What the ledger's events cost on this chip, by the part that spends it.
// Not modelled: leakage of logic, clock tree, standby power of the DRAM (models/common/cost.h).
#pragma once

#include <array>

#include "models/common/ledger.h"
#include "sim/chip_config.h"

namespace mambasic::sim {

/// Rows of the report's block table.
enum class Part : std::uint8_t {
    DmaLoad,
    DmaStore,
    Embedding,
    Norm,
    Gemm,
    Conv,
    ScaleTable,
    Ssm,
    Hadamard,
    WeightSram,
    ActivationSram,
    Dram,
    kCount,
};
constexpr std::size_t kPartCount = static_cast<std::size_t>(Part::kCount);
const char* name_of(Part part);
Part part_of(models::BlockId block);

using PartEnergy = std::array<models::Banded, kPartCount>;

class EnergyModel {
public:
    explicit EnergyModel(const ChipConfig& chip);

    /// Energy of a row's events; `block` is whose they are.
    PartEnergy of_row(const models::LedgerRow& row, models::BlockId block) const;
    /// Of a layer, an op, or both; negative or kCount: all of them.
    PartEnergy of_layer(const models::Ledger& ledger, std::int32_t layer) const;
    PartEnergy of_op(const models::Ledger& ledger, models::Op op) const;
    PartEnergy of_all(const models::Ledger& ledger) const;
    /// Of the memories, over a time.
    PartEnergy leakage(double time_ns) const;
    models::Banded area_mm2(Part part) const;
    models::Banded scale_lookup_pj(std::uint64_t lookups) const;

private:
    models::BytePrices own_store(models::BlockId block) const;

    const ChipConfig& chip_;
    models::EventPrices logic_;
    std::array<models::BytePrices, models::kMemoryCount> memory_{};
    models::Banded dram_pj_per_byte_;
};

models::Banded sum(const PartEnergy& parts);

}  // namespace mambasic::sim
