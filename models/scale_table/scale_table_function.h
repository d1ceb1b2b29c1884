// The scale table's bits: what is stored for one layer and how the scale of a channel is found in
// it, in five ways that give the same answer. Each of them is executed on the stored table, so a
// wrong group end gives a wrong scale. Which channels are in which cell: traces/group_table.h.
// Not modelled: writing the table, which happens while the layer's weights arrive.
#pragma once

#include <cstdint>
#include <vector>

#include "models/common/counts.h"
#include "models/scale_table/scale_table_config.h"
#include "models/x_code/x_columns.h"

namespace mambasic::models {

/// Channels are numbered as the convolution sees them: x, then B, then C. Channel c of x is row
/// c % head_dim of head c / head_dim, and `heads` heads make an SSD group; counters know that.
struct ScaleTableShape {
    LookupKind kind = LookupKind::Register;
    std::uint32_t ssd_groups = 1;
    std::uint32_t head_groups = 1;    // of each SSD group
    std::uint32_t dim_groups = 1;     // of each head group
    std::uint32_t heads = 1;          // of each SSD group
    std::uint32_t head_dim = 1;       // rows, which are channels, of each head
    std::uint32_t bc_scales = 0;      // of B, and as many of C; each for bc_channels / bc_scales
    std::uint32_t bc_channels = 0;    // of B, and as many of C
    std::uint32_t state_columns = 0;  // state scales of a cell; 0 where no block asks for them
    XColumns x_columns{};             // words of x of a cell

    std::uint32_t group_cells() const { return head_groups * dim_groups; }
    std::uint32_t cells() const { return ssd_groups * group_cells(); }
    std::uint32_t x_channels() const { return ssd_groups * heads * head_dim; }
    std::uint32_t channels() const { return x_channels() + 2 * bc_channels; }
};

/// What a layer's table is made from; ranges as in traces::GroupTable.
struct ScaleTableSource {
    const std::int32_t* head_end = nullptr;  // [ssd_groups][head_groups]
    const std::int32_t* dim_end = nullptr;   // [ssd_groups][head_groups][dim_groups]
    const float* x_scales = nullptr;         // [cells], int8
    const float* b_scales = nullptr;         // [bc_scales]
    const float* c_scales = nullptr;
    const float* state_scales = nullptr;  // [cells][state_columns]
    const float* x_low = nullptr;         // [cells], where the shape has them
    const float* x_high = nullptr;
    const float* x_threshold = nullptr;
};

/// Bytes of one layer, by what they are.
struct TableBytes {
    std::uint64_t ranges = 0;
    std::uint64_t scales = 0;
    std::uint64_t codes = 0;
    std::uint64_t state_scales = 0;
    std::uint64_t lookup() const { return ranges + scales + codes; }
    std::uint64_t all() const { return lookup() + state_scales; }
};
/// What comes from DRAM: no padding.
TableBytes scale_table_bytes(const ScaleTableConfig& config, const ScaleTableShape& shape);
/// What it takes of the table's SRAM, where whole words are filled by each section, by the ranges
/// of each SSD group and by the state scales of each cell.
TableBytes scale_table_stored_bytes(const ScaleTableConfig& config, const ScaleTableShape& shape);

/// The stored table. The ranges of an SSD group are its head ends and then its dim ends, little
/// endian.
struct ScaleTableImage {
    ScaleTableShape shape;
    std::uint32_t word_bytes = 4;
    std::uint32_t range_bytes = 4;
    std::uint32_t code_bits = 4;
    std::vector<std::uint8_t> ranges;
    std::vector<float> scales;        // x: [cells, or x_channels where direct][x_columns]; B; C
    std::vector<std::uint8_t> codes;  // cell of a channel in its SSD group, low bits first
    std::vector<float> state_scales;  // [cells][state_columns], in a memory of their own
};
ScaleTableImage scale_table_build(const ScaleTableConfig& config, const ScaleTableShape& shape,
                                  const ScaleTableSource& source);

/// Group ends for a trace that holds shapes only: groups as equal as they can be.
struct EqualRanges {
    std::vector<std::int32_t> head_end;
    std::vector<std::int32_t> dim_end;
};
EqualRanges scale_table_equal_ranges(const ScaleTableShape& shape);

struct LookupCounts {
    std::uint64_t lookups = 0;         // answered; a register's: once, not for each channel
    std::uint64_t words = 0;           // read from ranges, scales and codes
    std::uint64_t state_words = 0;     // read from the state scales
    std::uint64_t comparisons = 0;     // of a channel's position with a group end
    std::uint64_t further_scales = 0;  // of x, beside the first one of a lookup
    LookupCounts& operator+=(const LookupCounts& other);
    LookupCounts operator*(std::uint64_t times) const;
    Counts events(const ScaleTableConfig& config) const;
};

/// Who asks, and for which channels, which come in order.
struct LookupRun {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool by_head = false;      // the scan's: a head is looked up once for all its rows
    bool with_states = false;  // and the state scales of every cell it enters are read
    bool with_bc = false;      // and first B's and C's scale in every SSD group it enters
    XColumns x_columns{};      // of those that the table has
};

/// What is looked up; null: not asked for.
struct LookupTargets {
    float* scales = nullptr;         // [run.count]: x's of int8, and B's and C's
    std::uint32_t* cells = nullptr;  // [run.count], for the scan's channels of x
    float* b = nullptr;    // [bc_scales]; those of SSD groups not entered stay what they are
    float* c = nullptr;    // [bc_scales]
    float* low = nullptr;  // [run.count]
    float* high = nullptr;
    float* threshold = nullptr;
};

/// Looks up the run's channels. A channel that no range holds gets scale 0 and cell 0, as upstream;
/// traces have none.
LookupCounts scale_table_lookup(const ScaleTableImage& image, const LookupRun& run,
                                const LookupTargets& targets);

/// What a tile asks of the table, and how fast the pipeline that needs the scales moves: it works
/// through `groups` of `lanes` channels, `group_steps` steps each.
struct LookupDemand {
    LookupCounts first_group{};
    LookupCounts all{};
    std::uint64_t groups = 0;
    std::uint64_t group_steps = 0;
    LookupCounts first_lookup{};        // of the first channel's x alone
    bool by_head = false;               // the scan asks
    std::uint64_t state_row_words = 0;  // of a cell's state scales
    LookupCounts first_channel{};       // with B's and C's in front of it, where the run has them
};

/// How a tile is worked through: `steps` for every group of `lanes` channels.
struct LookupPace {
    std::uint64_t steps = 0;
    std::uint32_t lanes = 0;
};
LookupDemand scale_table_demand(const ScaleTableConfig& config, const ScaleTableImage& image,
                                const LookupRun& run, const LookupPace& pace);

}  // namespace mambasic::models
