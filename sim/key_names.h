// Which keys did the user mean? People remember a part of a key, and not its dots and underscores.
#pragma once

#include <string>
#include <vector>

namespace mambasic::sim {

/// ", did you mean 'ssm.exp_units'?" for "expunits", "exp-units", "units exp" or "exp_unitz": keys
/// that are called so, that hold the word or all its parts, or the one with the nearest name.
/// Of many keys, the blocks with the word.
/// Letters alone count, in either case. Where nothing is near, "; valid are ..." with the keys of
/// the block that the word begins with, or else with the blocks.
std::string key_suggestion(const std::string& word, const std::vector<std::string>& keys);

}  // namespace mambasic::sim
