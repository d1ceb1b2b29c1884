// Where configuration files lie and how they are laid over each other: `extends:`, files named by a
// key (technology, dram), and --set. The result is one tree; every value in it still knows the
// file, line and column that wrote it.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_tree.h"
#include "sim/require_key.h"

namespace mambasic::sim {

/// The folder with base.yaml: an ancestor of the file, else hw_config as data_folders() finds it.
std::string hw_config_folder(const std::string& path);

/// A path that exists is itself; "edge-32x32" is hw_config/<folder>/edge-32x32.yaml. UserError with
/// the nearest name and the folders searched where there is neither.
std::string find_config(const std::string& name_or_path, const std::string& folder,
                        const std::string& kind);

class ConfigFiles {
public:
    /// `references` are top-level keys whose value may be the path of a file that holds a mapping;
    /// paths are relative to the file that names them, to `root` or to its folder `kin`, chips or
    /// schemes, whose files also have short names.
    ConfigFiles(std::string root, std::vector<std::string> references, std::string kin = "chips");

    /// The file over what it extends. Keys of the file replace those of the base; a mapping is
    /// merged key by key, one from a file of its own replaces the other whole.
    models::YamlNodePtr load(const std::string& path) const;

    /// "a.b=v": v is YAML. The key must be in the tree, or an optional one.
    models::YamlNodePtr override_with(const models::YamlNodePtr& tree,
                                      const std::string& assignment,
                                      const OptionalKeys& optional = {}) const;

private:
    models::YamlNodePtr load(const std::string& path, std::vector<std::string>& chain) const;
    models::YamlNodePtr resolve(const std::string& key, const models::YamlNodePtr& value,
                                const std::string& from) const;
    std::string locate(const std::string& path, const models::YamlMark& mark,
                       const std::string& from) const;

    std::string root_;
    std::vector<std::string> references_;
    std::string kin_;
};

}  // namespace mambasic::sim
