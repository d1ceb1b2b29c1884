// Whether a setting names a key that there is, and which one is meant where it does not.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_tree.h"

namespace mambasic::sim {

/// Keys that a mapping with the key `beside` may take though it has not got them.
struct OptionalKeys {
    std::string beside;
    std::vector<std::string> names;
};

/// UserError where the tree has no such key. Suggests the nearest among its neighbours, unless the
/// name is right and the place wrong; or else whatever key is meant.
void require_key(const models::YamlNode& tree, const std::vector<std::string>& path,
                 const models::YamlMark& mark, const OptionalKeys& optional);

}  // namespace mambasic::sim
