#include "traces/layer_runs.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace mambasic::traces {

namespace {

bool read_natural(const std::string& text, std::size_t& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

}  // namespace

std::string spell_runs(const std::vector<std::string>& words) {
    std::string out;
    std::size_t first = 0;
    for (std::size_t i = 1; i <= words.size(); ++i) {
        if (i < words.size() && words[i] == words[first]) continue;
        out += (first == 0 ? "" : ", ") + std::to_string(i - first) + " " + words[first];
        first = i;
    }
    return out;
}

bool read_runs(const std::string& text, std::vector<std::string>& words) {
    constexpr std::size_t kMostLayers = 1024;
    std::istringstream runs(text);
    for (std::string run; std::getline(runs, run, ',');) {
        if (!words.empty() && run.rfind(' ', 0) == 0) run.erase(0, 1);
        const std::size_t space = run.find(' ');
        std::size_t layers = 0;
        if (space == std::string::npos || !read_natural(run.substr(0, space), layers)) return false;
        if (layers == 0 || layers > kMostLayers - words.size()) return false;
        words.insert(words.end(), layers, run.substr(space + 1));
    }
    return !words.empty() && text.back() != ',';
}

std::string spell_words(const std::vector<std::string>& words) {
    const bool alike = std::all_of(words.begin(), words.end(), [&words](const std::string& other) {
        return other == words.front();
    });
    return alike ? words.front() : spell_runs(words);
}

bool read_words(const std::string& text, std::size_t layers, std::vector<std::string>& words) {
    words.clear();
    if (text.find(' ') != std::string::npos)
        return read_runs(text, words) && words.size() == layers;
    words.assign(layers, text);
    return true;
}

}  // namespace mambasic::traces
