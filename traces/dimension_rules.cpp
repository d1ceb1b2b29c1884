// The dimension rules of FORMAT.md.
#include <algorithm>
#include <cmath>

#include "traces/error.h"
#include "traces/layer_observers.h"
#include "traces/metadata.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {

namespace {

// Sizes the online Hadamard transform exists for (kernels.md 4.1): 2^k, 12 * 2^k, 40 * 2^k.
bool has_hadamard(std::uint32_t n) {
    const std::uint32_t factor = n % 12 == 0 ? 12 : (n % 40 == 0 ? 40 : 1);
    const std::uint32_t rest = n / factor;
    return rest > 0 && (rest & (rest - 1)) == 0;
}

void require_range(const std::string& path, const char* key, std::uint32_t value,
                   std::uint32_t high) {
    if (value >= 1 && value <= high) return;
    throw error_in_metadata(
        path, key, std::to_string(value) + " is outside [1, " + std::to_string(high) + "]");
}

void require_sane_widths(const std::string& path, const Dims& dims) {
    require_range(path, "d_model", dims.d_model, 16384);
    require_range(path, "d_state", dims.d_state, 256);
    require_range(path, "n_layer", dims.n_layer, 1024);
    require_range(path, "vocab", dims.vocab, 1U << 20);
    if (dims.d_inner != 2 * dims.d_model) {
        throw error_in_metadata(path, "d_inner",
                                std::to_string(dims.d_inner) +
                                    " is not 2 * d_model = " + std::to_string(2 * dims.d_model));
    }
    if (!has_hadamard(dims.d_inner)) {
        throw error_in_metadata(path, "d_inner",
                                std::to_string(dims.d_inner) + " is not 2^k, 12 * 2^k or 40 * 2^k");
    }
    if (dims.d_conv != 4) {
        throw error_in_metadata(path, "d_conv", std::to_string(dims.d_conv) + " is not 4");
    }
}

void require_sane_heads(const std::string& path, const Dims& dims) {
    require_range(path, "heads", dims.heads, dims.d_inner);
    if (dims.d_inner % dims.heads != 0 || dims.head_dim != dims.d_inner / dims.heads) {
        throw error_in_metadata(path, "head_dim",
                                std::to_string(dims.heads) + " heads of " +
                                    std::to_string(dims.head_dim) +
                                    " do not make d_inner = " + std::to_string(dims.d_inner));
    }
    require_range(path, "groups", dims.groups, dims.heads);
    if (dims.heads % dims.groups != 0) {
        throw error_in_metadata(
            path, "groups",
            std::to_string(dims.groups) + " does not divide heads = " + std::to_string(dims.heads));
    }
    require_range(path, "chunk", dims.chunk, 1U << 16);
}

void require_sane_groups(const std::string& path, const Dims& dims, const GroupShape& table) {
    const std::uint32_t head_dim = dims.table_head_dim();
    if (dims.d_inner % head_dim != 0) {
        throw error_in_metadata(path, "d_inner",
                                std::to_string(dims.d_inner) + " is not a multiple of " +
                                    std::to_string(head_dim) +
                                    ", the channels that a table of scales counts as a head");
    }
    const std::uint32_t heads = dims.table_heads() / dims.table_ssd_groups();
    if (table.head_groups >= 1 && table.head_groups <= heads && table.dim_groups >= 1 &&
        table.dim_groups <= head_dim && table.ssd_groups == dims.table_ssd_groups()) {
        return;
    }
    throw error_in_metadata(
        path, "table_groups",
        std::to_string(table.head_groups) + "x" + std::to_string(table.dim_groups) +
            " is outside [1x1, " + std::to_string(heads) + "x" + std::to_string(head_dim) + "], " +
            (dims.mamba2() ? "the heads of an SSD group and their channels"
                           : "the heads that the channels count as, and the channels of one"));
}

void require_sane_tables(const std::string& path, const TraceInfo& info) {
    if (info.grouped()) {
        require_sane_groups(path, info.dims, info.groups);
    } else if (!(info.groups == GroupShape{})) {
        throw error_in_metadata(path, "scheme", "'" + info.scheme + "' has no table of groups");
    }
    if (info.layer_groups.size() != (info.hybrid() ? info.layers : 0)) {
        throw error_in_metadata(path, "table_groups",
                                "tells of " + std::to_string(info.layer_groups.size()) +
                                    " layers, there are " + std::to_string(info.layers));
    }
    for (const std::optional<GroupShape>& groups : info.layer_groups) {
        if (groups) require_sane_groups(path, info.dims, *groups);
    }
}

// In W4, 128 weights along k share a scale. d_inner is twice d_model, so it follows.
void require_sane_w4(const std::string& path, const TraceInfo& info) {
    if (!info.w4() || info.dims.d_model % kW4Group == 0) return;
    throw error_in_metadata(
        path, "d_model",
        std::to_string(info.dims.d_model) + " is not a multiple of 128, the group of W4's scales");
}

// golden/spec/ssm.md 8.7: codes with two scales for every channel, or one, and no table.
bool x_proj_reads(const TraceInfo& info, std::uint32_t index) {
    const XCode code = info.x_code(index);
    const bool int8 = code.format == XFormat::Int8 || code.format == XFormat::Uniform8;
    return int8 || (code.own_codes() && !info.table(index));
}

// A rotation mixes the channels of all cells.
void require_no_rotated_table(const std::string& path, const TraceInfo& info) {
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const XCode code = info.x_code(index);
        if (!code.rotated() || !info.table(index)) continue;
        throw error_in_metadata(path, "x_code",
                                "'" + spell(code) +
                                    "' is for layers without a table of scales; "
                                    "layer " +
                                    std::to_string(info.first_layer + index) + " has one");
    }
}

// Where every layer has int8, x_proj reads those codes, and there is nothing to choose.
bool all_int8(const TraceInfo& info) {
    return std::all_of(info.x_codes.begin(), info.x_codes.end(),
                       [](const XCode& code) { return code.format == XFormat::Int8; });
}

void require_sane_x_proj_input(const std::string& path, const TraceInfo& info) {
    if (info.x_proj_input == XProjInput::Copy) return;
    if (info.dims.mamba2()) {
        throw error_in_metadata(path, "x_proj_input", "Mamba2 has no x_proj");
    }
    if (info.x_proj_input != XProjInput::Codes) return;
    if (all_int8(info)) {
        throw error_in_metadata(path, "x_proj_input",
                                "'codes' is for another x_code than int8, which every layer has; "
                                "leave it out");
    }
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        if (x_proj_reads(info, index)) continue;
        throw error_in_metadata(path, "x_proj_input",
                                "'codes' is for dual8, dual4 and int5 without a table of scales; "
                                "layer " +
                                    std::to_string(info.first_layer + index) + " has " +
                                    spell(info.x_code(index)) +
                                    (info.table(index) ? " with one" : ""));
    }
}

// The quantile and the factor of a word make the scales of dual4, and of nothing else.
void require_sane_observers(const std::string& path, const TraceInfo& info) {
    for (std::uint32_t index = 0; index < info.observers.size(); ++index) {
        const Observation& how = info.observers[index];
        if (how.quantile == 0 || info.x_code(index).format == XFormat::Dual4) continue;
        throw error_in_metadata(path, "regroup.observer",
                                "'" + spell(how) + "' has a quantile, which is for dual4; layer " +
                                    std::to_string(info.first_layer + index) + " has " +
                                    spell(info.x_code(index)));
    }
}

void require_by_layer(const std::string& path, const char* key, std::size_t count,
                      std::uint32_t layers) {
    if (count == 0 || count == layers) return;
    throw error_in_metadata(
        path, key,
        "tells of " + std::to_string(count) + " layers, there are " + std::to_string(layers));
}

void require_sane_codes(const std::string& path, const TraceInfo& info) {
    require_by_layer(path, "x_code", info.x_codes.size(), info.layers);
    require_by_layer(path, "regroup.observer", info.observers.size(), info.layers);
    require_no_rotated_table(path, info);
    require_sane_x_proj_input(path, info);
    require_sane_observers(path, info);
}

}  // namespace

void require_sane_sizes(const std::string& path, const TraceInfo& info) {
    require_sane_widths(path, info.dims);
    require_range(path, "layers", info.layers, info.dims.n_layer);
}

void require_sane(const std::string& path, const TraceInfo& info) {
    require_sane_sizes(path, info);
    if (info.dims.mamba2()) {
        require_sane_heads(path, info.dims);
    } else {
        require_range(path, "dt_rank", info.dims.dt_rank, 4096);
    }
    require_sane_tables(path, info);
    require_sane_w4(path, info);
    require_range(path, "batch", info.batch, 4096);
    require_range(path, "tokens", info.tokens, 1U << 24);
    if (std::uint64_t{info.batch} * info.tokens > (1U << 26)) {
        throw error_in_metadata(path, "tokens", "batch * tokens exceeds 2^26");
    }
    if (info.first_layer > info.dims.n_layer - info.layers) {
        throw error_in_metadata(path, "first_layer",
                                std::to_string(info.first_layer) + " + layers exceeds n_layer = " +
                                    std::to_string(info.dims.n_layer));
    }
    require_sane_codes(path, info);
    if (info.has_head && info.first_layer != 0) {
        throw error_in_metadata(path, "has_head",
                                "needs first_layer 0, since tokens are the input");
    }
    if (!std::isfinite(info.epsilon) || info.epsilon <= 0) {
        throw error_in_metadata(path, "epsilon", "is not a finite number > 0");
    }
}

}  // namespace mambasic::traces
