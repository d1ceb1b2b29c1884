// --set on a scheme: "scheme.key=value" changes a key of its file or adds one that its code takes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/config_files.h"

namespace mambasic::sim {

struct SettledScheme {
    models::YamlNodePtr tree;
    std::vector<std::string> left_out;  // keys of the file that the settings leave without a reader
};

/// The file's tree with the settings over it. `read` parses a tree and throws what is wrong with
/// it. Keys of the file that only the settings make idle go; a key set by hand stays and is an
/// error where nothing reads it. UserError with every --set to add where keys are now missing.
SettledScheme settle(const ConfigFiles& files, const models::YamlNodePtr& written,
                     const std::vector<std::string>& settings,
                     const std::function<void(const models::YamlNodePtr& tree)>& read);

}  // namespace mambasic::sim
