#include "sim/file_names.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace mambasic::sim {
namespace {

// "folder/chip.yaml:3:4" is of folder/chip.yaml. What --set wrote is in no file.
std::string file_of(const std::string& place) {
    if (place.rfind("--set", 0) == 0) return "";
    const std::size_t folder = place.rfind('/');
    return place.substr(0, place.find(':', folder == std::string::npos ? 0 : folder));
}

}  // namespace

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    if (from.empty()) return text;
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string without_folders(std::string text, const ChipConfig& chip, const traces::Trace& trace) {
    std::vector<std::string> files = {trace.path(), chip.path};
    for (const auto& [key, place] : chip.places) files.push_back(file_of(place));
    // A longer path first: another may be the end of it.
    std::sort(files.begin(), files.end(), [](const std::string& one, const std::string& other) {
        return one.size() != other.size() ? one.size() > other.size() : one < other;
    });
    for (const std::string& file : files) {
        text = replaced(std::move(text), file, std::filesystem::path(file).filename().string());
    }
    return text;
}

}  // namespace mambasic::sim
