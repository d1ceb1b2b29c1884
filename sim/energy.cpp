#include "sim/energy.h"

#include "models/conv/conv_cost.h"
#include "models/dma/dma_cost.h"
#include "models/dram/dram_cost.h"
#include "models/embedding/embedding_cost.h"
#include "models/gated_norm/gated_norm_cost.h"
#include "models/gemm/gemm_cost.h"
#include "models/hadamard/hadamard_cost.h"
#include "models/nonlinear/nonlinear_cost.h"
#include "models/norm/norm_cost.h"
#include "models/rotation/rotation_cost.h"
#include "models/sram/sram_cost.h"
#include "models/ssm/ssd_cost.h"
#include "sim/scale_tables.h"

namespace mambasic::sim {

using models::AreaParts;
using models::Banded;
using models::BlockId;
using models::Event;
using models::MemoryPart;

namespace {

Banded bytes_pj(const models::BytePrices& prices, std::uint64_t read, std::uint64_t written) {
    return prices.read_pj * static_cast<double>(read) +
           prices.write_pj * static_cast<double>(written);
}

Banded& at(PartEnergy& parts, Part part) { return parts[static_cast<std::size_t>(part)]; }

AreaParts with(AreaParts area, const AreaParts& more) {
    area.logic.insert(area.logic.end(), more.logic.begin(), more.logic.end());
    area.memory.insert(area.memory.end(), more.memory.begin(), more.memory.end());
    return area;
}

void add(PartEnergy& to, const PartEnergy& from) {
    for (std::size_t p = 0; p < kPartCount; ++p) to[p] += from[p];
}

}  // namespace

const char* name_of(Part part) {
    static constexpr std::array<const char*, kPartCount> kNames = {
        "dma_load", "dma_store",   "embedding",       "norm", "gemm",
        "conv",     "scale_table", "rotation",        "ssm",  "gated_norm",
        "hadamard", "weight_sram", "activation_sram", "dram"};
    return kNames[static_cast<std::size_t>(part)];
}

Part part_of(BlockId block) {
    switch (block) {
        case BlockId::DmaLoad:
            return Part::DmaLoad;
        case BlockId::DmaStore:
            return Part::DmaStore;
        case BlockId::Embedding:
            return Part::Embedding;
        case BlockId::Norm:
            return Part::Norm;
        case BlockId::Conv:
            return Part::Conv;
        case BlockId::Ssm:
            return Part::Ssm;
        case BlockId::GatedNorm:
            return Part::GatedNorm;
        case BlockId::Hadamard:
            return Part::Hadamard;
        case BlockId::Rotation:
            return Part::Rotation;
        default:
            return Part::Gemm;
    }
}

AreaParts EnergyModel::gemm_area() const {
    return with(models::gemm_area(chip_.gemm), models::x_proj_area(chip_.gemm, x_));
}

AreaParts EnergyModel::conv_area() const {
    return with(models::conv_area(chip_.conv, chip_.nonlinear, x_.uses),
                models::x_quantizer_area(chip_.conv, x_));
}

AreaParts EnergyModel::ssm_area() const {
    AreaParts area = dims_.mamba2() ? models::ssd_area(chip_.ssm, chip_.nonlinear)
                                    : models::ssm_area(chip_.ssm, chip_.nonlinear);
    area.logic.push_back(models::ssm_state_scale_registers(chip_.ssm, tables_));
    return with(area, models::x_decoder_area(chip_.ssm, x_));
}

AreaParts EnergyModel::area_parts(Part part) const {
    const ChipConfig& c = chip_;
    switch (part) {
        case Part::Embedding:
            return models::embedding_area(c.embedding);
        case Part::Norm:
            return models::norm_area(c.norm, c.nonlinear);
        case Part::Gemm:
            return gemm_area();
        case Part::Conv:
            return conv_area();
        case Part::ScaleTable:
            return models::scale_table_area(c.scale_table, tables_);
        case Part::Rotation:
            return models::rotation_area(c.rotation, rotation_needs(x_.uses));
        case Part::Ssm:
            return ssm_area();
        case Part::GatedNorm:
            return dims_.mamba2() ? models::gated_norm_area(c.gated_norm, c.nonlinear)
                                  : AreaParts{};
        case Part::Hadamard:
            return models::hadamard_area(c.hadamard);
        case Part::WeightSram:
            return {{}, {models::sram_part(c.weight_sram, "weight_sram")}};
        case Part::ActivationSram:
            return {{}, {models::sram_part(c.activation_sram, "activation_sram")}};
        case Part::DmaLoad:
        case Part::DmaStore:
            return models::dma_area(c.dma);
        default:
            return {};
    }
}

// What a byte of a layer's table costs on its way in: it is written to the copy of every unit, or
// to the memory of the state scales. The register's few bytes cost nothing.
models::BytePrices EnergyModel::table_write_prices(const ScaleGroups& groups) const {
    models::BytePrices prices;
    if (groups.lookup == models::LookupKind::Register) return prices;
    const std::vector<MemoryPart> memories =
        models::scale_table_memories(chip_.scale_table, tables_);
    const models::TableBytes bytes =
        models::scale_table_bytes(chip_.scale_table, table_shape(dims_, groups));
    const auto price = [&](const MemoryPart& memory, std::uint64_t written) {
        const double share = static_cast<double>(written) / static_cast<double>(bytes.all());
        prices.write_pj += models::byte_prices(chip_.technology, memory).write_pj * share;
    };
    price(memories.front(), bytes.lookup() * chip_.scale_table.units);
    if (memories.size() > 1) price(memories.back(), bytes.state_scales);
    return prices;
}

EnergyModel::EnergyModel(const ChipConfig& chip, const Workload& work,
                         const models::DramActivity& dram)
    : chip_(chip),
      dims_(work.dims),
      tables_(table_needs(work)),
      x_{x_uses(work), chip.schedule.tile_tokens},
      logic_(models::logic_prices(chip.technology, chip.nonlinear)),
      lookup_(models::scale_table_prices(chip.technology, chip.scale_table, tables_)) {
    // Bytes are priced by the memory they are in, below; never by the generic table.
    for (const Event e : {Event::SramReadBytes, Event::SramWriteBytes, Event::StateReadBytes,
                          Event::StateWriteBytes, Event::DramReadBytes, Event::DramWriteBytes,
                          Event::DramReadBursts, Event::DramWriteBursts}) {
        logic_[e] = {};
    }
    memory_ = {
        models::byte_prices(chip.technology, models::sram_part(chip.weight_sram, "weight_sram")),
        models::byte_prices(chip.technology,
                            models::sram_part(chip.activation_sram, "activation_sram")),
        models::byte_prices(chip.technology, models::ssm_state_store(chip.ssm)),
        {}};
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        table_writes_.push_back(table_write_prices(work.scales(layer).groups));
    }
    dram_ = models::dram_prices(chip.dram);
    dram_rows_ = models::dram_row_pj(chip.dram, dram);
}

models::BytePrices EnergyModel::own_store(BlockId block) const {
    switch (block) {
        case BlockId::Gemm:
            return models::byte_prices(chip_.technology, models::gemm_accumulators(chip_.gemm));
        case BlockId::Hadamard:
            return models::byte_prices(chip_.technology, models::hadamard_buffer(chip_.hadamard));
        case BlockId::Rotation:
            return models::byte_prices(chip_.technology, models::rotation_buffer(chip_.rotation));
        case BlockId::Ssm:
            return models::byte_prices(chip_.technology, models::ssm_state_store(chip_.ssm));
        default:
            return {};
    }
}

PartEnergy EnergyModel::of_row(const models::LedgerRow& row, BlockId block) const {
    PartEnergy parts{};
    models::Counts logic = row.counts;
    for (const Event e : kLookupEvents) logic[e] = 0;
    at(parts, part_of(block)) += models::energy_pj(logic_, logic);
    at(parts, Part::ScaleTable) += lookup_pj(row.counts);
    at(parts, part_of(block)) += bytes_pj(own_store(block), row.counts[Event::StateReadBytes],
                                          row.counts[Event::StateWriteBytes]);
    constexpr std::array<Part, models::kMemoryCount> kOwners = {
        Part::WeightSram, Part::ActivationSram, Part::Ssm, Part::ScaleTable};
    for (std::size_t m = 0; m < models::kMemoryCount; ++m) {
        at(parts, kOwners[m]) += bytes_pj(memory_[m], row.memory[m].read, row.memory[m].written);
    }
    at(parts, Part::Dram) +=
        dram_.read_burst_pj * static_cast<double>(row.counts[Event::DramReadBursts]);
    at(parts, Part::Dram) +=
        dram_.write_burst_pj * static_cast<double>(row.counts[Event::DramWriteBursts]);
    return parts;
}

Banded EnergyModel::table_writes_pj(const models::LedgerRow& row, std::int32_t layer) const {
    if (layer < 0) return {};  // embedding and head
    const models::ByteCounts& bytes = row.memory[static_cast<std::size_t>(models::Memory::Table)];
    return bytes_pj(table_writes_.at(static_cast<std::size_t>(layer)), bytes.read, bytes.written);
}

PartEnergy EnergyModel::of_layer(const models::Ledger& ledger, std::int32_t layer) const {
    PartEnergy parts{};
    for (std::size_t o = 0; o < models::kOpCount; ++o) {
        for (std::size_t b = 0; b < models::kBlockCount; ++b) {
            const auto block = static_cast<BlockId>(b);
            const models::LedgerRow& row = ledger.row(layer, static_cast<models::Op>(o), block);
            add(parts, of_row(row, block));
            at(parts, Part::ScaleTable) += table_writes_pj(row, layer);
        }
    }
    return parts;
}

PartEnergy EnergyModel::of_op(const models::Ledger& ledger, models::Op op) const {
    PartEnergy parts{};
    for (auto layer = models::Segment::kHead; layer < static_cast<std::int32_t>(ledger.layers());
         ++layer) {
        for (std::size_t b = 0; b < models::kBlockCount; ++b) {
            const auto block = static_cast<BlockId>(b);
            const models::LedgerRow& row = ledger.row(layer, op, block);
            add(parts, of_row(row, block));
            at(parts, Part::ScaleTable) += table_writes_pj(row, layer);
        }
    }
    return parts;
}

PartEnergy EnergyModel::of_all(const models::Ledger& ledger) const {
    PartEnergy parts{};
    for (std::size_t b = 0; b < models::kBlockCount; ++b) {
        const auto block = static_cast<BlockId>(b);
        add(parts, of_row(ledger.block(block), block));
    }
    for (std::uint32_t layer = 0; layer < ledger.layers(); ++layer) {
        const auto index = static_cast<std::int32_t>(layer);
        for (std::size_t o = 0; o < models::kOpCount; ++o) {
            const auto op = static_cast<models::Op>(o);
            at(parts, Part::ScaleTable) +=
                table_writes_pj(ledger.row(index, op, BlockId::DmaLoad), index);
        }
    }
    return parts;
}

PartEnergy EnergyModel::standing(double time_ns) const {
    PartEnergy parts{};
    at(parts, Part::Dram) += dram_rows_;
    for (std::size_t p = 0; p < kPartCount; ++p) {
        for (const MemoryPart& memory : area_parts(static_cast<Part>(p)).memory) {
            parts[p] += models::leakage_mw(chip_.technology, memory) * time_ns;  // mW ns = pJ
        }
    }
    return parts;
}

Banded EnergyModel::area_mm2(Part part) const {
    return models::area_mm2(chip_.technology, area_parts(part));
}

Banded EnergyModel::lookup_logic_mm2() const {
    models::TableNeeds looked_up;  // the others hold their scales in registers
    for (const models::TableNeed& need : tables_) {
        if (need.shape.kind != models::LookupKind::Register) looked_up.push_back(need);
    }
    AreaParts area = models::scale_table_area(chip_.scale_table, looked_up);
    area.memory.clear();
    return models::area_mm2(chip_.technology, area);
}

Banded EnergyModel::lookup_pj(const models::Counts& counts) const {
    Banded total;
    for (const Event e : kLookupEvents) total += lookup_[e] * static_cast<double>(counts[e]);
    return total;
}

Banded EnergyModel::state_scales_pj(const models::Counts& counts) const {
    return lookup_[Event::TableStateBytes] * static_cast<double>(counts[Event::TableStateBytes]);
}

Banded sum(const PartEnergy& parts) {
    Banded total;
    for (const Banded& part : parts) total += part;
    return total;
}

}  // namespace mambasic::sim
