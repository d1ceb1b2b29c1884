#include "traces/layer_groups.h"

#include <algorithm>
#include <charconv>

#include "traces/layer_runs.h"

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
    std::vector<std::string> words(groups.size());
    std::transform(groups.begin(), groups.end(), words.begin(), spell);
    return spell_runs(words);
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
    std::vector<std::string> words;
    if (!read_runs(text, words)) return false;
    for (const std::string& word : words) {
        std::optional<GroupShape>& groups = out.emplace_back();
        if (word == "one") continue;
        if (!read_groups(word, groups.emplace(GroupShape{ssd_groups, 0, 0}))) return false;
    }
    return true;
}

}  // namespace mambasic::traces
