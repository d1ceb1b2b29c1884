// A YAML mapping that is consumed key by key. Every take states the key's range, unit and meaning,
// so that the parser, its errors and `mambasic explain` say the same thing. finish() rejects what
// was not taken. Errors are UserError "file:line:col: ...", with the nearest valid key or choice.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/common/error.h"
#include "models/common/units.h"

namespace mambasic::models {

struct YamlNode;  // scalar, sequence or mapping with file, line and column; see yaml_tree.h

/// What a key means, as `explain` and `schema` show it.
struct KeyDoc {
    std::string path;  // "gemm.rows"
    std::string type;  // "integer", "number", "text", or the list of choices
    std::string unit;
    std::string range;
    std::optional<double> low;  // the range of a number
    std::optional<double> high;
    std::vector<std::string> choices;  // the words of which it is one
    std::string what;
    std::string value;   // in canonical form: the composed configuration is hashed from it
    std::string source;  // of a banded figure
    std::string where;   // "file:line:col" that wrote the value
};

/// A mapping has not a key that it needs, or has one that nothing reads.
class KeyError : public UserError {
public:
    KeyError(const std::string& message, std::string path)
        : UserError(message), path_(std::move(path)) {}
    const std::string& path() const { return path_; }  // "layers.50%.flags"

private:
    std::string path_;
};
class MissingKey : public KeyError {
    using KeyError::KeyError;
};
class IdleKey : public KeyError {
    using KeyError::KeyError;
};

class YamlMap {
public:
    YamlMap(std::shared_ptr<const YamlNode> node, std::string path,
            std::vector<KeyDoc>* docs = nullptr);
    /// The root mapping of a file. Whoever takes its keys calls finish().
    static YamlMap from_file(const std::string& path, std::vector<KeyDoc>* docs = nullptr);

    std::uint32_t take_u32(const char* key, std::uint32_t low, std::uint32_t high, const char* unit,
                           const char* what);
    double take_double(const char* key, double low, double high, const char* unit,
                       const char* what);
    bool take_bool(const char* key, const char* what);
    /// `form` says what the text looks like where it is not free: "sequential or tree W".
    std::string take_text(const char* key, const char* what, const char* form = "text");
    /// {value, low, high, source}, and unit where the card states it; 0 <= low <= value <= high.
    Banded take_banded(const char* key, const char* unit, const char* what);
    YamlMap take_map(const char* key, const char* what);

    template <typename E>
    E take_enum(const char* key, std::initializer_list<std::pair<const char*, E>> choices,
                const char* what) {
        std::vector<std::string> names;
        for (const auto& choice : choices) names.emplace_back(choice.first);
        return (choices.begin() + take_choice(key, names, what))->second;
    }

    bool has(const char* key) const;
    std::string raw(const char* key) const;  // as it is written; empty where it is no scalar
    std::vector<std::string> keys() const;   // in file order
    void finish();
    /// Refuses the value of a key that was taken: "file:line:col: path: message".
    [[noreturn]] void reject(const char* key, const std::string& message) const;
    /// Refuses a key, where the mapping has it, that other keys leave without a reader: IdleKey.
    void refuse_idle(const char* key, const std::string& way_out) const;
    const std::string& path() const { return path_; }

private:
    std::ptrdiff_t take_choice(const char* key, const std::vector<std::string>& names,
                               const char* what);
    const YamlNode& take_node(const KeyDoc& doc);
    const YamlNode& take_scalar(const KeyDoc& doc);
    KeyDoc describe(const char* key, const std::string& type, const char* what) const;
    void document(KeyDoc doc, const YamlNode& node, std::string value);
    [[noreturn]] void fail_missing(const KeyDoc& doc) const;
    [[noreturn]] void fail_value(const YamlNode& node, const KeyDoc& doc,
                                 const std::string& message) const;
    std::string full(const std::string& key) const;

    std::shared_ptr<const YamlNode> node_;
    std::string path_;
    std::vector<bool> taken_;          // of the node's entries
    std::vector<std::string> wanted_;  // keys that were asked for: the valid ones
    std::vector<KeyDoc>* docs_;
};

}  // namespace mambasic::models
