// What a configuration key means, from the very words with which the parser takes it.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_map.h"

namespace mambasic::sim {

/// The text of `mambasic explain [KEY]`, one line an element. An empty key lists every key of the
/// chip (base.yaml, or the given chip file or name) with its value; a block's name lists the keys
/// of the block; "schemes" lists the schemes that come with the program. UserError with the nearest
/// key where there is no such key.
std::vector<std::string> explain(const std::string& asked, const std::string& chip);

/// The keys of which explain() tells: none where there is no such key.
std::vector<models::KeyDoc> explained_keys(const std::string& asked, const std::string& chip);

/// Throws the UserError of a word that is no key; `others`: what else it could have been.
[[noreturn]] void reject_key(const std::string& asked, const std::string& chip,
                             const std::vector<std::string>& others);

}  // namespace mambasic::sim
