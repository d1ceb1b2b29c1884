#include "traces/metadata_keys.h"

#include <charconv>

#include "traces/layer_groups.h"
#include "traces/layer_observers.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {

namespace {

template <typename T>
bool is_number(const std::string& spelled, T& value) {
    const char* end = spelled.data() + spelled.size();
    const auto [stop, error] = std::from_chars(spelled.data(), end, value);
    return error == std::errc() && stop == end;
}

}  // namespace

const std::string& MetadataKeys::text(const std::string& key) {
    const auto found = strings_.find(key);
    if (found == strings_.end()) throw error_in_metadata(path_, key, "is missing");
    used_.insert(key);
    return found->second;
}

std::uint32_t MetadataKeys::natural(const std::string& key) {
    const std::string& spelled = text(key);
    std::uint32_t value = 0;
    if (!is_number(spelled, value)) {
        throw error_in_metadata(path_, key, "'" + spelled + "' is not a whole number >= 0");
    }
    return value;
}

float MetadataKeys::real(const std::string& key) {
    const std::string& spelled = text(key);
    float value = 0;
    if (!is_number(spelled, value)) {
        throw error_in_metadata(path_, key, "'" + spelled + "' is not a number");
    }
    return value;
}

GroupShape MetadataKeys::groups(const std::string& key, std::uint32_t ssd_groups) {
    GroupShape out{ssd_groups, 0, 0};
    if (!read_groups(text(key), out)) {
        throw error_in_metadata(path_, key, "'" + text(key) + "' is not HEADSxDIMS, such as 4x4");
    }
    return out;
}

LayerGroups MetadataKeys::layer_groups(const std::string& key, std::uint32_t ssd_groups) {
    LayerGroups out;
    if (!read_layer_groups(text(key), ssd_groups, out)) {
        throw error_in_metadata(path_, key,
                                "'" + text(key) +
                                    "' is not LAYERS GROUPS, ..., such as "
                                    "12 one, 12 4x4");
    }
    return out;
}

LayerObservers MetadataKeys::layer_observers(const std::string& key, std::uint32_t layers) {
    LayerObservers out;
    if (strings_.count(key) == 0) return out;
    if (!read_layer_observers(text(key), layers, out)) {
        throw error_in_metadata(
            path_, key,
            "'" + text(key) + "' is not minmax, percentile, mse, ... or, for all of " +
                std::to_string(layers) + " layers, as in 12 percentile, 12 minmax");
    }
    return out;
}

std::vector<XCode> MetadataKeys::x_codes(const std::string& key, std::uint32_t layers) {
    std::vector<XCode> out;
    if (strings_.count(key) == 0) return out;
    if (!read_x_codes(text(key), layers, out)) {
        throw error_in_metadata(path_, key,
                                "'" + text(key) +
                                    "' is not a code such as dual8-x4 or, for all of " +
                                    std::to_string(layers) +
                                    " layers, as in 12 int8, 12 int5; a factor, which x leads, is "
                                    "a number above 1 and at most 1e6");
    }
    return out;
}

XProjInput MetadataKeys::x_proj_input(const std::string& key) {
    if (strings_.count(key) == 0) return XProjInput::Copy;
    return choice<XProjInput, 3>(key, {{{"copy", XProjInput::Copy},
                                        {"requantized", XProjInput::Requantized},
                                        {"codes", XProjInput::Codes}}});
}

MetadataKeys::Strings MetadataKeys::rest() const {
    Strings out;
    for (const auto& item : strings_) {
        if (used_.count(item.first) == 0) out.insert(item);
    }
    return out;
}

}  // namespace mambasic::traces
