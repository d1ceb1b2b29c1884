#include "traces/metadata.h"

#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "traces/error.h"

namespace mambasic::traces {

namespace {

using Strings = std::map<std::string, std::string>;

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
        const char* end = spelled.data() + spelled.size();
        const auto [stop, error] = std::from_chars(spelled.data(), end, value);
        if (error != std::errc() || stop != end) {
            throw error_in_metadata(path_, key, "'" + spelled + "' is not a whole number >= 0");
        }
        return value;
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
    const std::string& path_;
    const Strings& strings_;
    std::set<std::string> used_;
};

Dims parse_dims(Keys& keys) {
    Dims dims;
    dims.d_model = keys.natural("d_model");
    dims.d_inner = keys.natural("d_inner");
    dims.d_state = keys.natural("d_state");
    dims.d_conv = keys.natural("d_conv");
    dims.dt_rank = keys.natural("dt_rank");
    dims.n_layer = keys.natural("n_layer");
    dims.vocab = keys.natural("vocab");
    return dims;
}

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

void require_sane_dims(const std::string& path, const Dims& dims) {
    require_range(path, "d_model", dims.d_model, 16384);
    require_range(path, "d_state", dims.d_state, 256);
    require_range(path, "dt_rank", dims.dt_rank, 4096);
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

}  // namespace

void require_sane(const std::string& path, const TraceInfo& info) {
    require_sane_dims(path, info.dims);
    require_range(path, "batch", info.batch, 4096);
    require_range(path, "tokens", info.tokens, 1U << 24);
    if (std::uint64_t{info.batch} * info.tokens > (1U << 26)) {
        throw error_in_metadata(path, "tokens", "batch * tokens exceeds 2^26");
    }
    require_range(path, "layers", info.layers, info.dims.n_layer);
    if (info.first_layer > info.dims.n_layer - info.layers) {
        throw error_in_metadata(path, "first_layer",
                                std::to_string(info.first_layer) + " + layers exceeds n_layer = " +
                                    std::to_string(info.dims.n_layer));
    }
    if (info.has_head && info.first_layer != 0) {
        throw error_in_metadata(path, "has_head",
                                "needs first_layer 0, since tokens are the input");
    }
    if (!std::isfinite(info.epsilon) || info.epsilon <= 0) {
        throw error_in_metadata(path, "epsilon", "is not a finite number > 0");
    }
}

TraceInfo parse_info(const std::string& path, const Strings& metadata) {
    if (metadata.count("mambasic_trace") == 0) {
        throw error_in_metadata(path, "mambasic_trace", "is missing: not a mambasic trace");
    }
    Keys keys(path, metadata);
    keys.choice<int, 1>("mambasic_trace", {{{"1", 1}}});
    TraceInfo info;
    info.model = keys.text("model");
    info.family = keys.choice<const char*, 1>("family", {{{"mamba1", "mamba1"}}});
    info.scheme = keys.choice<const char*, 1>("scheme", {{{"quamba1", "quamba1"}}});
    info.precision = keys.choice<const char*, 1>("precision", {{{"w8a8", "w8a8"}}});
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
    info.dims = parse_dims(keys);
    info.epsilon = keys.real("epsilon");
    info.producer = keys.text("producer");
    info.data_sha256 = keys.text("data_sha256");
    if (info.data_sha256.size() != 64 ||
        info.data_sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw error_in_metadata(path, "data_sha256", "is not 64 lower-case hexadecimal digits");
    }
    info.notes = keys.rest();
    require_sane(path, info);
    return info;
}

Strings metadata_of(const TraceInfo& info) {
    std::array<char, 32> epsilon{};
    const auto end = std::to_chars(epsilon.data(), epsilon.data() + epsilon.size(), info.epsilon);
    Strings out = info.notes;
    out["mambasic_trace"] = "1";
    out["model"] = info.model;
    out["family"] = info.family;
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
    out["dt_rank"] = std::to_string(info.dims.dt_rank);
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
