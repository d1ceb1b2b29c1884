#include "models/common/error.h"
#include "models/common/units.h"
#include "models/scale_table/scale_table_function.h"

namespace mambasic::models {

namespace {

constexpr std::uint32_t kScaleBytes = 4;
constexpr std::uint32_t kByteBits = 8;

bool has_ranges(LookupKind kind) {
    return kind == LookupKind::Sequential || kind == LookupKind::Parallel ||
           kind == LookupKind::RunLength;
}

// A flat table gives the conv its scale; the scan also needs the cell of the state scales.
bool has_codes(const ScaleTableShape& shape) {
    return shape.kind == LookupKind::Code ||
           (shape.kind == LookupKind::Direct && shape.state_columns > 0 && shape.group_cells() > 1);
}

std::uint32_t code_bits_of(const ScaleTableShape& shape) {
    std::uint32_t bits = 4;
    while (bits < 32 && (1ULL << bits) < shape.group_cells()) bits *= 2;
    return bits;
}

std::uint64_t stored_x_scales(const ScaleTableShape& shape) {
    const std::uint64_t rows =
        shape.kind == LookupKind::Direct ? shape.x_channels() : shape.cells();
    return rows * shape.x_columns.count();
}

// Of one SSD group.
std::uint64_t range_bytes(const ScaleTableConfig& config, const ScaleTableShape& shape) {
    if (!has_ranges(shape.kind)) return 0;
    return std::uint64_t{config.range_bytes} * (shape.head_groups + shape.group_cells());
}

// Of one cell.
std::uint64_t state_scale_bytes(const ScaleTableShape& shape) {
    return std::uint64_t{kScaleBytes} * shape.state_columns;
}

void store_end(const ScaleTableImage& image, std::int32_t end, std::uint8_t* at) {
    const auto bits = static_cast<std::uint64_t>(end);
    MAMBASIC_CHECK(end >= 0 && bits >> (kByteBits * image.range_bytes) == 0,
                   "a group end is wider than range_bytes");
    for (std::uint32_t i = 0; i < image.range_bytes; ++i) {
        at[i] = static_cast<std::uint8_t>(bits >> (kByteBits * i));
    }
}

void store_ranges(ScaleTableImage& image, const ScaleTableSource& source) {
    const ScaleTableShape& s = image.shape;
    const std::uint64_t block = image.ranges.size() / s.ssd_groups;
    for (std::uint32_t g = 0; g < s.ssd_groups; ++g) {
        std::uint8_t* at = image.ranges.data() + g * block;
        for (std::uint32_t i = 0; i < s.head_groups; ++i, at += image.range_bytes) {
            store_end(image, source.head_end[g * s.head_groups + i], at);
        }
        for (std::uint32_t i = 0; i < s.group_cells(); ++i, at += image.range_bytes) {
            store_end(image, source.dim_end[g * s.group_cells() + i], at);
        }
    }
}

// The first range that ends beyond the position.
std::uint32_t group_of(const std::int32_t* ends, std::uint32_t count, std::uint32_t position) {
    std::uint32_t i = 0;
    while (i + 1 < count && static_cast<std::uint32_t>(ends[i]) <= position) ++i;
    return i;
}

// The cell of a channel in its SSD group: what a designer works out before the chip runs.
std::uint32_t cell_of(const ScaleTableShape& s, const ScaleTableSource& source,
                      std::uint32_t channel) {
    const std::uint32_t head = channel / s.head_dim;
    const std::uint32_t group = head / s.heads;
    const std::size_t first = std::size_t{group} * s.head_groups;
    const std::uint32_t head_group =
        group_of(source.head_end + first, s.head_groups, head % s.heads);
    const std::int32_t* row = source.dim_end + (first + head_group) * s.dim_groups;
    return head_group * s.dim_groups + group_of(row, s.dim_groups, channel % s.head_dim);
}

void store_codes(ScaleTableImage& image, const ScaleTableSource& source) {
    const ScaleTableShape& s = image.shape;
    for (std::uint32_t c = 0; c < s.x_channels(); ++c) {
        const std::uint64_t bit = std::uint64_t{c} * image.code_bits;
        std::uint64_t code = std::uint64_t{cell_of(s, source, c)} << (bit % kByteBits);
        for (std::uint64_t at = bit / kByteBits; code != 0; ++at, code >>= kByteBits) {
            image.codes[at] = static_cast<std::uint8_t>(image.codes[at] | (code & 0xFFU));
        }
    }
}

void store_cell(ScaleTableImage& image, const ScaleTableSource& source, std::uint32_t cell) {
    const XColumns& columns = image.shape.x_columns;
    if (columns.int8) image.scales.push_back(source.x_scales[cell]);
    if (columns.low) image.scales.push_back(source.x_low[cell]);
    if (columns.high) image.scales.push_back(source.x_high[cell]);
    if (columns.threshold) image.scales.push_back(source.x_threshold[cell]);
}

void store_scales(ScaleTableImage& image, const ScaleTableSource& source) {
    const ScaleTableShape& s = image.shape;
    if (s.kind == LookupKind::Direct) {
        for (std::uint32_t c = 0; c < s.x_channels(); ++c) {
            const std::uint32_t group = c / (s.heads * s.head_dim);
            store_cell(image, source, group * s.group_cells() + cell_of(s, source, c));
        }
    } else {
        for (std::uint32_t cell = 0; cell < s.cells(); ++cell) store_cell(image, source, cell);
    }
    image.scales.insert(image.scales.end(), source.b_scales, source.b_scales + s.bc_scales);
    image.scales.insert(image.scales.end(), source.c_scales, source.c_scales + s.bc_scales);
    image.state_scales.assign(source.state_scales,
                              source.state_scales + std::uint64_t{s.cells()} * s.state_columns);
}

std::vector<std::int32_t> equal_ends(std::uint32_t groups, std::uint32_t size) {
    std::vector<std::int32_t> ends;
    for (std::uint32_t i = 1; i <= groups; ++i) {
        ends.push_back(static_cast<std::int32_t>(std::uint64_t{size} * i / groups));
    }
    return ends;
}

}  // namespace

TableBytes scale_table_bytes(const ScaleTableConfig& config, const ScaleTableShape& shape) {
    TableBytes bytes;
    bytes.ranges = shape.ssd_groups * range_bytes(config, shape);
    bytes.scales = kScaleBytes * (stored_x_scales(shape) + 2 * std::uint64_t{shape.bc_scales});
    if (has_codes(shape)) {
        bytes.codes = ceil_div(std::uint64_t{shape.x_channels()} * code_bits_of(shape), kByteBits);
    }
    bytes.state_scales = shape.cells() * state_scale_bytes(shape);
    return bytes;
}

TableBytes scale_table_stored_bytes(const ScaleTableConfig& config, const ScaleTableShape& shape) {
    const auto whole_words = [&config](std::uint64_t bytes) {
        return ceil_div(bytes, config.word_bytes) * config.word_bytes;
    };
    TableBytes bytes = scale_table_bytes(config, shape);
    bytes.ranges = shape.ssd_groups * whole_words(range_bytes(config, shape));
    bytes.scales = whole_words(bytes.scales);
    bytes.codes = whole_words(bytes.codes);
    bytes.state_scales = shape.cells() * whole_words(state_scale_bytes(shape));
    return bytes;
}

ScaleTableImage scale_table_build(const ScaleTableConfig& config, const ScaleTableShape& shape,
                                  const ScaleTableSource& source) {
    MAMBASIC_CHECK(shape.kind != LookupKind::Register || shape.cells() == 1,
                   "a register holds the scale of one cell");
    const TableBytes bytes = scale_table_stored_bytes(config, shape);
    ScaleTableImage image;
    image.shape = shape;
    image.word_bytes = config.word_bytes;
    image.range_bytes = config.range_bytes;
    image.code_bits = code_bits_of(shape);
    image.ranges.resize(bytes.ranges);
    image.codes.resize(bytes.codes);
    if (bytes.ranges > 0) store_ranges(image, source);
    if (bytes.codes > 0) store_codes(image, source);
    store_scales(image, source);
    return image;
}

EqualRanges scale_table_equal_ranges(const ScaleTableShape& shape) {
    EqualRanges ranges;
    const std::vector<std::int32_t> heads = equal_ends(shape.head_groups, shape.heads);
    const std::vector<std::int32_t> rows = equal_ends(shape.dim_groups, shape.head_dim);
    for (std::uint32_t g = 0; g < shape.ssd_groups; ++g) {
        ranges.head_end.insert(ranges.head_end.end(), heads.begin(), heads.end());
        for (std::uint32_t i = 0; i < shape.head_groups; ++i) {
            ranges.dim_end.insert(ranges.dim_end.end(), rows.begin(), rows.end());
        }
    }
    return ranges;
}

}  // namespace mambasic::models
