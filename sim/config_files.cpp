#include "sim/config_files.h"

#include <algorithm>
#include <filesystem>

#include "models/common/error.h"
#include "models/common/yaml_scalar.h"
#include "sim/config_kind.h"
#include "sim/data_folders.h"
#include "sim/file_kind.h"
#include "sim/require_key.h"

namespace mambasic::sim {

namespace {

namespace fs = std::filesystem;
using models::UserError;
using models::YamlEntry;
using models::YamlMark;
using models::YamlNode;
using models::YamlNodePtr;

constexpr const char* kExtends = "extends";
constexpr const char* kHwConfig = "hw_config";
constexpr const char* kBase = "base.yaml";
constexpr const char* kChips = "chips";
constexpr const char* kSchemes = "schemes";

/// The nearest folder above the file that holds base.yaml; an empty path where there is none.
fs::path folder_with_base(const std::string& path) {
    std::error_code error;
    fs::path folder = fs::absolute(path, error).lexically_normal().parent_path();
    for (; !error && folder.has_relative_path(); folder = folder.parent_path()) {
        if (is_file(folder / kBase)) return shortened(folder);
    }
    return {};
}

void put(YamlNode& map, const YamlEntry& entry) {
    for (YamlEntry& existing : map.entries) {
        if (existing.key == entry.key) {
            existing = entry;
            return;
        }
    }
    map.entries.push_back(entry);
}

YamlNodePtr overlay(const YamlNodePtr& base, const YamlNodePtr& top) {
    const bool merge =
        base->kind == YamlNode::Kind::Map && top->kind == YamlNode::Kind::Map && !top->whole;
    if (!merge) return top;
    auto merged = std::make_shared<YamlNode>(*base);
    merged->mark = top->mark;
    for (const YamlEntry& entry : top->entries) {
        const YamlEntry* below = base->find(entry.key);
        const YamlNodePtr value =
            below == nullptr ? entry.value : overlay(below->value, entry.value);
        put(*merged, {entry.key, entry.key_mark, value});
    }
    return merged;
}

YamlNodePtr without(const YamlNodePtr& map, const std::string& key) {
    auto copy = std::make_shared<YamlNode>(*map);
    const auto is_key = [&](const YamlEntry& entry) { return entry.key == key; };
    copy->entries.erase(std::remove_if(copy->entries.begin(), copy->entries.end(), is_key),
                        copy->entries.end());
    return copy;
}

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts{""};
    for (const char c : path) {
        if (c == '.') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// All nodes of an override stand at the override's one place.
YamlNodePtr placed(const YamlNodePtr& node, const YamlMark& mark) {
    auto copy = std::make_shared<YamlNode>(*node);
    copy->mark = mark;
    for (YamlNodePtr& item : copy->items) item = placed(item, mark);
    for (YamlEntry& entry : copy->entries) {
        entry.key_mark = mark;
        entry.value = placed(entry.value, mark);
    }
    return copy;
}

YamlNodePtr replace(const YamlNodePtr& node, const std::vector<std::string>& path, std::size_t at,
                    const YamlNodePtr& value) {
    if (at == path.size()) return overlay(node, value);
    const YamlEntry* entry = node->find(path[at]);
    auto copy = std::make_shared<YamlNode>(*node);
    const YamlNodePtr below = entry == nullptr ? value : replace(entry->value, path, at + 1, value);
    put(*copy, {path[at], value->mark, below});
    return copy;
}

void refuse_other_kind(const std::string& path, const std::string& folder) {
    const std::string kind = config_kind(path, hw_config_folder(path));
    if (!kind.empty() && kind != folder) throw UserError(other_kind(path, folder));
}

}  // namespace

std::string hw_config_folder(const std::string& path) {
    const fs::path own = folder_with_base(path);
    if (!own.empty()) return own.string();
    for (const fs::path& folder : data_folders(kHwConfig)) {
        if (is_file(folder / kBase)) return folder.string();
    }
    return kHwConfig;
}

std::string find_config(const std::string& name_or_path, const std::string& folder,
                        const std::string& kind) {
    if (is_file(name_or_path)) {
        if (file_kind(name_or_path) != FileKind::Safetensors) {
            refuse_other_kind(name_or_path, folder);
            return name_or_path;
        }
        throw UserError(name_or_path + ": this is a safetensors file, a " + kind +
                        " YAML was expected; did you mean --trace?");
    }
    const std::string part = std::string(kHwConfig) + "/" + folder;
    std::vector<fs::path> folders = data_folders(part);
    const bool path = name_or_path.find('/') != std::string::npos;
    const fs::path own = path ? folder_with_base(name_or_path) : fs::path();
    if (!own.empty()) folders = {own / folder};
    const fs::path named = named_file(folders, name_or_path);
    if (!named.empty()) return named.string();
    const std::string other = folder == kChips ? kSchemes : kChips;
    if (!named_file(data_folders(std::string(kHwConfig) + "/" + other), name_or_path).empty()) {
        throw UserError(other_kind(name_or_path, folder));
    }
    throw UserError(name_or_path + ": no such " + kind + " file or name" +
                    nearest_in(folders, name_or_path, part));
}

ConfigFiles::ConfigFiles(std::string root, std::vector<std::string> references, std::string kin)
    : root_(std::move(root)), references_(std::move(references)), kin_(std::move(kin)) {}

std::string ConfigFiles::locate(const std::string& path, const YamlMark& mark,
                                const std::string& from) const {
    const fs::path beside = (fs::path(from).parent_path() / path).lexically_normal();
    if (is_file(beside)) return beside.string();
    const fs::path rooted = (fs::path(root_) / path).lexically_normal();
    if (is_file(rooted)) return rooted.string();
    // What a chip extends as "../base.yaml", a copy of it that lies elsewhere still extends.
    const fs::path as_kin = (fs::path(root_) / kin_ / path).lexically_normal();
    if (is_file(as_kin)) return as_kin.string();
    const fs::path named = named_file({fs::path(from).parent_path(), fs::path(root_) / kin_}, path);
    if (!named.empty()) return named.string();
    throw UserError(mark.text() + ": no file " + models::shown(path) +
                    (beside == rooted ? "" : " beside this one or") + " in " + root_ +
                    nearest_file(root_, path));
}

YamlNodePtr ConfigFiles::resolve(const std::string& key, const YamlNodePtr& value,
                                 const std::string& from) const {
    const bool reference =
        std::find(references_.begin(), references_.end(), key) != references_.end();
    if (!reference || value->kind != YamlNode::Kind::Scalar) return value;
    const std::string path = locate(value->scalar, value->mark, from);
    auto copy = std::make_shared<YamlNode>(*models::load_yaml(path));
    if (copy->kind != YamlNode::Kind::Map) {
        throw UserError(copy->mark.text() + ": must be a mapping of keys to values");
    }
    copy->whole = true;
    return copy;
}

YamlNodePtr ConfigFiles::load(const std::string& path) const {
    std::vector<std::string> chain;
    return load(path, chain);
}

YamlNodePtr ConfigFiles::load(const std::string& path, std::vector<std::string>& chain) const {
    auto tree = std::make_shared<YamlNode>(*models::load_yaml(path));
    if (tree->kind != YamlNode::Kind::Map) {
        throw UserError(tree->mark.text() + ": must be a mapping of keys to values");
    }
    chain.push_back(fs::weakly_canonical(path).string());
    for (YamlEntry& entry : tree->entries) entry.value = resolve(entry.key, entry.value, path);
    const YamlEntry* extends = tree->find(kExtends);
    if (extends == nullptr) return tree;
    const YamlNode& target = *extends->value;
    if (target.kind != YamlNode::Kind::Scalar) {
        throw UserError(target.mark.text() + ": extends: must be one path");
    }
    const std::string base = locate(target.scalar, target.mark, path);
    if (std::find(chain.begin(), chain.end(), fs::weakly_canonical(base).string()) != chain.end()) {
        throw UserError(target.mark.text() + ": extends: " + models::shown(target.scalar) +
                        " leads back to this file");
    }
    return overlay(load(base, chain), without(tree, kExtends));
}

YamlNodePtr ConfigFiles::override_with(const YamlNodePtr& tree, const std::string& assignment,
                                       const OptionalKeys& optional) const {
    const YamlMark mark{"--set " + assignment, 0};
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw UserError(mark.text() + ": write --set KEY=VALUE, as in --set gemm.rows=64");
    }
    const std::vector<std::string> path = split(assignment.substr(0, equals));
    YamlNodePtr value;
    try {
        value = placed(models::parse_yaml(assignment.substr(equals + 1), mark.file), mark);
    } catch (const UserError& e) {
        throw UserError(mark.text() + ": the value is not YAML, or empty");
    }
    require_key(*tree, path, mark, optional);
    if (path.size() == 1) value = resolve(path[0], value, root_ + "/");
    return replace(tree, path, 0, value);
}

}  // namespace mambasic::sim
