// Which of the valid names did the user mean? For every error that refuses a name.
#pragma once

#include <string>
#include <vector>

namespace mambasic::models {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(const std::string& a, const std::string& b);

/// The closest of `names`, or an empty string where none is close enough to be a misspelling.
std::string nearest(const std::string& word, const std::vector<std::string>& names);

/// ", did you mean 'cols'?" where one is close; else "; valid are rows, cols, ...", shortened.
std::string suggestion(const std::string& word, const std::vector<std::string>& names);

}  // namespace mambasic::models
