#include "sim/commands/schema_of_keys.h"

#include <utility>

#include "models/common/yaml_scalar.h"

namespace mambasic::sim {
namespace {

using models::KeyDoc;

// As YAML reads it: `true` is no text.
Json choice(const std::string& word) {
    return word == "true" || word == "false" ? json_word(word) : Json(word);
}

// A scalar without quotes may look like a number or a truth value and is text all the same.
Json text_property() { return {{"type", {"string", "number", "boolean"}}, {"pattern", "\\S"}}; }

// Of an integer without a point.
Json bound(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

Json number_property(const char* type, const KeyDoc& doc) {
    return {{"type", type}, {"minimum", bound(*doc.low)}, {"maximum", bound(*doc.high)}};
}

// {value, low, high, source}, and unit where the card states it.
Json band_property(const KeyDoc& doc) {
    const Json figure = number_property("number", doc);
    return {{"type", "object"},
            {"properties",
             {{"value", figure},
              {"low", figure},
              {"high", figure},
              {"unit", {{"const", doc.unit}}},
              {"source", text_property()}}},
            {"required", {"value", "low", "high", "source"}},
            {"additionalProperties", false}};
}

Json type_of(const KeyDoc& doc) {
    if (!doc.choices.empty()) {
        Json words = Json::array();
        for (const std::string& word : doc.choices) words.push_back(choice(word));
        return {{"enum", words}};
    }
    if (doc.type == "integer" || doc.type == "number")
        return number_property(doc.type.c_str(), doc);
    return doc.low ? band_property(doc) : text_property();
}

std::string description_of(const KeyDoc& doc) {
    std::string text = doc.what;
    if (!doc.unit.empty()) text += " [" + doc.unit + "]";
    const bool form = doc.choices.empty() && !doc.low && doc.type != "text";
    return form ? text + " (" + doc.type + ")" : text;
}

void put(Json& mapping, const std::string& path, const Json& property) {
    if (mapping.empty()) {
        mapping = {
            {"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
    }
    const std::size_t dot = path.find('.');
    Json& child = mapping["properties"][path.substr(0, dot)];
    if (dot == std::string::npos) {
        child = property;
    } else {
        put(child, path.substr(dot + 1), property);
    }
}

}  // namespace

Json property_of(const KeyDoc& doc) {
    Json property = type_of(doc);
    property["description"] = description_of(doc);
    return property;
}

Json mapping_of(const std::vector<KeyDoc>& docs) {
    Json mapping = Json::object();
    for (const KeyDoc& doc : docs) put(mapping, doc.path, property_of(doc));
    return mapping;
}

Json all_required(const Json& mapping) {
    Json names = Json::array();
    Json below = Json::object();
    for (const auto& [key, property] : mapping.at("properties").items()) {
        names.push_back(key);
        const bool is_mapping = property.contains("properties") && !property.contains("required");
        if (is_mapping) below[key] = all_required(property);
    }
    Json rule = {{"required", names}};
    if (!below.empty()) rule["properties"] = below;
    return rule;
}

std::vector<KeyDoc> keys_below(const std::vector<KeyDoc>& docs, const std::string& block) {
    const std::string prefix = block + ".";
    std::vector<KeyDoc> found;
    for (KeyDoc doc : docs) {
        if (doc.path.rfind(prefix, 0) != 0) continue;
        doc.path.erase(0, prefix.size());
        found.push_back(std::move(doc));
    }
    return found;
}

Json extends_property() {
    return {{"type", "string"},
            {"description",
             "a file whose keys these replace, or its short name, as in edge-32x32 or quamba2; "
             "what is not here is taken from it"}};
}

Json schema_head(const std::string& kind, const std::string& description) {
    return {{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"title", "mambasic " + kind},
            {"description", description + " The program checks relations between keys as well."}};
}

}  // namespace mambasic::sim
