// Names what a configuration says, not the files that say it.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_map.h"

namespace mambasic::sim {

/// What was understood, key by key in alphabetical order: the same configuration has the same hash
/// whatever files, order and comments it was written with. Citations are no part of it.
std::string hash_of(const std::vector<models::KeyDoc>& docs);

}  // namespace mambasic::sim
