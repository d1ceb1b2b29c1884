// How metadata spells a word for each layer: "12 one, 12 4x4", so many layers of one, then so many
// of the next.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mambasic::traces {

std::string spell_runs(const std::vector<std::string>& words);

/// False where the text does not spell words for at most 1024 layers, which no network exceeds.
bool read_runs(const std::string& text, std::vector<std::string>& words);

/// One word where all layers have the same, else their runs.
std::string spell_words(const std::vector<std::string>& words);

/// False where the text does not spell a word for each of so many layers; one alone is of all.
bool read_words(const std::string& text, std::size_t layers, std::vector<std::string>& words);

}  // namespace mambasic::traces
