// Traces given another scheme's scales, and which cell a channel is in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "handmade_trace.h"
#include "replayed.h"
#include "tiny_options.h"
#include "traces/synth/regroup.h"

namespace mambasic::traces::test {

constexpr synth::TargetScales kOne{};

constexpr synth::TargetScales cells(std::uint32_t head_groups, std::uint32_t dim_groups) {
    return {synth::Scheme::Quamba2, head_groups, dim_groups};
}

/// tiny2's heads of an SSD group and their channels.
constexpr synth::TargetScales kPerChannel = cells(4, 32);

inline Trace regrouped(const Trace& trace, const synth::TargetScales& target,
                       const std::string& name = "regrouped") {
    const std::string path = temp_path(name);
    synth::regroup(trace, target, path);
    return Trace::open(path);
}

inline Trace regrouped(const Trace& trace, const std::vector<synth::TargetScales>& targets,
                       const std::string& name = "regrouped") {
    const std::string path = temp_path(name);
    synth::regroup(trace, targets, path);
    return Trace::open(path);
}

/// Quamba1 has one scale for all channels, Quamba2 4x4 cells in each SSD group; decode has two
/// sequences.
inline Trace captured(synth::Scheme scheme, synth::Precision precision = synth::Precision::W8A8,
                      Phase phase = Phase::Prefill, const std::string& name = "captured") {
    synth::SynthOptions options = tiny2_options(scheme, precision, phase);
    options.batch = phase == Phase::Decode ? 2 : 1;
    return made(options, name);
}

/// Mamba1 captured with one scale; 16 heads of 16 channels, wide enough for W4; decode has two
/// sequences.
inline Trace captured_mamba1(synth::Precision precision = synth::Precision::W8A8,
                             Phase phase = Phase::Prefill, const std::string& name = "captured") {
    synth::SynthOptions options = tiny_options(phase);
    options.dims = {128, 256, 16, 4, 16, 2, 256};
    options.precision = precision;
    options.batch = phase == Phase::Decode ? 2 : 1;
    return made(options, name);
}

/// ssm.md 3.0's lookup, written out from the page.
inline std::uint32_t looked_up(const Dims& dims, const GroupTable& table, std::uint32_t channel) {
    const std::uint32_t heads = dims.table_heads() / table.shape.ssd_groups;
    const std::uint32_t head = channel / dims.table_head_dim();
    const std::uint32_t g = head / heads;
    std::uint32_t hg = 0;
    for (std::uint32_t i = 0; i < table.shape.head_groups; ++i) {
        hg += table.head_end[g * table.shape.head_groups + i] <= static_cast<int>(head % heads);
    }
    std::uint32_t dg = 0;
    const std::uint32_t row = (g * table.shape.head_groups + hg) * table.shape.dim_groups;
    for (std::uint32_t i = 0; i < table.shape.dim_groups; ++i) {
        dg += table.dim_end[row + i] <= static_cast<int>(channel % dims.table_head_dim());
    }
    return row + dg;
}

/// Which channel of the old layer each channel of the new one was, told by its row of in_proj;
/// empty where a row is new.
inline std::vector<std::size_t> channels_moved(const Linear& before, const Linear& after,
                                               const Dims& dims) {
    const auto row = [](const Linear& linear, std::size_t n) {
        const std::int8_t* at = linear.weight + n * linear.k;
        return std::vector<std::int8_t>(at, at + linear.k);
    };
    const std::size_t first = dims.mamba2() ? dims.d_inner : 0;  // of the rows of x
    std::map<std::vector<std::int8_t>, std::size_t> old;
    for (std::size_t c = 0; c < dims.d_inner; ++c) old[row(before, first + c)] = c;
    std::vector<std::size_t> out;
    for (std::size_t c = 0; c < dims.d_inner; ++c) {
        const auto found = old.find(row(after, first + c));
        if (found == old.end()) return {};
        out.push_back(found->second);
    }
    return out;
}

}  // namespace mambasic::traces::test
