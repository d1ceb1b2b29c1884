#include "sim/scheme_settings.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"
#include "models/common/yaml_map.h"
#include "sim/data_folders.h"
#include "sim/scheme_code.h"

namespace mambasic::sim {

namespace {

using models::IdleKey;
using models::MissingKey;
using models::UserError;
using models::YamlEntry;
using models::YamlNode;
using models::YamlNodePtr;
using Names = std::vector<std::string>;
using Read = std::function<void(const YamlNodePtr&)>;

constexpr const char* kScheme = "scheme";
constexpr const char* kCode = "code";

// Settings name keys as `explain` does: below "scheme".
YamlNodePtr changed(const ConfigFiles& files, const YamlNodePtr& scheme, const Names& settings) {
    OptionalKeys optional{kCode, code_keys()};
    optional.names.insert(optional.names.end(), {"alpha", "sigma"});
    auto root = std::make_shared<YamlNode>();
    root->kind = YamlNode::Kind::Map;
    root->mark = scheme->mark;
    root->entries.push_back({kScheme, scheme->mark, scheme});
    YamlNodePtr tree = root;
    for (const std::string& setting : settings) {
        tree = files.override_with(tree, setting, optional);
    }
    return tree->find(kScheme)->value;
}

// "layers.50%.flags" is the key flags of the mapping layers.50%.
std::pair<std::string, std::string> owner_and_name(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos) return {"", path};
    return {path.substr(0, dot), path.substr(dot + 1)};
}

const YamlNode* node_at(const YamlNode& tree, const std::string& path) {
    if (path.empty()) return &tree;
    const auto [owner, name] = owner_and_name(path);
    const YamlNode* map = node_at(tree, owner);
    const YamlEntry* entry = map == nullptr ? nullptr : map->find(name);
    return entry == nullptr ? nullptr : entry->value.get();
}

bool is_set_by_hand(const YamlNode& tree, const std::string& path) {
    const YamlNode* node = node_at(tree, path);
    return node != nullptr && node->mark.line == 0;
}

YamlNodePtr without(const YamlNodePtr& tree, const std::string& path) {
    const std::string first = path.substr(0, path.find('.'));
    auto copy = std::make_shared<YamlNode>(*tree);
    for (auto entry = copy->entries.begin(); entry != copy->entries.end(); ++entry) {
        if (entry->key != first) continue;
        if (first == path) {
            copy->entries.erase(entry);
        } else {
            entry->value = without(entry->value, path.substr(first.size() + 1));
        }
        break;
    }
    return copy;
}

bool is_idle_in_file(const YamlNodePtr& written, const std::string& path, const Read& read) {
    try {
        read(written);
    } catch (const IdleKey& idle) {
        return idle.path() == path;
    } catch (const UserError&) {  // what else is wrong there, the settings may mend
    }
    return false;
}

// What a scheme that comes with the program writes for the key, rather one with the same code.
std::string usual_value(const std::string& key, const std::string& code) {
    const std::vector<std::filesystem::path> folders = data_folders("hw_config/schemes");
    std::string usual;
    for (const std::string& name : names_in(folders)) {
        const YamlNodePtr scheme = models::load_yaml(named_file(folders, name).string());
        const YamlEntry* entry = scheme->find(key);
        const YamlEntry* its_code = scheme->find(kCode);
        if (entry == nullptr || its_code == nullptr) continue;
        if (its_code->value->scalar == code) return entry->value->scalar;
        if (usual.empty()) usual = entry->value->scalar;
    }
    return usual;
}

std::string options_text(const Names& settings) {
    std::string text;
    for (const std::string& setting : settings) {
        text.append(text.empty() ? "" : " ").append("--set ").append(setting);
    }
    return text;
}

/// Settings on their way to a tree that can be read.
class Settling {
public:
    Settling(const ConfigFiles& files, YamlNodePtr written, const Names& settings)
        : files_(files),
          written_(std::move(written)),
          settings_(settings),
          settled_{changed(files, written_, settings), {}} {}

    SettledScheme run(const Read& read) {
        while (!is_readable(read)) {
        }
        if (lacking_.empty()) return settled_;
        throw UserError(written_->mark.file + ": with " + options_text(settings_) +
                        " the scheme needs more keys; add " + options_text(lacking_) +
                        ", or other values (mambasic explain scheme)");
    }

private:
    bool is_readable(const Read& read) {
        try {
            read(settled_.tree);
        } catch (const MissingKey& missing) {
            add(missing);
            return false;
        } catch (const IdleKey& idle) {
            const bool is_fault = is_set_by_hand(*settled_.tree, idle.path()) ||
                                  is_idle_in_file(written_, idle.path(), read);
            if (is_fault) throw;
            settled_.tree = without(settled_.tree, idle.path());
            settled_.left_out.push_back(idle.path());
            return false;
        } catch (const UserError& error) {
            const std::string what = error.what();
            if (what.rfind("--set ", 0) == 0) throw;
            throw UserError(what + "; with " + options_text(settings_) +
                            " this key may need a --set too");
        }
        return true;
    }
    // A value that lets the reading go on, so that all keys that lack are told at once.
    void add(const MissingKey& missing) {
        const auto [owner, name] = owner_and_name(missing.path());
        const YamlNode* code = node_at(*settled_.tree, owner.empty() ? kCode : owner + "." + kCode);
        const std::string value = usual_value(name, code == nullptr ? "" : code->scalar);
        if (value.empty()) throw missing;
        const std::string setting = std::string(kScheme) + "." + missing.path() + "=" + value;
        settled_.tree = changed(files_, settled_.tree, {setting});
        lacking_.push_back(setting);
    }

    const ConfigFiles& files_;
    const YamlNodePtr written_;
    const Names& settings_;
    SettledScheme settled_;
    Names lacking_;  // settings that would make the scheme whole
};

}  // namespace

SettledScheme settle(const ConfigFiles& files, const YamlNodePtr& written, const Names& settings,
                     const Read& read) {
    if (settings.empty()) return {written, {}};
    return Settling(files, written, settings).run(read);
}

}  // namespace mambasic::sim
