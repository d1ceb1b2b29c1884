#include "sim/shell_words.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/data_folders.h"

namespace mambasic::sim {

std::string shell_word(const std::string& word) {
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string("%+,-./:=@_").find(c) != std::string::npos;
    });
    if (plain) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string path_word(const std::string& word) {
    const std::filesystem::path path = word;
    if (!path.is_absolute()) return shell_word(word);
    std::error_code error;
    const std::string seen = path.lexically_relative(std::filesystem::current_path(error)).string();
    if (error || seen.empty()) return shell_word(word);
    return shell_word(seen.front() == '-' ? "./" + seen : seen);
}

std::string scheme_words(const Scheme& scheme) {
    const std::filesystem::path file = scheme.file;
    const std::string stem = file.stem().string();
    const bool named = named_file(data_folders("hw_config/schemes"), stem) == file;
    std::string words = "--scheme " + (named ? stem : shell_word(file.string()));
    for (const std::string& setting : scheme.settings) words += " --set " + shell_word(setting);
    return words;
}

}  // namespace mambasic::sim
