#include "sim/compare.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "models/common/error.h"
#include "reports/json_writer.h"
#include "sim/check.h"
#include "sim/clock_check.h"
#include "sim/compare_children.h"
#include "sim/compare_trace.h"
#include "sim/config_rows.h"
#include "sim/file_names.h"
#include "sim/progress.h"
#include "sim/quality.h"
#include "sim/reference.h"
#include "sim/run_info.h"

namespace mambasic::sim {
namespace {

using reports::ComparedScheme;
using reports::ScalesFrom;
using Tell = std::function<void(const Progress&)>;

/// A scheme on its way to a row of the comparison.
struct Row {
    const Scheme& scheme;
    ScalesFrom scales;
    std::string refused;  // why it cannot run
    std::string report;   // of its run
};

/// The traces that schemes run which the user's own has no scales for: one for all the schemes that
/// ask for the same scales. Refuses the rows for which none could be made.
class CalibratedTraces {
public:
    CalibratedTraces(const CompareRequest& request, std::vector<Row>& rows) : request_(request) {
        for (Row& row : rows) {
            if (!row.refused.empty() || row.scales != ScalesFrom::Calibrated) continue;
            Targets targets = targets_of(request.trace, row.scheme);
            const auto same = [&](const Made& made) { return same_scales(made.targets, targets); };
            auto made = std::find_if(made_.begin(), made_.end(), same);
            if (made == made_.end()) made = made_.insert(made, {std::move(targets), {}});
            made->rows.push_back(&row);
        }
        if (made_.empty()) return;
        folder_.emplace();
        make();
    }

    std::string path(const Row& row) const {
        std::size_t number = 0;
        while (std::count(made_[number].rows.begin(), made_[number].rows.end(), &row) == 0) {
            ++number;
        }
        return folder_->file(number);
    }

private:
    struct Made {
        Targets targets;
        std::vector<Row*> rows;  // that run it
    };

    void make() {
        std::vector<ChildWork> works;
        for (std::size_t m = 0; m < made_.size(); ++m) {
            const std::string name = "scheme " + made_[m].rows.front()->scheme.name;
            works.push_back({name, [this, m](const Tell& tell) {
                                 traces::synth::regroup(request_.trace, made_[m].targets,
                                                        folder_->file(m),
                                                        [&](std::uint32_t done, std::uint32_t of) {
                                                            tell({done, of});
                                                        });
                                 return std::string();
                             }});
        }
        ProgressLine line("calibrating scales", true);
        const std::vector<ChildResult> results = run_children(
            works, request_.jobs, [&](const Progress& p) { line.update(p.done, p.total); });
        for (std::size_t m = 0; m < made_.size(); ++m) {
            const std::string refused =
                of_users_trace(results[m].refused, folder_->file(m), request_.trace);
            for (Row* row : made_[m].rows) row->refused = refused;
        }
    }

    const CompareRequest& request_;
    std::vector<Made> made_;
    std::optional<TraceFolder> folder_;
};

RunOptions run_options(const CompareRequest& request) {
    RunOptions options;
    options.numerics = request.numerics;
    options.first_layer = request.first_layer;
    options.layers = request.layers;
    return options;
}

std::string report_of(const CompareRequest& request, const Scheme& scheme,
                      const traces::Trace& trace, const Tell& tell) {
    RunOptions options = run_options(request);
    options.on_progress = tell;
    const std::vector<std::string> approximate = approximate_units(request.chip);
    std::optional<Quality> quality;
    std::optional<Check> check;
    if (request.numerics) {
        const golden::Options exact = golden_options(request.chip);
        // Quality is golden's: of a chip with approximate units it would say nothing.
        if (approximate.empty()) quality.emplace(trace.info(), exact);
        check.emplace(trace.info(),
                      golden_reference(trace, exact, quality ? &*quality : nullptr,
                                       run_info(trace.info(), scheme, request.chip).x_codes),
                      approximate.empty() ? Distances::Off : Distances::On);
        options.on_output = [&](const LayerOutput& output) { check->on_output(output); };
    }
    reports::Report report = run(request.chip, scheme, trace, options);
    complete(report, request.chip, scheme, trace, request.asked);
    if (check) {
        report.check = check->result();
        report.check->departures = approximate;
        if (quality) report.quality = quality->result();
    }
    return reports::to_json(report);
}

std::vector<Row> rows_of(const CompareRequest& request) {
    std::vector<Row> rows;
    bool calibrated = false;
    for (const Scheme& scheme : request.schemes) {
        Row row{scheme, ScalesFrom::Recorded, "", ""};
        try {
            // On the user's own trace: one that cannot run has no say in what the others run.
            require_fit(request.chip, scheme, request.trace, run_options(request));
            row.scales = scales_from(request.trace, scheme, run_options(request));
            calibrated = calibrated || row.scales == ScalesFrom::Calibrated;
        } catch (const models::UserError& e) {
            row.refused = e.what();
        }
        rows.push_back(row);
    }
    // Recorded scales come from other inputs than calibrated ones: side by side they would compare
    // the origin, not the scheme.
    for (Row& row : rows) {
        if (calibrated) row.scales = ScalesFrom::Calibrated;
    }
    return rows;
}

void run_rows(const CompareRequest& request, std::vector<Row>& rows) {
    const CalibratedTraces calibrated(request, rows);
    std::vector<ChildWork> works;
    std::vector<Row*> running;
    for (Row& row : rows) {
        if (!row.refused.empty()) continue;
        running.push_back(&row);
        works.push_back({"scheme " + row.scheme.name, [&](const Tell& tell) {
                             if (row.scales != ScalesFrom::Calibrated) {
                                 return report_of(request, row.scheme, request.trace, tell);
                             }
                             const auto trace = traces::Trace::open(calibrated.path(row));
                             return report_of(request, row.scheme, trace, tell);
                         }});
    }
    ProgressLine line("comparing " + std::to_string(works.size()) + " schemes", true);
    const std::vector<ChildResult> results =
        run_children(works, request.jobs, [&](const Progress& p) { line.update(p.done, p.total); });
    for (std::size_t i = 0; i < running.size(); ++i) {
        running[i]->report = results[i].text;
        running[i]->refused = results[i].refused;
        if (running[i]->scales != ScalesFrom::Calibrated) continue;
        running[i]->refused =
            of_users_trace(running[i]->refused, calibrated.path(*running[i]), request.trace);
    }
}

// Who tells it names the scheme.
std::string without_name(const std::string& why, const std::string& scheme) {
    const std::string name = "scheme " + scheme + ": ";
    return why.rfind(name, 0) == 0 ? why.substr(name.size()) : why;
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

void add_row(reports::Comparison& comparison, const CompareRequest& request, const Row& row) {
    if (!row.refused.empty()) {
        const std::string why = without_name(row.refused, row.scheme.name);
        const std::string file = row.scheme.file;
        const std::string short_why =
            replaced(without_folders(why, request.chip, request.trace), file,
                     std::filesystem::path(file).filename().string());
        comparison.refused.push_back({row.scheme.name, row.scheme.sha256, short_why, why});
        return;
    }
    ComparedScheme made = reports::compared(row.report);
    made.scales = row.scales;
    if (row.scales == ScalesFrom::Calibrated) {
        made.observer = observer_name(targets_of(request.trace, row.scheme), run_options(request));
    }
    if (!comparison.schemes.empty()) made.change = change(comparison.schemes.front(), made);
    comparison.schemes.push_back(std::move(made));
}

// Where every scheme misses the clock it is told once, with what any of them uses.
void check_clock_of_all(const CompareRequest& request) {
    Workload work;
    work.dims = request.trace.info().dims;
    if (slow_paths(request.chip, uses_of(work)).empty()) return;
    for (const Scheme& scheme : request.schemes) {
        for (const LayerScheme& part : scheme.layers) {
            ScaleRange range;
            range.groups.x = {part.x_code, !work.dims.mamba2(),
                              request.chip.dequant_mux.x_proj_input};
            work.scale_ranges.push_back(range);
        }
    }
    check_clock(request.chip, uses_of(work));
}

}  // namespace

reports::Comparison compare(const CompareRequest& request) {
    check_clock_of_all(request);
    std::vector<Row> rows = rows_of(request);
    run_rows(request, rows);
    reports::Comparison comparison;
    comparison.version = MAMBASIC_VERSION;
    comparison.chip = request.chip.name;
    comparison.chip_sha256 = request.chip.sha256;
    comparison.overrides = request.asked.overrides;
    comparison.trace = std::filesystem::path(request.trace.path()).filename().string();
    comparison.trace_sha256 = request.trace.header_sha256();
    comparison.command = request.asked.command;
    comparison.timing_only = !request.numerics;
    comparison.configuration = config_rows(request.chip.keys);
    for (const Row& row : rows) add_row(comparison, request, row);
    return comparison;
}

}  // namespace mambasic::sim
