#include "models/common/yaml_map.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "models/common/yaml_scalar.h"
#include "models/common/yaml_tree.h"

namespace mambasic::models {

namespace {

std::string join(const std::vector<std::string>& names, const char* between) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : between) + name;
    return text;
}

// "MAC rows, count, 1 to 1024", without the parts that a key does not have.
std::string summary(const KeyDoc& doc) {
    std::vector<std::string> parts{doc.what};
    const bool plain = doc.type == "integer" || doc.type == "number" || doc.type == "text";
    if (!plain) parts.push_back(doc.type);
    if (!doc.unit.empty()) parts.push_back(doc.unit);
    if (!doc.range.empty()) parts.push_back(doc.range);
    return "(" + join(parts, "; ") + ")";
}

}  // namespace

YamlMap::YamlMap(std::shared_ptr<const YamlNode> node, std::string path, std::vector<KeyDoc>* docs)
    : node_(std::move(node)), path_(std::move(path)), docs_(docs) {
    if (node_->kind != YamlNode::Kind::Map) {
        const std::string who = path_.empty() ? "the document" : path_;
        throw UserError(node_->mark.text() + ": " + who + " must be a mapping of keys to values");
    }
    taken_.resize(node_->entries.size(), false);
}

YamlMap YamlMap::from_file(const std::string& path, std::vector<KeyDoc>* docs) {
    return {load_yaml(path), "", docs};
}

std::string YamlMap::full(const std::string& key) const {
    return path_.empty() ? key : path_ + "." + key;
}

KeyDoc YamlMap::describe(const char* key, const std::string& type, const char* what) const {
    KeyDoc doc;
    doc.path = full(key);
    doc.type = type;
    doc.what = what;
    return doc;
}

void YamlMap::document(KeyDoc doc, const YamlNode& node, std::string value) {
    if (docs_ == nullptr) return;
    doc.value = std::move(value);
    doc.where = node.mark.text();
    docs_->push_back(std::move(doc));
}

const YamlNode& YamlMap::take_node(const KeyDoc& doc) {
    const std::string key = path_.empty() ? doc.path : doc.path.substr(path_.size() + 1);
    wanted_.push_back(key);
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        if (node_->entries[i].key == key) {
            taken_[i] = true;
            return *node_->entries[i].value;
        }
    }
    fail_missing(doc);
}

void YamlMap::fail_missing(const KeyDoc& doc) const {
    // A misspelled key is both unknown and missing; the misspelling is what the user can see.
    std::vector<std::string> untaken;
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        if (!taken_[i]) untaken.push_back(node_->entries[i].key);
    }
    const std::string& key = wanted_.back();
    const std::string misspelled = nearest(key, untaken);
    // Another valid key may be near too: only what is at most two letters off is the same word.
    if (!misspelled.empty() && edit_distance(key, misspelled) <= 2) {
        throw UserError(node_->find(misspelled)->key_mark.text() + ": unknown key '" + misspelled +
                        "', did you mean '" + key + "'?");
    }
    const std::string owner = path_.empty() ? "the document" : "'" + path_ + "'";
    throw MissingKey(node_->mark.text() + ": " + owner + " needs key '" + key + "' " + summary(doc),
                     doc.path);
}

void YamlMap::fail_value(const YamlNode& node, const KeyDoc& doc,
                         const std::string& message) const {
    throw UserError(node.mark.text() + ": " + doc.path + ": " + message + " " + summary(doc));
}

const YamlNode& YamlMap::take_scalar(const KeyDoc& doc) {
    const YamlNode& node = take_node(doc);
    if (node.kind != YamlNode::Kind::Scalar) fail_value(node, doc, "must be a single value");
    return node;
}

std::uint32_t YamlMap::take_u32(const char* key, std::uint32_t low, std::uint32_t high,
                                const char* unit, const char* what) {
    KeyDoc doc = describe(key, "integer", what);
    doc.unit = unit;
    doc.low = low;
    doc.high = high;
    doc.range = std::to_string(low) + " to " + std::to_string(high);
    const YamlNode& node = take_scalar(doc);
    if (node.quoted) fail_value(node, doc, "is text; write the number without quotes");
    const auto read = parse_integer(node.scalar);
    if (!read.value) fail_value(node, doc, read.problem);
    if (*read.value < low || *read.value > high) {
        fail_value(node, doc, shown(node.scalar) + " is outside " + doc.range);
    }
    document(doc, node, std::to_string(*read.value));
    return static_cast<std::uint32_t>(*read.value);
}

double YamlMap::take_double(const char* key, double low, double high, const char* unit,
                            const char* what) {
    KeyDoc doc = describe(key, "number", what);
    doc.unit = unit;
    doc.low = low;
    doc.high = high;
    doc.range = to_text(low) + " to " + to_text(high);
    const YamlNode& node = take_scalar(doc);
    if (node.quoted) fail_value(node, doc, "is text; write the number without quotes");
    const auto read = parse_number(node.scalar);
    if (!read.value) fail_value(node, doc, read.problem);
    if (*read.value < low || *read.value > high) {
        fail_value(node, doc, shown(node.scalar) + " is outside " + doc.range);
    }
    document(doc, node, to_text(*read.value));
    return *read.value;
}

bool YamlMap::take_bool(const char* key, const char* what) {
    return take_choice(key, {"false", "true"}, what) == 1;
}

std::string YamlMap::take_text(const char* key, const char* what, const char* form) {
    const KeyDoc doc = describe(key, form, what);
    const YamlNode& node = take_scalar(doc);
    const bool blank = node.scalar.find_first_not_of(" \t\n\r") == std::string::npos;
    if (blank) fail_value(node, doc, "is empty");
    document(doc, node, node.scalar);
    return node.scalar;
}

std::ptrdiff_t YamlMap::take_choice(const char* key, const std::vector<std::string>& names,
                                    const char* what) {
    KeyDoc doc = describe(key, join(names, " | "), what);
    doc.choices = names;
    const YamlNode& node = take_scalar(doc);
    const auto found = std::find(names.begin(), names.end(), node.scalar);
    if (found == names.end()) {
        const std::string best = nearest(node.scalar, names);
        const std::string hint = best.empty() ? "" : ", did you mean '" + best + "'?";
        fail_value(node, doc, shown(node.scalar) + " is not a choice" + hint);
    }
    document(doc, node, node.scalar);
    return found - names.begin();
}

Banded YamlMap::take_banded(const char* key, const char* unit, const char* what) {
    constexpr double kLargest = 1e9;
    KeyDoc doc = describe(key, "{value, low, high, source}", what);
    doc.unit = unit;
    doc.low = 0;
    doc.high = kLargest;
    const YamlNode& node = take_node(doc);
    if (node.kind != YamlNode::Kind::Map) {
        fail_value(node, doc, "must be a mapping of value, low, high and source");
    }
    YamlMap map(YamlNodePtr(node_, &node), doc.path);
    const Banded band{map.take_double("value", 0, kLargest, unit, "the figure used"),
                      map.take_double("low", 0, kLargest, unit, "lowest credible figure"),
                      map.take_double("high", 0, kLargest, unit, "highest credible figure")};
    if (map.has("unit") && map.take_text("unit", "unit of the figures") != unit) {
        map.reject("unit", std::string("must be ") + unit);
    }
    doc.source = map.take_text("source", "where the figures come from");
    map.finish();
    if (band.low > band.value) map.reject("low", "must not be above value");
    if (band.high < band.value) map.reject("high", "must not be below value");
    const std::string text =
        to_text(band.value) + " (" + to_text(band.low) + " to " + to_text(band.high) + ")";
    document(doc, node, text);
    return band;
}

YamlMap YamlMap::take_map(const char* key, const char* what) {
    const KeyDoc doc = describe(key, "mapping", what);
    const YamlNode& node = take_node(doc);
    if (node.kind != YamlNode::Kind::Map) fail_value(node, doc, "must be a mapping of keys");
    return {YamlNodePtr(node_, &node), doc.path, docs_};
}

bool YamlMap::has(const char* key) const { return node_->find(key) != nullptr; }

std::string YamlMap::raw(const char* key) const {
    const YamlEntry* entry = node_->find(key);
    return entry == nullptr ? "" : entry->value->scalar;
}

std::vector<std::string> YamlMap::keys() const { return node_->keys(); }

void YamlMap::finish() {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        if (taken_[i]) continue;
        const YamlEntry& entry = node_->entries[i];
        throw UserError(entry.key_mark.text() + ": unknown key '" + entry.key + "'" +
                        suggestion(entry.key, wanted_));
    }
}

void YamlMap::reject(const char* key, const std::string& message) const {
    const YamlEntry* entry = node_->find(key);
    const YamlMark& mark = entry == nullptr ? node_->mark : entry->value->mark;
    throw UserError(mark.text() + ": " + full(key) + ": " + message);
}

void YamlMap::refuse_idle(const char* key, const std::string& way_out) const {
    const YamlEntry* entry = node_->find(key);
    if (entry == nullptr) return;
    throw IdleKey(entry->value->mark.text() + ": " + full(key) +
                      ": nothing here reads it; leave it out, or " + way_out,
                  full(key));
}

}  // namespace mambasic::models
