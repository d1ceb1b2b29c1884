#include "sim/commands/weight_advice.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/common/error.h"
#include "reports/human.h"
#include "sim/capacity_error.h"
#include "sim/commands/verb.h"
#include "sim/data_folders.h"
#include "sim/layer_ops.h"

namespace mambasic::sim {
namespace {

/// What has to be in weight_sram together for no weight to be read twice.
struct Together {
    std::string whose;
    std::uint64_t bytes = 0;
};

Workload weights_of(const traces::Dims& dims, bool int4_weights) {
    Workload work;
    work.dims = dims;
    work.int4_weights = int4_weights;
    return work;
}

std::uint64_t layer_bytes(const Workload& work) {
    std::uint64_t bytes = 0;
    for (const OpSpec& spec : layer_ops(work.dims)) bytes += weight_bytes(work, spec.op);
    return bytes;
}

Together together(const Workload& work, Fusion fusion) {
    if (fusion == Fusion::Layer) return {"a layer's", layer_bytes(work)};
    Together largest;
    for (const OpSpec& spec : layer_ops(work.dims)) {
        const std::uint64_t bytes = weight_bytes(work, spec.op);
        if (bytes > largest.bytes) largest = {std::string(models::name_of(spec.op)) + "'s", bytes};
    }
    return largest;
}

/// Weights that the layers read; the embedding's rows and the head's weights are read once anyway.
std::uint64_t read_by_layers(const Workload& work, const reports::Report& report) {
    std::uint64_t bytes = report.dram.weights.read_bytes;
    for (const reports::OpRow& op : report.ops) {
        if (op.name == models::name_of(models::Op::Embedding)) bytes -= op.dram_read_bytes;
        if (op.name == models::name_of(models::Op::LmHead)) {
            bytes -= weight_bytes(work, models::Op::NormF) + weight_bytes(work, models::Op::LmHead);
        }
    }
    return bytes;
}

}  // namespace

std::string weight_note(const ChipConfig& chip, const traces::TraceInfo& info,
                        const reports::Report& report) {
    constexpr double kWorthSaying = 1.1;
    if (info.phase == traces::Phase::Decode) return "";
    // A matrix that rotates x is none of a layer's weights, but read among them.
    const bool rotates = std::any_of(
        report.ops.begin(), report.ops.end(),
        [](const reports::OpRow& op) { return op.name == models::name_of(models::Op::Rotate); });
    if (rotates) return "";
    const Workload work = weights_of(info.dims, info.w4());
    const std::uint64_t once = report.layers.size() * layer_bytes(work);
    const double times =
        static_cast<double>(read_by_layers(work, report)) / static_cast<double>(once);
    if (times < kWorthSaying) return "";
    const Together needed = together(work, chip.schedule.fusion);
    return "layers read their weights " + reports::three_digits(times) +
           " times from DRAM: weight_sram has " +
           reports::human_bytes(chip.weight_sram.capacity_bytes()) + ", " + needed.whose +
           " weights are " + reports::human_bytes(needed.bytes) + "; to read them once, " +
           raise_sram(chip, models::Memory::Weight, needed.bytes);
}

std::string chip_for(const traces::Dims& dims, bool int4_weights) {
    // A chip with less streams nearly a whole layer for every token tile.
    constexpr std::uint64_t kLeastShare = 8;
    std::vector<std::pair<std::uint64_t, std::string>> chips;
    std::uint64_t usual = 0;
    const std::uint64_t layer = layer_bytes(weights_of(dims, int4_weights));
    for (const std::string& name : names_in(data_folders("hw_config/chips"))) {
        try {
            const std::uint64_t bytes = ChipConfig::load(name, {}).weight_sram.capacity_bytes();
            chips.emplace_back(bytes, name);
            if (name == kUsualChip) usual = bytes;
        } catch (const models::UserError&) {
            continue;  // an advice is no place to complain of a chip that nobody named
        }
    }
    std::sort(chips.begin(), chips.end());
    for (const auto& [bytes, name] : chips) {
        if (bytes >= usual && bytes * kLeastShare >= layer) return name;
    }
    return chips.empty() ? kUsualChip : chips.back().second;
}

}  // namespace mambasic::sim
