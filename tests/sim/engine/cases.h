// Workloads and chips for tests of the schedule and of the assembled chip: the tiny model's
// dimensions, and random capacities around what its tiles need.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "sim/schedule.h"
#include "traces/x_code_text.h"

namespace mambasic::sim::test {

inline Workload tiny_work(traces::Phase phase, std::uint64_t batch, std::uint64_t tokens,
                          std::uint32_t layers) {
    Workload work;
    work.dims = {96, 192, 16, 4, 16, 2, 256};
    work.phase = phase;
    work.batch = batch;
    work.tokens = tokens;
    work.layers = layers;
    work.embeds = true;
    work.has_head = true;
    return work;
}

struct Case {
    Workload work;
    std::vector<std::string> overrides;  // of chips/tiny.yaml
    std::string name() const {
        std::string text = work.decode() ? "decode" : "prefill";
        for (const ScaleRange& range : work.scale_ranges) {
            text += " " + traces::spell(range.groups.x.code);
        }
        text += " batch " + std::to_string(work.batch) + " tokens " + std::to_string(work.tokens);
        for (const std::string& o : overrides) text += " " + o;
        return text;
    }
};

inline traces::XCode code_of(traces::XFormat format, std::uint32_t sparse_percent = 0) {
    traces::XCode code;
    code.format = format;
    code.sparse_percent = sparse_percent;
    const bool scaled = format == traces::XFormat::Dual8 || format == traces::XFormat::Uniform8;
    if (scaled) code.factor = 4;
    return code;
}

inline traces::XCode rotated(bool dense) {
    traces::XCode code = code_of(traces::XFormat::Rotated8);
    code.dense = dense;
    return code;
}

inline ScaleRange range_of(const models::XUse& x) {
    ScaleRange range;
    range.groups.x = x;
    range.table_bytes = sizeof(float) * models::table_columns(x).count();
    return range;
}

/// int8 as often as not; otherwise another code in every layer.
inline std::vector<ScaleRange> random_codes(std::uint64_t random, std::uint32_t layers) {
    using traces::XFormat;
    const std::vector<traces::XCode> codes = {
        code_of(XFormat::Dual4),    code_of(XFormat::Fp32), code_of(XFormat::Dual8),
        code_of(XFormat::Dual4, 2), code_of(XFormat::Int8), code_of(XFormat::Int5),
        code_of(XFormat::Uniform8), rotated(false),         rotated(true)};
    if (random % 2 == 0) return {ScaleRange{}};
    const auto x_proj = static_cast<traces::XProjInput>(random / 2 % 3);
    std::vector<ScaleRange> ranges;
    for (std::uint32_t layer = 0; layer < layers; ++layer) {
        const traces::XCode& code = codes[(random / 8 + layer) % codes.size()];
        const bool possible = x_proj != traces::XProjInput::Codes || !code.x_values();
        ranges.push_back(range_of({code, true, possible ? x_proj : traces::XProjInput::Copy}));
        if (layer + 1 < layers) ranges.back().end = layer + 1;
    }
    return ranges;
}

/// Deterministic for a seed; about one in five is too small for a task.
inline Case random_case(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    const auto set = [](const char* key, std::uint32_t value) {
        return std::string(key) + "=" + std::to_string(value);
    };
    Case c;
    const bool decode = pick(0, 1) == 1;
    c.work = tiny_work(decode ? traces::Phase::Decode : traces::Phase::Prefill, pick(1, 4),
                       pick(1, 30), pick(1, 3));
    c.work.embeds = pick(0, 2) > 0;
    c.work.has_head = c.work.embeds && pick(0, 2) > 0;
    c.work.residual_input = !c.work.embeds && pick(0, 1) == 1;
    c.overrides = {set("schedule.tile_tokens", pick(1, 20)),
                   std::string("schedule.fusion=") + (pick(0, 1) == 1 ? "layer" : "none"),
                   set("weight_sram.capacity_kib", 4 * pick(1, 30)),
                   set("activation_sram.capacity_kib", 4 * pick(1, 40)),
                   set("ssm.state_store_kib", pick(1, 40)),
                   std::string("ssm.state_residency=") + (pick(0, 3) > 0 ? "on_chip" : "spilled")};
    c.work.scale_ranges = random_codes(random(), c.work.layers);
    return c;
}

inline ChipConfig chip_of(const std::vector<std::string>& overrides) {
    return ChipConfig::load("tiny", overrides);
}

}  // namespace mambasic::sim::test
