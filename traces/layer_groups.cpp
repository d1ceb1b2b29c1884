#include "traces/layer_groups.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace mambasic::traces {

namespace {

bool read_natural(const std::string& text, std::uint32_t& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

std::string spell(const std::optional<GroupShape>& groups) {
    if (!groups) return "one";
    return std::to_string(groups->head_groups) + "x" + std::to_string(groups->dim_groups);
}

}  // namespace

bool read_groups(const std::string& text, GroupShape& out) {
    const std::size_t cross = text.find('x');
    return cross != std::string::npos && read_natural(text.substr(0, cross), out.head_groups) &&
           read_natural(text.substr(cross + 1), out.dim_groups);
}

std::string spell_layer_groups(const LayerGroups& groups) {
    std::string out;
    std::size_t first = 0;
    for (std::size_t i = 1; i <= groups.size(); ++i) {
        if (i < groups.size() && groups[i] == groups[first]) continue;
        out += (first == 0 ? "" : ", ") + std::to_string(i - first) + " " + spell(groups[first]);
        first = i;
    }
    return out;
}

void set_layer_groups(const LayerGroups& groups, TraceInfo& info) {
    const std::optional<GroupShape>& first = groups.front();
    const bool alike = std::all_of(groups.begin(), groups.end(),
                                   [&first](const auto& other) { return other == first; });
    info.groups = {};
    info.layer_groups.clear();
    if (alike) {
        info.scheme = first ? "quamba2" : "quamba1";
        info.groups = first.value_or(GroupShape{});
    } else {
        info.scheme = "hybrid";
        info.layer_groups = groups;
    }
}

bool read_layer_groups(const std::string& text, std::uint32_t ssd_groups, LayerGroups& out) {
    constexpr std::size_t kMostLayers = 1024;
    std::istringstream ranges(text);
    for (std::string range; std::getline(ranges, range, ',');) {
        if (!out.empty() && range.rfind(' ', 0) == 0) range.erase(0, 1);
        const std::size_t space = range.find(' ');
        std::uint32_t layers = 0;
        if (space == std::string::npos || !read_natural(range.substr(0, space), layers)) {
            return false;
        }
        std::optional<GroupShape> groups;
        const std::string word = range.substr(space + 1);
        if (word != "one" && !read_groups(word, groups.emplace(GroupShape{ssd_groups, 0, 0}))) {
            return false;
        }
        if (layers == 0 || layers > kMostLayers - out.size()) return false;
        out.insert(out.end(), layers, groups);
    }
    return !out.empty() && text.back() != ',';
}

}  // namespace mambasic::traces
