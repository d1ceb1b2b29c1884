#include "sim/commands/usual_scheme.h"

#include <algorithm>
#include <optional>

#include "models/common/error.h"
#include "sim/compare_trace.h"
#include "sim/data_folders.h"
#include "sim/target_scales.h"

namespace mambasic::sim {
namespace {

enum class Fit { Groups, GroupsAndObserver };

bool fits(const traces::Trace& trace, const std::string& name, Fit fit) {
    const traces::TraceInfo& info = trace.info();
    try {
        const Scheme scheme = Scheme::load(name);
        const traces::LayerGroups groups = layer_groups(trace, scheme);
        for (std::uint32_t index = 0; index < groups.size(); ++index) {
            const LayerScheme& part = scheme.of_layer(info.first_layer + index, info.dims.n_layer);
            if (!(groups[index] == info.table(index))) return false;
            if (!(part.x_code == info.x_code(index))) return false;
            const traces::Observation wanted = target_scales(part, info.dims).observed_by();
            if (fit == Fit::GroupsAndObserver && !(wanted == info.observer(index))) return false;
        }
        return true;
    } catch (const models::UserError&) {
        return false;  // more groups than the network has heads, or a file that nobody named
    }
}

// Schemes that read the scales of this one and code x in another way.
std::vector<std::string> others_on(const traces::Trace& trace, const Scheme& taken) {
    std::vector<std::string> others;
    if (taken.layers.size() > 1) return others;  // a hybrid names each part's code
    const Targets scales = targets_of(trace, taken);
    for (const std::string& name : names_in(data_folders("hw_config/schemes"))) {
        try {
            const Scheme other = Scheme::load(name);
            const bool same_code = other.layers.front().x_code == taken.layers.front().x_code;
            const bool reads = same_scales(targets_of(trace, other), scales);
            if (!same_code && reads) others.push_back(name);
        } catch (const models::UserError&) {
            continue;  // as in fits()
        }
    }
    return others;
}

// int8 everywhere, or what no scheme of hw_config/schemes has.
void refuse_codes(const traces::Trace& trace) {
    const std::vector<traces::XCode>& codes = trace.info().x_codes;
    const bool int8 = std::all_of(codes.begin(), codes.end(), [](const traces::XCode& code) {
        return code == traces::XCode{};
    });
    if (int8) return;
    throw models::UserError(trace.path() +
                            ": no scheme in hw_config/schemes codes every layer's x as this trace "
                            "does; name the one that it was made for with --scheme");
}

// The scheme that the trace names, if that fits, or else the first that does.
std::optional<std::string> fitting(const traces::Trace& trace, Fit fit) {
    std::vector<std::string> names = names_in(data_folders("hw_config/schemes"));
    names.insert(names.begin(), trace.info().scheme);
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return fits(trace, name, fit);
    });
    return found == names.end() ? std::nullopt : std::optional<std::string>(*found);
}

}  // namespace

std::string usual_scheme(const traces::Trace& trace) {
    for (const Fit fit : {Fit::GroupsAndObserver, Fit::Groups}) {
        if (const auto name = fitting(trace, fit)) return *name;
    }
    refuse_codes(trace);
    return trace.info().scheme;
}

bool has_usual_scheme(const traces::Trace& trace) {
    return fitting(trace, Fit::Groups).has_value();
}

std::string scheme_text(const traces::Trace& trace) {
    if (const auto same = fitting(trace, Fit::GroupsAndObserver)) return *same;
    const auto near = fitting(trace, Fit::Groups);
    return near ? *near + " but for what makes its scales" : "none of hw_config/schemes";
}

Scheme chosen_scheme(const Arguments& arguments, const Settings& settings,
                     const traces::Trace& trace) {
    const std::string name =
        arguments.has("scheme") ? arguments.text("scheme") : usual_scheme(trace);
    return Scheme::load(name, settings.scheme);
}

std::string choice_note(const Arguments& arguments, const traces::Trace& trace,
                        const Scheme& scheme) {
    if (arguments.has("scheme")) return "";
    const std::vector<std::string> others = others_on(trace, scheme);
    if (others.empty()) return "";
    std::string list;
    for (const std::string& other : others) list += (list.empty() ? "" : ", ") + other;
    return "no --scheme: " + scheme.name +
           " ran, the first that fits the trace's scales; --scheme takes others that read them: " +
           list;
}

}  // namespace mambasic::sim
