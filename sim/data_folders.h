// Where the files that come with the program lie: chips, schemes, technology cards, networks. Each
// is known by its short name, "edge-32x32" for edge-32x32.yaml.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mambasic::sim {

/// The folders that are called `part` ("hw_config/chips") and are there, the first to be preferred:
/// below $MAMBASIC_HOME and nowhere else where that is set; otherwise below the current folder or
/// one above it, where cmake --install puts them, below a folder above the program, in the source
/// tree that it was built from.
std::vector<std::filesystem::path> data_folders(const std::string& part);

/// NAME.yaml in the first folder that has it; an empty path where none has.
std::filesystem::path named_file(const std::vector<std::filesystem::path>& folders,
                                 const std::string& name);

/// Short names of all files in the folders, sorted.
std::vector<std::string> names_in(const std::vector<std::filesystem::path>& folders);

/// For the error about `word`, which is no short name: the nearest names, and where they were
/// looked for. `part` is what `folders` are called.
std::string nearest_in(const std::vector<std::filesystem::path>& folders, const std::string& word,
                       const std::string& part);

/// For the error about `path`, which is no file below the folder: one of that name in a folder of
/// it, or the nearest of those that lie where it was looked for; of all where `path` is a bare
/// name.
std::string nearest_file(const std::filesystem::path& folder, const std::string& path);

/// The path as seen from the current folder where it lies below it, else whole.
std::string shortened(const std::filesystem::path& path);

bool is_file(const std::filesystem::path& path);

}  // namespace mambasic::sim
