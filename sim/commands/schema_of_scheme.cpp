#include <algorithm>
#include <map>
#include <set>

#include "models/common/error.h"
#include "sim/commands/schema_of_keys.h"
#include "sim/commands/shipped_schemes.h"
#include "sim/scheme.h"
#include "sim/scheme_code.h"

namespace mambasic::sim {
namespace {

using models::KeyDoc;
using Docs = std::vector<KeyDoc>;
using Names = std::vector<std::string>;

constexpr const char* kUsual = "quamba1";
constexpr const char* kCode = "code";
constexpr const char* kObserver = "observer";
constexpr const char* kFlags = "flags";

/// Values of the keys by which the parser decides which others there are.
using Choice = std::map<std::string, std::string>;

Names optional_keys() {
    Names names = code_keys();
    names.insert(names.end(), {"alpha", "sigma"});
    return names;
}

// A value that some shipped scheme gives the key, rather one with the same code.
std::string sample(const std::vector<ShippedScheme>& shipped, const std::string& key,
                   const std::string& code) {
    std::string found;
    for (const ShippedScheme& scheme : shipped) {
        const Names values = scheme.values(key);
        if (values.empty()) continue;
        if (scheme.values(kCode) == Names{code}) return values.front();
        if (found.empty()) found = values.front();
    }
    return found;
}

/// Asks the parser: which keys has a scheme with these choices, and what may they be?
class Probe {
public:
    Docs keys_for(const Choice& choice) const {
        Choice values;
        const std::string code = choice.at(kCode);
        for (const std::string& key : optional_keys()) values[key] = sample(shipped_, key, code);
        for (const auto& [key, value] : choice) values[key] = value;
        for (;;) {
            try {
                Docs docs;
                Scheme::load(kUsual, settings(values), &docs);
                return docs;
            } catch (const models::IdleKey& idle) {  // not one of this scheme's
                values.erase(idle.path());
            }
        }
    }

private:
    static Names settings(const Choice& values) {
        Names words;
        for (const auto& [key, value] : values) {
            std::string word = "scheme.";
            words.push_back(word.append(key).append("=").append(value));
        }
        return words;
    }
    const std::vector<ShippedScheme> shipped_ = shipped_schemes();
};

const KeyDoc* find(const Docs& docs, const std::string& key) {
    const auto place =
        std::find_if(docs.begin(), docs.end(), [&](const KeyDoc& doc) { return doc.path == key; });
    return place == docs.end() ? nullptr : &*place;
}

// What follows from the choices: which of the optional keys there must be, and which there cannot.
Json consequence(const Docs& docs) {
    Json required = Json::array();
    Json properties = Json::object();
    for (const std::string& key : optional_keys()) {
        const KeyDoc* doc = find(docs, key);
        properties[key] = doc == nullptr ? Json(false) : property_of(*doc);
        if (doc != nullptr) required.push_back(key);
    }
    return {{"required", required}, {"properties", properties}};
}

Json condition(const Choice& choice) {
    Json required = Json::array();
    Json properties = Json::object();
    for (const auto& [key, value] : choice) {
        required.push_back(key);
        properties[key] = {{"const", value}};
    }
    return {{"properties", properties}, {"required", required}};
}

/// The keys of a scheme, or of a part of one, and the rules between them.
class SchemeKeys {
public:
    SchemeKeys() {
        const Docs usual = probe_.keys_for({{kCode, "int8"}, {kObserver, "percentile"}});
        add(usual);
        for (const std::string& code : find(usual, kCode)->choices) {
            for (const std::string& observer : find(usual, kObserver)->choices) {
                add_choice({{kCode, code}, {kObserver, observer}});
            }
        }
    }
    Json mapping() const { return mapping_of(all_); }
    const Json& rules() const { return rules_; }

private:
    void add(const Docs& docs) {
        for (const KeyDoc& doc : docs) {
            if (find(all_, doc.path) == nullptr) all_.push_back(doc);
        }
    }
    // A key that selects others is a choice of its own.
    void add_choice(const Choice& choice) {
        const Docs docs = probe_.keys_for(choice);
        add(docs);
        const KeyDoc* flags = find(docs, kFlags);
        if (flags == nullptr || choice.count(kFlags) == 1) {
            rules_.push_back({{"if", condition(choice)}, {"then", consequence(docs)}});
            return;
        }
        for (const std::string& word : flags->choices) {
            Choice more = choice;
            more[kFlags] = word;
            add_choice(more);
        }
        rules_.push_back(
            {{"if", condition(choice)},
             {"then", {{"required", {kFlags}}, {"properties", {{kFlags, property_of(*flags)}}}}}});
    }

    const Probe probe_;
    Docs all_;
    Json rules_ = Json::array();
};

// Whether a rule above lets an optional key be is the rules' to say.
Json required_of(const Json& mapping) {
    const Names optional = optional_keys();
    Json names = Json::array();
    for (const auto& [key, property] : mapping.at("properties").items()) {
        if (std::find(optional.begin(), optional.end(), key) == optional.end())
            names.push_back(key);
    }
    return names;
}

// A key whose type depends on the code is described by the rules.
void leave_types_to_rules(Json& mapping) {
    for (const std::string& key : optional_keys()) {
        Json& property = mapping["properties"][key];
        property = {{"description", property["description"]}};
    }
}

}  // namespace

Json scheme_schema() {
    const SchemeKeys keys;
    Json part = keys.mapping();
    part["required"] = required_of(part);
    leave_types_to_rules(part);
    part["allOf"] = keys.rules();
    const Json layers = {
        {"type", "object"},
        {"description",
         "the scheme of each range of layers, by the layer that the range begins with: a number, "
         "or "
         "hundredths of the network as in 50%"},
        {"minProperties", 1},
        {"patternProperties",
         {{"^(0|[1-9][0-9]{0,3}|[1-9]?[0-9]%)$", {{"$ref", "#/definitions/scheme"}}}}},
        {"additionalProperties", false}};
    const Json hybrid = {{"properties", {{"name", part["properties"]["name"]}, {"layers", layers}}},
                         {"additionalProperties", false},
                         {"required", {"name"}}};
    Json schema = schema_head(
        "scheme", "A scheme: how what the convolution makes is coded on its way to the SSM.");
    schema["type"] = "object";
    // What extends another names only what it changes, and the rules hold for both together.
    Json extending = {{"properties", part["properties"]}, {"additionalProperties", false}};
    extending["properties"]["layers"] = layers;
    extending["properties"]["extends"] = extends_property();
    const Json whole = {{"if", {{"required", {"layers"}}}},
                        {"then", hybrid},
                        {"else", {{"$ref", "#/definitions/scheme"}}}};
    schema["if"] = {{"required", {"extends"}}};
    schema["then"] = extending;
    schema["else"] = whole;
    schema["definitions"] = {{"scheme", part}};
    return schema;
}

}  // namespace mambasic::sim
