// What the ledger's events cost on this chip, by the part that spends it.
// Not modelled: leakage of logic, clock tree, standby power of the DRAM (models/common/cost.h).
#pragma once

#include <array>

#include "models/common/ledger.h"
#include "models/dequant_mux/dequant_mux_cost.h"
#include "models/dram/dram_cost.h"
#include "models/scale_table/scale_table_cost.h"
#include "sim/workload.h"

namespace mambasic::sim {

/// Rows of the report's block table; GatedNorm where the network has one, Rotation where the scheme
/// calls for it.
enum class Part : std::uint8_t {
    DmaLoad,
    DmaStore,
    Embedding,
    Norm,
    Gemm,
    Conv,
    ScaleTable,
    Rotation,
    Ssm,
    GatedNorm,
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

/// Events of the scale table, whichever block asked for the lookup.
constexpr std::array<models::Event, 4> kLookupEvents = {
    models::Event::ScaleLookup, models::Event::TableReadBytes, models::Event::TableStateBytes,
    models::Event::TableCompare};

/// A chip has the parts that its network's family and scheme need: the scan or the recurrence in
/// the SSM core, a gated norm for Mamba2 only, of the dequantizer what the codes of x call for.
class EnergyModel {
public:
    /// `dram`: of the run whose events are priced.
    EnergyModel(const ChipConfig& chip, const Workload& work,
                const models::DramActivity& dram = {});

    /// Of a layer, an op, or both; negative or kCount: all of them.
    PartEnergy of_layer(const models::Ledger& ledger, std::int32_t layer) const;
    PartEnergy of_op(const models::Ledger& ledger, models::Op op) const;
    PartEnergy of_all(const models::Ledger& ledger) const;
    /// Of no op: leakage of the memories over a time, rows opened and refreshed in the DRAM.
    PartEnergy standing(double time_ns) const;
    /// What a part's area is the sum of.
    models::AreaParts area_parts(Part part) const;
    models::Banded area_mm2(Part part) const;
    /// Of area_mm2(Part::ScaleTable), what finds the scale; the rest holds them.
    models::Banded lookup_logic_mm2() const;
    models::Banded lookup_pj(const models::Counts& counts) const;
    /// Of that: reads of the state scales.
    models::Banded state_scales_pj(const models::Counts& counts) const;

private:
    models::AreaParts gemm_area() const;
    models::AreaParts conv_area() const;
    models::AreaParts ssm_area() const;
    models::BytePrices own_store(models::BlockId block) const;
    models::BytePrices table_write_prices(const ScaleGroups& groups) const;
    /// Energy of a row's events, without bytes on their way into the table; `block` is whose they
    /// are.
    PartEnergy of_row(const models::LedgerRow& row, models::BlockId block) const;
    models::Banded table_writes_pj(const models::LedgerRow& row, std::int32_t layer) const;

    const ChipConfig& chip_;
    traces::Dims dims_;
    models::TableNeeds tables_;
    models::XDemand x_;
    models::EventPrices logic_;
    models::EventPrices lookup_;
    std::array<models::BytePrices, models::kMemoryCount> memory_{};  // the table's: none
    std::vector<models::BytePrices> table_writes_;                   // by layer of the run
    models::DramPrices dram_;
    models::Banded dram_rows_;
};

models::Banded sum(const PartEnergy& parts);

}  // namespace mambasic::sim
