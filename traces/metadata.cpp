#include "traces/metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/layer_observers.h"
#include "traces/metadata_keys.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {

namespace {

constexpr const char* kObserver = "regroup.observer";
constexpr const char* kXCode = "x_code";
constexpr const char* kXProjInput = "x_proj_input";

Dims parse_dims(MetadataKeys& keys, Family family) {
    Dims dims;
    dims.family = family;
    dims.d_model = keys.natural("d_model");
    dims.d_inner = keys.natural("d_inner");
    dims.d_state = keys.natural("d_state");
    dims.d_conv = keys.natural("d_conv");
    if (dims.mamba2()) {
        dims.heads = keys.natural("heads");
        dims.head_dim = keys.natural("head_dim");
        dims.groups = keys.natural("groups");
        dims.chunk = keys.natural("chunk");
    } else {
        dims.dt_rank = keys.natural("dt_rank");
    }
    dims.n_layer = keys.natural("n_layer");
    dims.vocab = keys.natural("vocab");
    return dims;
}

void parse_network(MetadataKeys& keys, TraceInfo& info) {
    const auto family = keys.choice<Family, 2>(
        "family", {{{"mamba1", Family::Mamba1}, {"mamba2", Family::Mamba2}}});
    info.family = keys.text("family");
    info.scheme = keys.choice<const char*, 3>(
        "scheme", {{{"quamba1", "quamba1"}, {"quamba2", "quamba2"}, {"hybrid", "hybrid"}}});
    info.precision =
        keys.choice<const char*, 2>("precision", {{{"w8a8", "w8a8"}, {"w4a8", "w4a8"}}});
    info.dims = parse_dims(keys, family);
    const std::uint32_t ssd_groups = info.dims.table_ssd_groups();
    if (info.grouped()) info.groups = keys.groups("table_groups", ssd_groups);
    if (info.hybrid()) info.layer_groups = keys.layer_groups("table_groups", ssd_groups);
}

bool codes_x(const TraceInfo& info) {
    return std::any_of(info.x_codes.begin(), info.x_codes.end(),
                       [](const XCode& code) { return !(code == XCode{}); });
}

}  // namespace

TraceInfo parse_info(const std::string& path, const std::map<std::string, std::string>& metadata) {
    if (metadata.count("mambasic_trace") == 0) {
        throw error_in_metadata(path, "mambasic_trace", "is missing: not a mambasic trace");
    }
    MetadataKeys keys(path, metadata);
    keys.choice<int, 1>("mambasic_trace", {{{"1", 1}}});
    TraceInfo info;
    info.model = keys.text("model");
    parse_network(keys, info);
    info.phase =
        keys.choice<Phase, 2>("phase", {{{"prefill", Phase::Prefill}, {"decode", Phase::Decode}}});
    info.batch = keys.natural("batch");
    info.tokens = keys.natural("tokens");
    info.first_layer = keys.natural("first_layer");
    info.layers = keys.natural("layers");
    info.has_head = keys.flag("has_head");
    info.shapes_only = keys.flag("shapes_only");
    info.record = keys.choice<RecordLevel, 3>("record", {{{"none", RecordLevel::None},
                                                          {"outputs", RecordLevel::Outputs},
                                                          {"all", RecordLevel::All}}});
    info.epsilon = keys.real("epsilon");
    info.producer = keys.text("producer");
    info.data_sha256 = keys.text("data_sha256");
    if (info.data_sha256.size() != 64 ||
        info.data_sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw error_in_metadata(path, "data_sha256", "is not 64 lower-case hexadecimal digits");
    }
    require_sane_sizes(path, info);  // first: what follows makes as many words as there are layers
    info.x_codes = keys.x_codes(kXCode, info.layers);
    info.x_proj_input = keys.x_proj_input(kXProjInput);
    info.observers = keys.layer_observers(kObserver, info.layers);
    require_sane(path, info);
    info.notes = keys.rest();
    return info;
}

std::map<std::string, std::string> metadata_of(const TraceInfo& info) {
    std::array<char, 32> epsilon{};
    const auto end = std::to_chars(epsilon.data(), epsilon.data() + epsilon.size(), info.epsilon);
    std::map<std::string, std::string> out = info.notes;
    out["mambasic_trace"] = "1";
    out["model"] = info.model;
    out["family"] = info.dims.mamba2() ? "mamba2" : "mamba1";
    out["scheme"] = info.scheme;
    out["precision"] = info.precision;
    out["phase"] = name_of(info.phase);
    out["batch"] = std::to_string(info.batch);
    out["tokens"] = std::to_string(info.tokens);
    out["first_layer"] = std::to_string(info.first_layer);
    out["layers"] = std::to_string(info.layers);
    out["has_head"] = info.has_head ? "true" : "false";
    out["shapes_only"] = info.shapes_only ? "true" : "false";
    out["record"] = name_of(info.record);
    out["d_model"] = std::to_string(info.dims.d_model);
    out["d_inner"] = std::to_string(info.dims.d_inner);
    out["d_state"] = std::to_string(info.dims.d_state);
    out["d_conv"] = std::to_string(info.dims.d_conv);
    if (info.dims.mamba2()) {
        out["heads"] = std::to_string(info.dims.heads);
        out["head_dim"] = std::to_string(info.dims.head_dim);
        out["groups"] = std::to_string(info.dims.groups);
        out["chunk"] = std::to_string(info.dims.chunk);
    } else {
        out["dt_rank"] = std::to_string(info.dims.dt_rank);
    }
    if (info.hybrid()) out["table_groups"] = spell_layer_groups(info.layer_groups);
    if (!info.observers.empty()) out[kObserver] = spell_layer_observers(info.observers);
    if (codes_x(info)) out[kXCode] = spell_x_codes(info.x_codes);
    if (info.x_proj_input != XProjInput::Copy) out[kXProjInput] = name_of(info.x_proj_input);
    if (info.grouped()) {
        out["table_groups"] =
            std::to_string(info.groups.head_groups) + "x" + std::to_string(info.groups.dim_groups);
    }
    out["n_layer"] = std::to_string(info.dims.n_layer);
    out["vocab"] = std::to_string(info.dims.vocab);
    out["epsilon"] = std::string(epsilon.data(), end.ptr);
    out["producer"] = info.producer;
    return out;
}

const char* name_of(Phase phase) { return phase == Phase::Prefill ? "prefill" : "decode"; }

const char* name_of(RecordLevel level) {
    switch (level) {
        case RecordLevel::None:
            return "none";
        case RecordLevel::Outputs:
            return "outputs";
        case RecordLevel::All:
            return "all";
    }
    throw std::logic_error("no such record level");
}

}  // namespace mambasic::traces
