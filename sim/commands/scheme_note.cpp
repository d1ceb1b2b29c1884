#include "sim/commands/scheme_note.h"

#include <algorithm>
#include <utility>

#include "sim/scheme_code.h"
#include "sim/target_scales.h"
#include "traces/layer_observers.h"

namespace mambasic::sim {
namespace {

using traces::LayerObservers;
using traces::Observation;

std::string hybrid_note(const Scheme& scheme, const traces::TraceInfo& info,
                        const reports::Report& report) {
    const std::uint32_t network = info.dims.n_layer;
    std::string missed;
    for (const LayerScheme& part : scheme.layers) {
        const bool met = std::any_of(report.layers.begin(), report.layers.end(),
                                     [&](const reports::LayerRow& row) {
                                         return &scheme.of_layer(row.index, network) == &part;
                                     });
        if (met) continue;
        missed += (missed.empty() ? "" : ", ") + part.name + " (from layer " +
                  std::to_string(part.first_layer(network)) + " on)";
    }
    if (missed.empty()) return "";
    return "scheme " + scheme.name + ": of the network's " + std::to_string(network) + " layers, " +
           std::to_string(report.layers.front().index) + " to " +
           std::to_string(report.layers.back().index) + " ran; none of them has its part " + missed;
}

std::string names_of(const LayerObservers& observers) {
    std::string names = spell(observers.front());
    for (const Observation& observer : observers) {
        if (!(observer == observers.front())) return names + " and " + spell(observer);
    }
    return names;
}

// What made int8's scales alone, where the scheme reads no others.
Observation made_for(const LayerScheme& part, Observation made) {
    if (!part.x_code.own_scales()) made.quantile = made.factor = 0;
    return made;
}

std::string observer_note(const Scheme& scheme, const traces::TraceInfo& info,
                          const reports::Report& report) {
    LayerObservers asked, has;  // where they differ
    for (const reports::LayerRow& row : report.layers) {
        const LayerScheme& part = scheme.of_layer(row.index, info.dims.n_layer);
        const Observation wanted = target_scales(part, info.dims).observed_by();
        const Observation made = made_for(part, info.observer(row.index - info.first_layer));
        if (wanted == made) continue;
        asked.push_back(wanted);
        has.push_back(made);
    }
    if (asked.empty()) return "";
    return "scheme " + scheme.name + ": asks for " + names_of(asked) + " scales, but those of " +
           std::to_string(asked.size()) + " of the " + std::to_string(report.layers.size()) +
           " layers that ran are of " + names_of(has) +
           "; the trace's own scales ran, calibrate makes others";
}

// Where no scale is read, nothing that makes scales decides a figure.
std::string idle_note(const Scheme& scheme) {
    std::string idle;
    for (const std::string& setting : scheme.settings) {
        const std::string path = setting.substr(0, setting.find('='));
        const std::string key = path.substr(path.rfind('.') + 1);
        const bool makes_scales =
            key == "observer" || key == "observes" || key == "alpha" || key == "sigma";
        if (makes_scales) idle += (idle.empty() ? "--set " : " --set ") + setting;
    }
    if (idle.empty()) return "";
    return "scheme " + scheme.name + ": " + idle +
           " changes nothing with --timing-only, which reads no scales";
}

}  // namespace

std::vector<std::string> scheme_notes(const Scheme& scheme, const traces::TraceInfo& info,
                                      const reports::Report& report, bool numerics) {
    std::vector<std::string> notes;
    std::string note = hybrid_note(scheme, info, report);
    if (!note.empty()) notes.push_back(std::move(note));
    note = numerics ? observer_note(scheme, info, report) : idle_note(scheme);
    if (!note.empty()) notes.push_back(std::move(note));
    if (!numerics) return notes;
    for (const LayerScheme& part : scheme.layers) {
        const std::string warning = code_warning(part.x_code, part.observer);
        if (!warning.empty()) notes.push_back("scheme " + part.name + ": " + warning);
    }
    return notes;
}

}  // namespace mambasic::sim
