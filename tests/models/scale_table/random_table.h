// Random group tables for the tests of the scale table.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "models/scale_table/scale_table_function.h"

namespace mambasic::models::test {

struct RandomTable {
    ScaleTableShape shape;
    std::vector<std::int32_t> head_end, dim_end;
    std::vector<float> x, b, c, state;

    RandomTable(const ScaleTableShape& s, std::uint32_t seed) : shape(s), engine_(seed) {
        for (std::uint32_t g = 0; g < s.ssd_groups; ++g) {
            append_ends(head_end, s.head_groups, s.heads);
            for (std::uint32_t i = 0; i < s.head_groups; ++i) {
                append_ends(dim_end, s.dim_groups, s.head_dim);
            }
        }
        x = scales(s.cells());
        b = scales(s.bc_scales);
        c = scales(s.bc_scales);
        state = scales(s.cells() * s.state_columns);
    }

    ScaleTableSource source() const {
        return {head_end.data(), dim_end.data(), x.data(), b.data(), c.data(), state.data()};
    }

    /// As kernels.md and the trace format define it: nested searches, no hardware.
    std::uint32_t cell(std::uint32_t channel) const {
        const std::uint32_t head = channel / shape.head_dim;
        const std::uint32_t group = head / shape.heads;
        std::uint32_t cell = group * shape.head_groups;
        for (std::uint32_t i = 0; i < shape.head_groups; ++i) {
            cell += head_end[group * shape.head_groups + i] <=
                            static_cast<std::int32_t>(head % shape.heads)
                        ? 1
                        : 0;
        }
        std::uint32_t dim = 0;
        for (std::uint32_t j = 0; j < shape.dim_groups; ++j) {
            dim += dim_end[cell * shape.dim_groups + j] <=
                           static_cast<std::int32_t>(channel % shape.head_dim)
                       ? 1
                       : 0;
        }
        return cell * shape.dim_groups + dim;
    }
    float scale(std::uint32_t channel) const {
        const std::uint32_t first_b = shape.x_channels();
        if (channel < first_b) return x[cell(channel)];
        const std::uint32_t each = shape.bc_channels / shape.bc_scales;
        const std::uint32_t k = channel - first_b;
        return k < shape.bc_channels ? b[k / each] : c[(k - shape.bc_channels) / each];
    }

private:
    // Distinct cuts of 1 .. size - 1: groups of any size but zero.
    void append_ends(std::vector<std::int32_t>& ends, std::uint32_t groups, std::uint32_t size) {
        std::vector<std::int32_t> cuts(size - 1);
        for (std::uint32_t i = 1; i < size; ++i) cuts[i - 1] = static_cast<std::int32_t>(i);
        std::shuffle(cuts.begin(), cuts.end(), engine_);
        cuts.resize(groups - 1);
        cuts.push_back(static_cast<std::int32_t>(size));
        std::sort(cuts.begin(), cuts.end());
        ends.insert(ends.end(), cuts.begin(), cuts.end());
    }
    std::vector<float> scales(std::size_t count) {
        std::vector<float> values(count);
        for (float& v : values) v = 0.001F + static_cast<float>(engine_() >> 8) * 0x1p-28F;
        return values;
    }

    std::mt19937 engine_;
};

/// mamba2-130m: 24 heads of 64 rows, one SSD group, 4 x 4 cells, 128 states.
inline ScaleTableShape mamba2_130m(LookupKind kind) { return {kind, 1, 4, 4, 24, 64, 1, 128, 128}; }

/// The chip of base.yaml.
inline ScaleTableConfig base_table() {
    ScaleTableConfig c;
    c.word_bytes = 4;
    c.range_bytes = 4;
    c.lookup_cycles = 1;
    c.units = 1;
    c.parallel_comparators = 20;
    c.parallel_banks = 21;
    c.largest_bank_kib = 64;
    c.capacity_kib = 256;
    return c;
}

}  // namespace mambasic::models::test
