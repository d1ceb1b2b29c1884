#include "sim/config_kind.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "models/common/error.h"
#include "models/common/yaml_tree.h"
#include "sim/data_folders.h"
#include "sim/shell_words.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

constexpr int kMostFiles = 16;  // that extend one another

// A scheme has one of the first or extends one that has; base.yaml has all of the others.
constexpr std::array kOfSchemes = {"groups", "lookup", "code", "observer", "observes", "layers"};
constexpr std::array kOfChips = {
    "clock_ghz",   "technology", "voltage_v", "dram", "schedule", "dma",       "gemm",
    "weight_sram", "norm",       "ssm",       "conv", "hadamard", "nonlinear", "activation_sram"};

template <typename Names>
bool has_any(const models::YamlNode& map, const Names& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const char* name) { return map.find(name) != nullptr; });
}

// Where a chip or a scheme would find it.
fs::path extended(const std::string& target, const std::string& from, const fs::path& root) {
    for (const fs::path& folder :
         {fs::path(from).parent_path(), root, root / "chips", root / "schemes"}) {
        for (const std::string& name : {target, target + ".yaml"}) {
            if (is_file(folder / name)) return folder / name;
        }
    }
    return {};
}

std::string kind_of(const std::string& path, const std::string& root, int files) {
    const models::YamlNodePtr tree = models::load_yaml(path);
    // What it extends says more than a key that may be in the wrong place.
    const models::YamlEntry* extends = tree->find("extends");
    if (extends != nullptr && files > 0) {
        const fs::path next = extended(extends->value->scalar, path, root);
        if (!next.empty()) return kind_of(next.string(), root, files - 1);
    }
    const bool scheme = has_any(*tree, kOfSchemes);
    if (scheme == has_any(*tree, kOfChips)) return "";
    return scheme ? "schemes" : "chips";
}

}  // namespace

std::string config_kind(const std::string& path, const std::string& root) {
    try {
        return kind_of(path, root, kMostFiles);
    } catch (const models::UserError&) {
        return "";  // whoever reads the file says what is wrong with it
    }
}

std::string other_kind(const std::string& given, const std::string& folder) {
    const std::string word = shell_word(given);
    if (folder == "chips") {
        return given + ": is a scheme, not a chip; write --scheme " + word +
               " (--schemes in compare) beside a chip, such as edge-32x32";
    }
    return given + ": is a chip, not a scheme; write it for the chip: run " + word + ", compare " +
           word + ", check --chip " + word;
}

}  // namespace mambasic::sim
