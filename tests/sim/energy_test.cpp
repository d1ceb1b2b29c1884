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
Workload work_with(const char* scheme, const std::string& setting = "scale_table.units=1") {
    Workload work;
    work.dims = kDims;
    work.batch = 1;
    work.tokens = 8;
    work.layers = 4;
    work.scale_ranges = scale_ranges(Scheme::load(scheme), kDims, chip(setting));
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

double area_of(const char* scheme, Part part, const std::string& setting = "conv.lanes=4") {
    return EnergyModel(chip(setting), work_with(scheme, setting)).area_mm2(part).value;
}

TEST(Energy, AChipThatCodesNothingHasNoDividersInItsConvolution) {
    EXPECT_LT(area_of("fp32-ssm-input", Part::Conv), area_of("quamba1", Part::Conv));
}

// What ssm.md 8 adds to a Mamba2: further dividers and packers behind the convolution, unpackers
// in front of the core. x_proj is Mamba1's.
TEST(Energy, ACodedChipHasThePartsOfItsCode) {
    for (const char* scheme : {"se8", "w4a5-se"}) {
        EXPECT_GT(area_of(scheme, Part::Conv), area_of("quamba1", Part::Conv)) << scheme;
        EXPECT_GT(area_of(scheme, Part::Ssm), area_of("quamba1", Part::Ssm)) << scheme;
        EXPECT_EQ(area_of(scheme, Part::Gemm), area_of("quamba1", Part::Gemm)) << scheme;
    }
    EXPECT_GT(area_of("w4a5-se", Part::Ssm), area_of("int5", Part::Ssm)) << "selects a scale";
    EXPECT_GT(area_of("int5", Part::Ssm), area_of("quamba1", Part::Ssm)) << "unpacks";
    EXPECT_EQ(area_of("int8-sim", Part::Ssm), area_of("quamba1", Part::Ssm));
    EXPECT_GT(area_of("int8-sim", Part::Conv), area_of("quamba1", Part::Conv)) << "decodes";
    EXPECT_EQ(area_of("w4a5-se", Part::Rotation), 0);
    EXPECT_GT(area_of("rotation-hadamard", Part::Rotation), 0);
}

TEST(Energy, XProjHasThePartsThatItsOperandNeeds) {
    const auto gemm = [](const char* input) {
        const std::string setting = std::string("dequant_mux.x_proj_input=") + input;
        const ChipConfig config = chip(setting);
        Workload work = work_with("w4a5-se", setting);
        work.dims = {96, 192, 16, 4, 16, 2, 256};
        work.scale_ranges = scale_ranges(Scheme::load("w4a5-se"), work.dims, config);
        return EnergyModel(config, work).area_mm2(Part::Gemm).value;
    };
    EXPECT_GT(gemm("requantized"), gemm("copy"));
    EXPECT_GT(gemm("codes"), gemm("copy"));
}

// The core's own row: a word of x is unpacked and its scale selected, which int8 has not.
TEST(Energy, DecodingACodeIsPaid) {
    const ChipConfig config = chip();
    const EnergyModel energy(config, work_with("se8"));
    for (const models::Event event : {models::Event::PackCode, models::Event::ScaleSelect}) {
        models::Task scan;
        scan.block = models::BlockId::Ssm;
        scan.op = models::Op::Scan;
        models::Work work;
        work.counts[event] = 1000;
        models::Ledger ledger(4);
        ledger.record(scan, 0, work);
        const PartEnergy parts = energy.of_all(ledger);
        EXPECT_GT(parts[static_cast<std::size_t>(Part::Ssm)].value, 0);
        EXPECT_EQ(parts[static_cast<std::size_t>(Part::Ssm)].value, sum(parts).value);
    }
}

}  // namespace
}  // namespace mambasic::sim
