// What a table's bytes cost on their way in, and what its scales take of the chip, where the layers
// of a network differ.
#include "sim/energy.h"

#include <gtest/gtest.h>

#include "sim/scale_tables.h"

namespace mambasic::sim {
namespace {

const traces::Dims kDims{128, 256, 16, 4, 0, 4, 256, traces::Family::Mamba2, 8, 32, 2, 16};

ChipConfig chip(const std::string& setting = "scale_table.units=1") {
    return ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", {setting});
}

/// Four layers; with hybrid the first two have one scale.
Workload work_with(const char* scheme) {
    Workload work;
    work.dims = kDims;
    work.batch = 1;
    work.tokens = 8;
    work.layers = 4;
    work.scale_ranges = scale_ranges(Scheme::load(scheme), kDims, chip());
    return work;
}

/// Every layer's table came once.
models::Ledger ledger_of(const Workload& work) {
    models::Ledger ledger(work.layers);
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        models::Task task;
        task.block = models::BlockId::DmaLoad;
        task.op = models::Op::Conv1d;
        task.transfer = {models::TrafficKind::Tables, models::Memory::Table,
                         work.scales(layer).table_bytes, 0};
        ledger.record(task, static_cast<std::int32_t>(layer), {});
    }
    return ledger;
}

double table_pj(const PartEnergy& parts) {
    return parts[static_cast<std::size_t>(Part::ScaleTable)].value;
}

TEST(Energy, ATablesBytesArePricedAsTheirOwnLayersMemoriesTakeThem) {
    const ChipConfig config = chip("scale_table.units=3");
    const Workload work = work_with("hybrid");
    const EnergyModel energy(config, work);
    const models::Ledger ledger = ledger_of(work);
    const std::vector<models::MemoryPart> memories =
        models::scale_table_memories(config.scale_table, table_needs(work));
    const auto write_pj = [&](const models::MemoryPart& memory) {
        return models::byte_prices(config.technology, memory).write_pj.value;
    };
    // 2 x 20 ends and 32 + 4 scales of 4 bytes, in three copies; 32 cells of 16 state scales.
    const double grouped =
        3 * 4 * (40 + 36) * write_pj(memories[0]) + 4 * 32 * 16 * write_pj(memories[1]);
    EXPECT_EQ(table_pj(energy.of_layer(ledger, 0)), 0) << "registers";
    EXPECT_DOUBLE_EQ(table_pj(energy.of_layer(ledger, 2)), grouped);
    EXPECT_DOUBLE_EQ(table_pj(energy.of_all(ledger)), 2 * grouped);
    EXPECT_DOUBLE_EQ(table_pj(energy.of_op(ledger, models::Op::Conv1d)), 2 * grouped);
}

TEST(Energy, TheCoreHoldsTheStateScalesOfItsLanesCells) {
    const ChipConfig config = chip();
    const double one = EnergyModel(config, work_with("quamba1")).area_mm2(Part::Ssm).value;
    const double hybrid = EnergyModel(config, work_with("hybrid")).area_mm2(Part::Ssm).value;
    const double grouped = EnergyModel(config, work_with("quamba2")).area_mm2(Part::Ssm).value;
    EXPECT_GT(grouped, one);
    EXPECT_EQ(grouped, hybrid) << "the widest layer's";
}

}  // namespace
}  // namespace mambasic::sim
