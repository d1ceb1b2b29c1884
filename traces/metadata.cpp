#include "traces/metadata.h"

#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/layer_observers.h"

namespace mambasic::traces {

namespace {

using Strings = std::map<std::string, std::string>;

constexpr const char* kObserver = "regroup.observer";

// Hands out the keys one by one and remembers them, so that the rest are notes.
class Keys {
public:
    Keys(const std::string& path, const Strings& strings) : path_(path), strings_(strings) {}

    const std::string& text(const std::string& key) {
        const auto found = strings_.find(key);
        if (found == strings_.end()) throw error_in_metadata(path_, key, "is missing");
        used_.insert(key);
        return found->second;
    }

    std::uint32_t natural(const std::string& key) {
        const std::string& spelled = text(key);
        std::uint32_t value = 0;
        if (!is_natural(spelled, value)) {
            throw error_in_metadata(path_, key, "'" + spelled + "' is not a whole number >= 0");
        }
        return value;
    }

    GroupShape groups(const std::string& key, std::uint32_t ssd_groups) {
        GroupShape out{ssd_groups, 0, 0};
        if (!read_groups(text(key), out)) {
            throw error_in_metadata(path_, key,
                                    "'" + text(key) + "' is not HEADSxDIMS, such as 4x4");
        }
        return out;
    }

    LayerGroups layer_groups(const std::string& key, std::uint32_t ssd_groups) {
        LayerGroups out;
        if (!read_layer_groups(text(key), ssd_groups, out)) {
            throw error_in_metadata(path_, key,
                                    "'" + text(key) +
                                        "' is not LAYERS GROUPS, ..., such as "
                                        "12 one, 12 4x4");
        }
        return out;
    }

    LayerObservers layer_observers(const std::string& key, std::uint32_t layers) {
        LayerObservers out;
        if (strings_.count(key) == 0) return out;
        if (!read_layer_observers(text(key), layers, out)) {
            throw error_in_metadata(
                path_, key,
                "'" + text(key) + "' is not percentile, minmax or, for all of " +
                    std::to_string(layers) + " layers, as in 12 percentile, 12 minmax");
        }
        return out;
    }

    float real(const std::string& key) {
        const std::string& spelled = text(key);
        float value = 0;
        const char* end = spelled.data() + spelled.size();
        const auto [stop, error] = std::from_chars(spelled.data(), end, value);
        if (error != std::errc() || stop != end) {
            throw error_in_metadata(path_, key, "'" + spelled + "' is not a number");
        }
        return value;
    }

    template <typename Enum, std::size_t kCount>
    Enum choice(const std::string& key,
                const std::array<std::pair<const char*, Enum>, kCount>& choices) {
        const std::string& spelled = text(key);
        std::string known;
        for (const auto& [name, value] : choices) {
            if (spelled == name) return value;
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
        throw error_in_metadata(path_, key, "'" + spelled + "' is not one of " + known);
    }

    bool flag(const std::string& key) {
        return choice<bool, 2>(key, {{{"true", true}, {"false", false}}});
    }

    Strings rest() const {
        Strings out;
        for (const auto& item : strings_) {
            if (used_.count(item.first) == 0) out.insert(item);
        }
        return out;
    }

private:
    static bool is_natural(const std::string& spelled, std::uint32_t& value) {
        const char* end = spelled.data() + spelled.size();
        const auto [stop, error] = std::from_chars(spelled.data(), end, value);
        return error == std::errc() && stop == end;
    }

    const std::string& path_;
    const Strings& strings_;
    std::set<std::string> used_;
};

Dims parse_dims(Keys& keys, Family family) {
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

void parse_network(Keys& keys, TraceInfo& info) {
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

}  // namespace

TraceInfo parse_info(const std::string& path, const Strings& metadata) {
    if (metadata.count("mambasic_trace") == 0) {
        throw error_in_metadata(path, "mambasic_trace", "is missing: not a mambasic trace");
    }
    Keys keys(path, metadata);
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
    require_sane(path, info);
    info.observers = keys.layer_observers(kObserver, info.layers);
    info.notes = keys.rest();
    return info;
}

Strings metadata_of(const TraceInfo& info) {
    std::array<char, 32> epsilon{};
    const auto end = std::to_chars(epsilon.data(), epsilon.data() + epsilon.size(), info.epsilon);
    Strings out = info.notes;
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
