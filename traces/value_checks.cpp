#include "traces/value_checks.h"

#include <algorithm>
#include <cstring>

#include "traces/error.h"
#include "traces/w4.h"

namespace mambasic::traces {

namespace {

std::string text(std::uint64_t value) { return std::to_string(value); }

// One row of end positions: ascending from 0, the last one at `end`.
class Row {
public:
    Row(const Tensor& tensor, std::uint64_t row)
        : width_(tensor.shape.back()), ends_(tensor.as<std::int32_t>() + row * width_) {}

    std::uint64_t width() const { return width_; }
    std::int64_t last() const { return ends_[width_ - 1]; }
    /// The first entry that is not above the one before it, or width().
    std::uint64_t first_wrong() const {
        for (std::uint64_t i = 0; i < width_; ++i) {
            if (ends_[i] <= (i == 0 ? 0 : ends_[i - 1])) return i;
        }
        return width_;
    }
    std::int32_t at(std::uint64_t i) const { return ends_[i]; }

private:
    std::uint64_t width_;
    const std::int32_t* ends_;
};

struct RowMeaning {
    std::string place;  // "SSD group 1, head group 0"
    std::string unit;   // "heads"
    std::uint64_t end = 0;
    std::uint64_t first_channel = 0;  // of x, the one that end position 0 stands for
    std::uint64_t channels = 1;       // of one unit
};

void require_row(const std::string& path, const Tensor& tensor, const Row& row,
                 const RowMeaning& meaning) {
    const std::uint64_t wrong = row.first_wrong();
    if (wrong < row.width()) {
        throw error_in_tensor(path, tensor.name,
                              meaning.place + ": end " + text(wrong) + " is " +
                                  std::to_string(row.at(wrong)) +
                                  ", not above the one before it: the group is empty");
    }
    if (row.last() == static_cast<std::int64_t>(meaning.end)) return;
    std::string what = meaning.place + " ends at " + std::to_string(row.last()) + " of " +
                       text(meaning.end) + " " + meaning.unit;
    if (row.last() < static_cast<std::int64_t>(meaning.end)) {
        const std::uint64_t channel =
            meaning.first_channel + static_cast<std::uint64_t>(row.last()) * meaning.channels;
        what += ": channel " + text(channel) + " is in no group";
    }
    throw error_in_tensor(path, tensor.name, what);
}

struct Levels {
    int low = 0, high = 0;
};

// golden/spec/ssm.md 8.4 to 8.6.
Levels levels_of(const XCode& code) {
    if (code.format == XFormat::Int5) return {-16, 15};
    if (code.format == XFormat::Dual4) return code.skewed ? Levels{-1, 14} : Levels{-8, 7};
    return {-128, 127};
}

void require_levels(const std::string& path, const Tensor& tensor, Levels levels) {
    const auto* codes = tensor.as<std::int8_t>();
    const auto* end = codes + tensor.elements();
    const auto* bad = std::find_if(codes, end, [&levels](std::int8_t code) {
        return code < levels.low || code > levels.high;
    });
    if (bad == end) return;
    throw error_in_tensor(path, tensor.name,
                          "element " + text(static_cast<std::uint64_t>(bad - codes)) + " is " +
                              std::to_string(*bad) + ", outside [" + std::to_string(levels.low) +
                              ", " + std::to_string(levels.high) + "]");
}

float used_scale(const LinearShape& linear, const TensorIndex& tensors, const W4Linear& stored,
                 std::uint32_t column) {
    if (linear.kind == LinearKind::W4) return stored.channel_scale(column);
    return tensors.at(linear.key + ".b")->as<float>()[column];
}

void require_column_scales(const std::string& path, const LinearShape& linear,
                           const TensorIndex& tensors, const W4Linear& stored) {
    const std::string name = linear.kind == LinearKind::W4 ? ".s_channel" : ".b";
    for (std::uint32_t column = 0; column < linear.n; ++column) {
        const float scale = used_scale(linear, tensors, stored, column);
        if (scale > 0) continue;
        throw error_in_tensor(
            path, linear.key + name,
            "a scale must be > 0, that of column " + text(column) + " is " + std::to_string(scale));
    }
}

TraceError group_error(const std::string& path, const LinearShape& linear, std::uint32_t group,
                       std::uint32_t column, const std::string& what) {
    return error_in_tensor(path, linear.key + ".s_group",
                           "group " + text(group) + ", column " + text(column) + ": " + what);
}

void require_group(const std::string& path, const LinearShape& linear, const W4Linear& stored,
                   std::uint32_t group, std::uint32_t column) {
    const float scale = stored.group_scale(group, column);
    if (column >= linear.n) {
        if (scale == 0) return;
        throw group_error(path, linear, group, column, "is padding and must be zero");
    }
    if (!(scale >= 0)) {
        throw group_error(path, linear, group, column, std::to_string(scale) + " is below zero");
    }
    if (expands_to_int8(-8, scale) && expands_to_int8(7, scale)) return;
    for (std::uint32_t row = group * kW4Group; row < (group + 1) * kW4Group; ++row) {
        const int code = stored.code(column, row);
        if (expands_to_int8(code, scale)) continue;
        throw group_error(path, linear, group, column,
                          std::to_string(scale) + " times the code " + std::to_string(code) +
                              " of row " + text(row) + " is outside [-127.5, 127.5)");
    }
}

}  // namespace

void require_ranges(const std::string& path, const TraceInfo& info, std::uint32_t index,
                    const TensorIndex& tensors) {
    const std::string at = weight_key(info, index, "mixer.conv1d.");
    const Tensor& heads = *tensors.at(at + "x_head_group_range");
    const Tensor& dims = *tensors.at(at + "x_dim_group_range");
    const GroupShape shape = info.table(index).value();
    const std::uint64_t head_dim = info.dims.table_head_dim();
    const std::uint64_t group_heads = info.dims.table_heads() / info.dims.table_ssd_groups();
    for (std::uint64_t group = 0; group < shape.ssd_groups; ++group) {
        const std::string place = "SSD group " + text(group);
        const Row head_ends(heads, group);
        const std::uint64_t first = group * group_heads * head_dim;
        require_row(path, heads, head_ends, {place, "heads", group_heads, first, head_dim});
        for (std::uint64_t part = 0; part < shape.head_groups; ++part) {
            const std::int32_t begin =
                part == 0 ? 0 : head_ends.at(part - 1);  // the head that its channels are named by
            require_row(path, dims, Row(dims, group * shape.head_groups + part),
                        {place + ", head group " + text(part), "channels of a head", head_dim,
                         first + static_cast<std::uint64_t>(begin) * head_dim, 1});
        }
    }
}

void require_linear(const std::string& path, const TraceInfo& info, const LinearShape& linear,
                    const TensorIndex& tensors) {
    if (linear.kind == LinearKind::W8) return;
    W4Linear stored;
    if (linear.kind == LinearKind::W4) {
        stored = {tensors.at(linear.key + ".weight")->data,
                  tensors.at(linear.key + ".s_group")->as<std::uint16_t>(),
                  tensors.at(linear.key + ".s_channel")->as<float>(),
                  padded_rows(linear.n, linear.kind),
                  linear.k,
                  info.packed_w4};
    }
    require_column_scales(path, linear, tensors, stored);
    if (linear.kind != LinearKind::W4) return;
    for (std::uint32_t group = 0; group < linear.k / kW4Group; ++group) {
        for (std::uint32_t column = 0; column < stored.n_padded; ++column) {
            require_group(path, linear, stored, group, column);
        }
    }
}

void require_recorded_codes(const std::string& path, const TraceInfo& info, std::uint32_t index,
                            const TensorIndex& tensors) {
    const XCode code = info.x_code(index);
    const auto check = [&](const char* name, Levels levels) {
        const auto found = tensors.find(trace_key(info, index, name));
        if (found != tensors.end()) require_levels(path, *found->second, levels);
    };
    check("conv1d.codes", levels_of(code));
    check("conv1d.flags", {0, 1});
}

void require_equal_duplicates(const std::string& path, const TraceInfo& info,
                              const TensorIndex& tensors) {
    for (const Duplicate& duplicate : duplicates(info)) {
        const auto found = tensors.find(duplicate.name);
        if (found == tensors.end()) continue;
        const Tensor& original = *tensors.at(duplicate.original.name);
        const Tensor& copy = *found->second;
        if (std::memcmp(copy.data, original.data, original.bytes()) == 0) continue;
        throw error_in_tensor(path, copy.name,
                              "differs from '" + original.name + "', of which it is a copy");
    }
}

}  // namespace mambasic::traces
