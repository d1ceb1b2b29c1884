#include "sim/scheme.h"

#include <algorithm>
#include <cctype>

#include "models/common/error.h"
#include "sim/config_files.h"
#include "sim/config_hash.h"
#include "sim/scheme_code.h"
#include "sim/scheme_settings.h"
#include "traces/layer_groups.h"

namespace mambasic::sim {

using models::KeyDoc;
using models::LookupKind;
using models::YamlMap;
using traces::Observation;
using traces::Observer;

namespace {

constexpr const char* kLayersMeaning =
    "instead of groups, lookup, code and observer: the scheme of each range of layers, each with a "
    "name of its own, by the layer that the range begins with";

bool take_count(const std::string& text, std::uint32_t& count) {
    constexpr std::size_t kMostDigits = 4;
    const bool digits =
        !text.empty() && text.size() <= kMostDigits && text.front() != '0' &&
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) count = static_cast<std::uint32_t>(std::stoul(text));
    return digits;
}

// Lists of schemes are lines with commas: --schemes, compare.csv, a note that several have.
std::string take_name(YamlMap& map) {
    std::string name = map.take_text("name", "name of the scheme, as reports show it");
    const bool listed = std::all_of(name.begin(), name.end(), [](char c) {
        return c != ',' && std::iscntrl(static_cast<unsigned char>(c)) == 0;
    });
    if (!listed) map.reject("name", "must be one line without commas, which stand between names");
    return name;
}

void take_groups(LayerScheme& scheme, YamlMap& map) {
    const std::string text =
        map.take_text("groups",
                      "what shares a scale: one (all channels), HxD (H head groups in each SSD "
                      "group, D dim groups in each of them) or channel (nobody). Mamba1 is one SSD "
                      "group, in which 16 neighbouring channels count as a head");
    if (text == "one") return;
    scheme.groups = text == "channel" ? GroupsOf::Channel : GroupsOf::Counted;
    if (scheme.groups == GroupsOf::Channel) return;
    traces::GroupShape groups;
    const bool counts =
        traces::read_groups(text, groups) && groups.head_groups > 0 && groups.dim_groups > 0;
    if (!counts) map.reject("groups", "must be one, channel, or two counts as in 4x4");
    scheme.head_groups = groups.head_groups;
    scheme.dim_groups = groups.dim_groups;
}

void take_lookup(LayerScheme& scheme, YamlMap& map) {
    scheme.lookup = map.take_enum<LookupKind>(
        "lookup",
        {{"register", LookupKind::Register},
         {"sequential", LookupKind::Sequential},
         {"parallel", LookupKind::Parallel},
         {"direct", LookupKind::Direct},
         {"code", LookupKind::Code},
         {"runlength", LookupKind::RunLength}},
        "how the scale of a channel is found: the one there is; walking group ends one by one; "
        "comparing all at once; a scale for each channel; a group code for each channel; a counter "
        "that steps at group ends");
    const bool one = scheme.groups == GroupsOf::One;
    if (one && scheme.lookup != LookupKind::Register) {
        map.reject("lookup", "must be register where groups is one: there is nothing to find");
    }
    if (!one && scheme.lookup == LookupKind::Register) {
        map.reject("lookup", "register holds one scale; groups asks for more, take sequential");
    }
}

void take_quantile(Observation& observer, YamlMap& map) {
    if (observer.follows_quantile()) {
        observer.alpha = static_cast<float>(map.take_double(
            "alpha", 0, 1, "share", "of a sequence's values, what lies below the percentile"));
        if (observer.alpha <= 0) map.reject("alpha", "must be above 0");
        observer.sigma = static_cast<float>(
            map.take_double("sigma", 0, 1, "share",
                            "of the way to a later sequence's percentile, how far the running one "
                            "moves"));
        return;
    }
    for (const char* key : {"alpha", "sigma"}) {
        map.refuse_idle(key, "take observer percentile or outlier-aware");
    }
}

Observation take_observer(YamlMap& map) {
    Observation observer = map.take_enum<Observer>(
        "observer",
        {{"percentile", Observer::Percentile},
         {"minmax", Observer::MinMax},
         {"outlier-aware", Observer::OutlierAware},
         {"mse", Observer::Mse}},
        "what makes the scales of the conv output and of the state where a trace is calibrated for "
        "the scheme: a high percentile of each sequence, averaged, so that outliers saturate, as "
        "upstream does; the largest magnitude, so that hardly anything does; a percentile at code "
        "120 of x's 127, which leaves room above it; or the scale whose codes are nearest to what "
        "was seen");
    take_quantile(observer, map);
    observer.codes = map.take_enum<bool>(
        "observes", {{"float", false}, {"codes", true}},
        "the layer that the observer looks into: in floats as upstream does, or in codes as the "
        "chip runs it, so that it sees what rounding adds");
    return observer;
}

LayerScheme take_layer_scheme(YamlMap& map) {
    LayerScheme scheme;
    scheme.name = take_name(map);
    take_groups(scheme, map);
    take_lookup(scheme, map);
    scheme.observer = take_observer(map);
    scheme.x_code = take_code(map, scheme.observer);
    if (scheme.x_code.rotated() && scheme.groups != GroupsOf::One) {
        map.reject("groups",
                   "must be one where code is rotated8: every rotated channel is a mix of all");
    }
    return scheme;
}

// "12", a layer, or "50%", so much of the network.
void read_first(const YamlMap& map, const std::string& key, LayerScheme& scheme) {
    scheme.first_percent = !key.empty() && key.back() == '%';
    const std::string digits = scheme.first_percent ? key.substr(0, key.size() - 1) : key;
    const bool read = digits == "0" || take_count(digits, scheme.first);
    if (!read || (scheme.first_percent && scheme.first >= 100)) {
        map.reject(key.c_str(),
                   "must be the number of a layer, or of hundredths below 100 of the "
                   "network, as in 50%");
    }
}

// Reports and notes know a part by its name.
void refuse_twin(const Scheme& scheme, const LayerScheme& layers, const YamlMap& part) {
    const bool twin =
        std::any_of(scheme.layers.begin(), scheme.layers.end(),
                    [&](const LayerScheme& other) { return other.name == layers.name; });
    if (twin) part.reject("name", "'" + layers.name + "' is another part's name; take a new one");
}

void take_layers(Scheme& scheme, YamlMap map) {
    for (const std::string& key : map.keys()) {
        YamlMap part = map.take_map(key.c_str(), "the scheme from this layer on");
        LayerScheme layers = take_layer_scheme(part);
        refuse_twin(scheme, layers, part);
        part.finish();
        read_first(map, key, layers);
        const LayerScheme* before = scheme.layers.empty() ? nullptr : &scheme.layers.back();
        if (before == nullptr && layers.first != 0) {
            map.reject(key.c_str(), "the first layers have no scheme; begin with 0 or 0%");
        }
        if (before != nullptr && layers.first_percent != before->first_percent) {
            map.reject(key.c_str(), "all of these are layers, or all are hundredths");
        }
        if (before != nullptr && layers.first <= before->first) {
            map.reject(key.c_str(), "must be above the one before it");
        }
        layers.path = part.path() + ".";
        scheme.layers.push_back(layers);
    }
    map.finish();
}

// The whole mapping, which no single key of it explains.
KeyDoc document_layers(const Scheme& scheme, const std::string& file) {
    KeyDoc doc;
    doc.path = "layers";
    doc.type = "mapping";
    doc.range = "ascending from 0; a layer's number, or hundredths of the network as in 50%";
    doc.what = kLayersMeaning;
    for (const LayerScheme& part : scheme.layers) {
        doc.value += (doc.value.empty() ? "" : ", ") + std::to_string(part.first) +
                     (part.first_percent ? "%: " : ": ") + part.name;
    }
    doc.where = file;
    return doc;
}

void keep_places(const std::vector<KeyDoc>& docs, LayerScheme& part) {
    for (const KeyDoc& doc : docs) {
        const std::string place = doc.where + ": " + doc.path + ": ";
        if (doc.path == part.path + "groups") part.at.groups = place;
        if (doc.path == part.path + "flags") part.at.flags = place;
        if (doc.path == part.path + "factor") part.at.factor = place;
    }
}

Scheme take_scheme(YamlMap& map, const std::string& file, std::vector<KeyDoc>& collected) {
    Scheme scheme;
    if (map.has("layers")) {
        scheme.name = take_name(map);
        take_layers(scheme, map.take_map("layers", kLayersMeaning));
        if (scheme.layers.empty()) map.reject("layers", "names no layers; write 0 and a scheme");
        collected.push_back(document_layers(scheme, file));
    } else {
        scheme.layers = {take_layer_scheme(map)};
        scheme.name = scheme.layers.front().name;
    }
    map.finish();
    for (LayerScheme& part : scheme.layers) keep_places(collected, part);
    return scheme;
}

}  // namespace

Scheme Scheme::load(const std::string& name_or_path, std::vector<KeyDoc>* docs) {
    return load(name_or_path, {}, docs);
}

Scheme Scheme::load(const std::string& name_or_path, const std::vector<std::string>& settings,
                    std::vector<KeyDoc>* docs) {
    const std::string file = find_config(name_or_path, "schemes", "scheme");
    const ConfigFiles files(hw_config_folder(file), {}, "schemes");
    std::vector<KeyDoc> collected;
    const auto read = [&](const models::YamlNodePtr& tree) {
        collected.clear();
        YamlMap map(tree, "", &collected);
        return take_scheme(map, file, collected);
    };
    SettledScheme settled = settle(files, files.load(file), settings, read);
    Scheme scheme = read(settled.tree);
    scheme.file = file;
    scheme.settings = settings;
    scheme.left_out = std::move(settled.left_out);
    scheme.sha256 = hash_of(collected);
    if (docs != nullptr) *docs = collected;
    scheme.keys = std::move(collected);
    return scheme;
}

const LayerScheme& Scheme::of_layer(std::uint32_t layer, std::uint32_t network_layers) const {
    const auto later = std::find_if(layers.begin() + 1, layers.end(), [=](const LayerScheme& l) {
        return l.first_layer(network_layers) > layer;
    });
    return *(later - 1);
}

traces::GroupShape group_shape(const LayerScheme& scheme, const traces::Dims& dims) {
    if (scheme.groups == GroupsOf::One) return {};
    if (dims.d_inner % dims.table_head_dim() != 0) {
        throw models::UserError(scheme.at.groups + std::to_string(dims.table_head_dim()) +
                                " channels count as a head, but the network's " +
                                std::to_string(dims.d_inner) + " are not whole heads; write one");
    }
    const std::uint32_t ssd_groups = dims.table_ssd_groups();
    const std::uint32_t heads = dims.table_heads() / ssd_groups;
    if (scheme.groups == GroupsOf::Channel) return {ssd_groups, heads, dims.table_head_dim()};
    if (scheme.head_groups > heads || scheme.dim_groups > dims.table_head_dim()) {
        throw models::UserError(
            scheme.at.groups + "the network has " + std::to_string(heads) +
            (heads == 1 ? " head of " : " heads of ") + std::to_string(dims.table_head_dim()) +
            " channels in an SSD group, not " + std::to_string(scheme.head_groups) + " x " +
            std::to_string(scheme.dim_groups) + " groups of them; write " +
            std::to_string(std::min(scheme.head_groups, heads)) + "x" +
            std::to_string(std::min(scheme.dim_groups, dims.table_head_dim())));
    }
    return {ssd_groups, scheme.head_groups, scheme.dim_groups};
}

}  // namespace mambasic::sim
