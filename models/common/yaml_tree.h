// A YAML document as an immutable tree in which every key and value knows its file, line and
// column. Stricter than YAML on purpose: one document, no anchors, aliases, merge keys or tags, no
// duplicate keys, no null values; everything else is a UserError "file:line:col: ...".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mambasic::models {

struct YamlMark {
    std::string file;
    std::uint32_t line = 1;  // from 1; 0 where the place has no lines, as an option
    std::uint32_t column = 1;
    std::string text() const {
        if (line == 0) return file;
        return file + ":" + std::to_string(line) + ":" + std::to_string(column);
    }
};

struct YamlNode;
using YamlNodePtr = std::shared_ptr<const YamlNode>;

struct YamlEntry {
    std::string key;
    YamlMark key_mark;
    YamlNodePtr value;
};

struct YamlNode {
    enum class Kind { Scalar, Sequence, Map };
    Kind kind = Kind::Scalar;
    YamlMark mark;
    std::string scalar;
    bool quoted = false;  // a quoted scalar is text, whatever it looks like
    bool whole = false;   // a map from a file of its own: replaces the map it overlays
    std::vector<YamlNodePtr> items;
    std::vector<YamlEntry> entries;  // in file order

    const YamlEntry* find(const std::string& key) const;
    std::vector<std::string> keys() const;
};

/// Never crashes, whatever the bytes are; `name` is what errors call the text.
YamlNodePtr parse_yaml(const std::string& text, const std::string& name);

/// Reads at most 1 MiB; a file that is missing, a folder or larger is a UserError.
YamlNodePtr load_yaml(const std::string& path);

}  // namespace mambasic::models
