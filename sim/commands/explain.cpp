#include "sim/commands/explain.h"

#include <algorithm>
#include <iterator>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "sim/chip_config.h"
#include "sim/commands/key_effects.h"
#include "sim/commands/shipped_schemes.h"
#include "sim/key_names.h"
#include "sim/scheme.h"

namespace mambasic::sim {

namespace {

using models::KeyDoc;

bool starts_with_key(const std::string& path, const std::string& prefix) {
    return path == prefix || path.rfind(prefix + ".", 0) == 0;
}

// Adds the key's account of a scheme that has it.
void add_key(const char* scheme, const char* key, std::vector<KeyDoc>& docs) {
    std::vector<KeyDoc> all;
    Scheme::load(scheme, &all);
    std::copy_if(all.begin(), all.end(), std::back_inserter(docs),
                 [key](const KeyDoc& doc) { return doc.path == key; });
}

// Those of a scheme for all layers, one of which has every key that a code with flags may have, as
// quamba1 sets them where it has them; what a rotation is by; and `layers`, which a hybrid has.
std::vector<KeyDoc> scheme_keys() {
    std::vector<KeyDoc> docs;
    Scheme::load("w4a5-se-sparse", &docs);
    std::vector<KeyDoc> usual;
    Scheme::load("quamba1", &usual);
    for (KeyDoc& doc : docs) {
        const auto same = std::find_if(usual.begin(), usual.end(),
                                       [&](const KeyDoc& other) { return other.path == doc.path; });
        if (same != usual.end()) doc = *same;
    }
    add_key("rotation-hadamard", "rotation", docs);
    add_key("hybrid", "layers", docs);
    return docs;
}

std::vector<KeyDoc> all_keys(const std::string& chip) {
    std::vector<KeyDoc> docs;
    ChipConfig::load(chip, {}, &docs);
    for (KeyDoc& doc : scheme_keys()) {
        doc.path.insert(0, "scheme.");
        docs.push_back(std::move(doc));
    }
    return docs;
}

// "code" of scheme.code; empty for what is no key of a part of a scheme.
std::string part_key(const std::string& path) {
    const std::string block = "scheme.";
    if (path.rfind(block, 0) != 0 || path == "scheme.name" || path == "scheme.layers") return "";
    return path.substr(block.size());
}

// A key of a hybrid's part, as in scheme.layers.50%.levels, means what it means in any scheme.
std::string without_part(const std::string& key) {
    const std::string layers = "scheme.layers.";
    if (key.rfind(layers, 0) != 0 || key.find('.', layers.size()) == std::string::npos) return key;
    return "scheme." + key.substr(key.rfind('.') + 1);
}

std::vector<std::string> one_key(const KeyDoc& doc) {
    std::vector<std::string> lines = {doc.path, "  " + doc.what};
    const auto row = [&](const char* name, const std::string& text) {
        constexpr std::size_t kNameWidth = 12;
        std::string label = name;
        label.resize(kNameWidth, ' ');
        if (!text.empty()) lines.push_back("  " + label + text);
    };
    row("value", doc.value);
    row("set in", doc.where);
    row("type", doc.type);
    row("unit", doc.unit);
    row("range", doc.range);
    row("may change", effect_of(doc.path));
    row("source", doc.source);
    const std::string scheme_key = part_key(doc.path);
    if (scheme_key.empty()) return lines;
    const char* label = "schemes";
    for (const std::string& users : users_of_values(scheme_key)) {
        row(label, users);
        label = "";
    }
    return lines;
}

std::vector<std::string> table(const std::vector<KeyDoc>& docs) {
    std::size_t path = 0;
    std::size_t value = 0;
    for (const KeyDoc& doc : docs) {
        path = std::max(path, doc.path.size());
        value = std::max(value, doc.value.size());
    }
    std::vector<std::string> lines;
    for (const KeyDoc& doc : docs) {
        const std::string unit = doc.unit.empty() ? "" : " [" + doc.unit + "]";
        lines.push_back(doc.path + std::string(path + 2 - doc.path.size(), ' ') + doc.value +
                        std::string(value + 2 - doc.value.size(), ' ') + doc.what + unit);
    }
    return lines;
}

// `technology.energy_pj.exp.low` is part of the figure `technology.energy_pj.exp`.
std::string without_band_part(const std::string& key) {
    for (const char* part : {".value", ".low", ".high", ".source", ".unit"}) {
        const std::string suffix = part;
        const bool ends = key.size() > suffix.size() &&
                          key.compare(key.size() - suffix.size(), suffix.size(), suffix) == 0;
        if (ends) return key.substr(0, key.size() - suffix.size());
    }
    return key;
}

// A last name alone is enough where only one key ends in it ("rows").
std::vector<KeyDoc> matching(const std::vector<KeyDoc>& docs, const std::string& key) {
    std::vector<KeyDoc> found;
    for (const KeyDoc& doc : docs) {
        if (key.empty() || starts_with_key(doc.path, key)) found.push_back(doc);
    }
    if (!found.empty()) return found;
    for (const KeyDoc& doc : docs) {
        const std::size_t dot = doc.path.rfind('.');
        if (dot != std::string::npos && doc.path.substr(dot + 1) == key) found.push_back(doc);
    }
    return found;
}

}  // namespace

std::vector<KeyDoc> explained_keys(const std::string& asked, const std::string& chip) {
    const std::string key = without_part(asked);
    const std::vector<KeyDoc> docs = all_keys(chip);
    const std::vector<KeyDoc> found = matching(docs, key);
    if (!found.empty()) return found;
    const std::string whole = without_band_part(key);
    for (const KeyDoc& doc : docs) {
        if (doc.path == whole && !doc.source.empty()) return {doc};
    }
    return {};
}

void reject_key(const std::string& asked, const std::string& chip,
                const std::vector<std::string>& others) {
    const std::string key = without_part(asked);
    std::vector<std::string> names;
    for (const KeyDoc& doc : all_keys(chip)) names.push_back(doc.path);
    std::string hint = key_suggestion(key, names);
    const bool is_near = hint.rfind(", did you mean", 0) == 0;
    if (!is_near && !models::nearest(key, others).empty()) hint = models::suggestion(key, others);
    throw models::UserError("mambasic explain: no key '" + key + "'" + hint);
}

std::vector<std::string> explain(const std::string& asked, const std::string& chip) {
    if (asked == "schemes") return scheme_list();
    const std::vector<KeyDoc> found = explained_keys(asked, chip);
    if (found.empty()) reject_key(asked, chip, {});
    return found.size() == 1 ? one_key(found.front()) : table(found);
}

}  // namespace mambasic::sim
