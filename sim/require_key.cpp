#include "sim/require_key.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "sim/key_names.h"

namespace mambasic::sim {

using models::UserError;
using models::YamlEntry;
using models::YamlMark;
using models::YamlNode;

namespace {

/// Every key that could be set below `node`.
void add_keys(const YamlNode& node, const std::string& prefix, const OptionalKeys& optional,
              std::vector<std::string>& keys) {
    if (node.find(optional.beside) != nullptr) {
        for (const std::string& name : optional.names) {
            if (node.find(name) == nullptr) keys.push_back(prefix + name);
        }
    }
    for (const YamlEntry& entry : node.entries) {
        if (entry.value->kind == YamlNode::Kind::Map) {
            add_keys(*entry.value, prefix + entry.key + ".", optional, keys);
        } else {
            keys.push_back(prefix + entry.key);
        }
    }
}

bool is_elsewhere(const std::string& name, const std::vector<std::string>& keys) {
    const std::string end = "." + name;
    return std::any_of(keys.begin(), keys.end(), [&end](const std::string& key) {
        return key.size() > end.size() && key.substr(key.size() - end.size()) == end;
    });
}

}  // namespace

void require_key(const YamlNode& tree, const std::vector<std::string>& path, const YamlMark& mark,
                 const OptionalKeys& optional) {
    const YamlNode* node = &tree;
    std::string prefix;
    for (const std::string& name : path) {
        const std::string key = prefix + name;
        if (const YamlEntry* entry = node->find(name)) {
            node = entry->value.get();
            prefix = key + ".";
            continue;
        }
        std::vector<std::string> neighbours = node->keys();
        if (node->find(optional.beside) != nullptr && &name == &path.back()) {
            const std::vector<std::string>& more = optional.names;
            if (std::find(more.begin(), more.end(), name) != more.end()) return;
            neighbours.insert(neighbours.end(), more.begin(), more.end());
        }
        for (std::string& neighbour : neighbours) neighbour.insert(0, prefix);
        const std::string unknown = mark.text() + ": unknown key '" + key + "'";
        std::vector<std::string> all;
        add_keys(tree, "", optional, all);
        if (!is_elsewhere(name, all) && !models::nearest(key, neighbours).empty()) {
            throw UserError(unknown + models::suggestion(key, neighbours));
        }
        throw UserError(unknown + key_suggestion(key, all));
    }
}

}  // namespace mambasic::sim
