#include "sim/compare.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "reports/json_writer.h"
#include "sim/check.h"
#include "sim/compare_children.h"
#include "sim/compare_trace.h"
#include "sim/progress.h"
#include "sim/quality.h"
#include "sim/reference.h"

namespace mambasic::sim {
namespace {

using reports::ComparedScheme;
using reports::ScalesFrom;
using Tell = std::function<void(const Progress&)>;

/// The traces that schemes run which the user's own has no scales for: one for all the schemes that
/// ask for the same groups.
class CalibratedTraces {
public:
    CalibratedTraces(const CompareRequest& request, const std::vector<ScalesFrom>& scales)
        : request_(request) {
        for (std::size_t i = 0; i < scales.size(); ++i) {
            if (scales[i] != ScalesFrom::Calibrated) continue;
            traces::LayerGroups groups = layer_groups(request.trace, request.schemes[i]);
            if (!place_of(groups)) made_.push_back({std::move(groups), i});
        }
        if (made_.empty()) return;
        folder_.emplace();
        make();
    }

    std::string path(const Scheme& scheme) const {
        return folder_->file(*place_of(layer_groups(request_.trace, scheme)));
    }

private:
    struct Made {
        traces::LayerGroups groups;
        std::size_t scheme;  // the first that needs it
    };

    std::optional<std::size_t> place_of(const traces::LayerGroups& groups) const {
        for (std::size_t m = 0; m < made_.size(); ++m) {
            if (made_[m].groups == groups) return m;
        }
        return std::nullopt;
    }
    void make() const {
        std::vector<ChildWork> works;
        for (std::size_t m = 0; m < made_.size(); ++m) {
            const Scheme& scheme = request_.schemes[made_[m].scheme];
            works.push_back({"scheme " + scheme.name, [&, m](const Tell& tell) {
                                 scheme_trace(request_.trace, scheme, folder_->file(m),
                                              [&](std::uint32_t done, std::uint32_t of) {
                                                  tell({done, of});
                                              });
                                 return std::string();
                             }});
        }
        ProgressLine line("calibrating scales", true);
        run_children(works, request_.jobs,
                     [&](const Progress& p) { line.update(p.done, p.total); });
    }

    const CompareRequest& request_;
    std::vector<Made> made_;
    std::optional<TraceFolder> folder_;
};

std::string report_of(const CompareRequest& request, const Scheme& scheme,
                      const traces::Trace& trace, const Tell& tell) {
    RunOptions options;
    options.numerics = request.numerics;
    options.first_layer = request.first_layer;
    options.layers = request.layers;
    options.on_progress = tell;
    const std::vector<std::string> approximate = approximate_units(request.chip);
    std::optional<Quality> quality;
    std::optional<Check> check;
    if (request.numerics) {
        const golden::Options exact = golden_options(request.chip);
        // Quality is golden's: of a chip with approximate units it would say nothing.
        if (approximate.empty()) quality.emplace(trace.info(), exact);
        check.emplace(trace.info(), golden_reference(trace, exact, quality ? &*quality : nullptr),
                      approximate.empty() ? Distances::Off : Distances::On);
        options.on_output = [&](const LayerOutput& output) { check->on_output(output); };
    }
    reports::Report report = run(request.chip, scheme, trace, options);
    complete(report, request.chip, trace, request.asked);
    if (check) {
        report.check = check->result();
        report.check->departures = approximate;
        if (quality) report.quality = quality->result();
    }
    return reports::to_json(report);
}

std::vector<std::string> reports_of(const CompareRequest& request,
                                    const std::vector<ScalesFrom>& scales) {
    const CalibratedTraces calibrated(request, scales);
    std::vector<ChildWork> works;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        const Scheme& scheme = request.schemes[i];
        const bool own = scales[i] != ScalesFrom::Calibrated;
        works.push_back({"scheme " + scheme.name, [&, own](const Tell& tell) {
                             if (own) return report_of(request, scheme, request.trace, tell);
                             const auto trace = traces::Trace::open(calibrated.path(scheme));
                             return report_of(request, scheme, trace, tell);
                         }});
    }
    ProgressLine line("comparing " + std::to_string(works.size()) + " schemes", true);
    return run_children(works, request.jobs,
                        [&](const Progress& p) { line.update(p.done, p.total); });
}

std::optional<double> change_in_percent(double from, double to) {
    if (from == 0) return std::nullopt;
    return 100 * (to - from) / from;
}

reports::Change change(const ComparedScheme& from, const ComparedScheme& to) {
    return {change_in_percent(static_cast<double>(from.cycles), static_cast<double>(to.cycles)),
            change_in_percent(from.energy_pj.value, to.energy_pj.value),
            change_in_percent(from.area_mm2.value, to.area_mm2.value)};
}

}  // namespace

reports::Comparison compare(const CompareRequest& request) {
    std::vector<ScalesFrom> scales;
    for (const Scheme& scheme : request.schemes) {
        scales.push_back(scales_from(request.trace, scheme, request.numerics));
    }
    // Recorded scales come from other inputs than calibrated ones: side by side they would compare
    // the origin, not the scheme.
    if (std::count(scales.begin(), scales.end(), ScalesFrom::Calibrated) > 0) {
        std::fill(scales.begin(), scales.end(), ScalesFrom::Calibrated);
    }
    reports::Comparison comparison;
    comparison.version = MAMBASIC_VERSION;
    comparison.chip = request.chip.name;
    comparison.chip_sha256 = request.chip.sha256;
    comparison.overrides = request.asked.overrides;
    comparison.trace = std::filesystem::path(request.trace.path()).filename().string();
    comparison.trace_sha256 = request.trace.header_sha256();
    comparison.command = request.asked.command;
    comparison.timing_only = !request.numerics;
    for (const std::string& report : reports_of(request, scales)) {
        const std::size_t row = comparison.schemes.size();
        comparison.schemes.push_back(reports::compared(report));
        comparison.schemes[row].scales = scales[row];
        if (row > 0) {
            comparison.schemes[row].change = change(comparison.schemes[0], comparison.schemes[row]);
        }
    }
    return comparison;
}

}  // namespace mambasic::sim
