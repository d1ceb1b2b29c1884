// What a configuration key means, from the very words with which the parser takes it.
#pragma once

#include <string>
#include <vector>

namespace mambasic::sim {

/// The text of `mambasic explain [KEY]`, one line an element. An empty key lists every key of the
/// chip (base.yaml, or the given chip file or name) with its value; a block's name lists the keys
/// of the block; "schemes" lists the schemes that come with the program. UserError with the nearest
/// key where there is no such key.
std::vector<std::string> explain(const std::string& asked, const std::string& chip);

}  // namespace mambasic::sim
