// How the activations between convolution and scan are coded: hw_config/schemes/*.yaml. One scheme
// for all layers, or `layers`, a scheme for each range of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/scale_table/scale_table_config.h"
#include "traces/dims.h"
#include "traces/group_table.h"
#include "traces/observer.h"
#include "traces/x_code.h"

namespace mambasic::sim {

/// What shares a scale of the conv output, and of the SSM state.
enum class GroupsOf {
    One,      // all channels
    Counted,  // head groups and dim groups in each SSD group
    Channel,  // nobody
};

/// The scheme of some layers, up to where the next one's begin.
struct LayerScheme {
    std::string name;  // "quamba1"
    std::string path;  // of its keys: "", or "layers.50%."
    /// "file:line:col: key: ", for what only a network shows to be wrong.
    struct Places {
        std::string groups, flags, factor;
    } at;
    std::uint32_t first = 0;
    bool first_percent = false;  // `first` counts hundredths of the network, not layers
    GroupsOf groups = GroupsOf::One;
    std::uint32_t head_groups = 1;  // Counted: of each SSD group
    std::uint32_t dim_groups = 1;   // Counted: of each head group
    models::LookupKind lookup = models::LookupKind::Register;
    traces::XCode x_code;
    traces::Observation observer;

    std::uint32_t first_layer(std::uint32_t network_layers) const {
        return first_percent ? network_layers * first / 100 : first;
    }
};

struct Scheme {
    std::string name;
    std::string file;                   // that it was read from
    std::vector<std::string> settings;  // what --set changed: "scheme.factor=8"
    std::vector<std::string> left_out;  // keys of the file that the settings leave unread
    std::vector<LayerScheme> layers;    // ascending; the first one begins at layer 0
    std::string sha256;
    std::vector<models::KeyDoc> keys;  // what was understood
    const LayerScheme& of_layer(std::uint32_t layer, std::uint32_t network_layers) const;
    static Scheme load(const std::string& name_or_path,
                       std::vector<models::KeyDoc>* docs = nullptr);
    /// With `settings` over the file, each "scheme.key=value"; see scheme_settings.h.
    static Scheme load(const std::string& name_or_path, const std::vector<std::string>& settings,
                       std::vector<models::KeyDoc>* docs = nullptr);
};

/// The cells that it makes in the layers of a network of these dimensions.
traces::GroupShape group_shape(const LayerScheme& scheme, const traces::Dims& dims);

}  // namespace mambasic::sim
