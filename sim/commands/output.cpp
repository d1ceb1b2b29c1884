#include "sim/commands/output.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "models/common/error.h"
#include "reports/comparison_writer.h"
#include "reports/files.h"
#include "reports/json_writer.h"
#include "reports/page_writer.h"
#include "sim/commands/scheme_note.h"
#include "sim/commands/weight_advice.h"
#include "sim/progress.h"

namespace mambasic::sim {
namespace {

constexpr const char* kJsonName = "report.json";
constexpr const char* kTextName = "report.txt";
constexpr const char* kPageName = "report.html";

std::string checked_folder(const Arguments& arguments, const std::vector<std::string>& names) {
    std::string path = arguments.text_or("out", "");
    if (path.empty()) return path;
    std::string why = reports::why_not_writable(path);
    for (const std::string& name : names) {
        if (why.empty()) why = reports::why_not_replaceable(std::filesystem::path(path) / name);
    }
    if (!why.empty()) arguments.reject("out", why);
    return path;
}

}  // namespace

void complete(reports::Report& report, const ChipConfig& chip, const Scheme& scheme,
              const traces::Trace& trace, const Asked& asked) {
    std::string weights = weight_note(chip, trace.info(), report);
    if (!weights.empty()) report.notes.push_back(std::move(weights));
    for (std::string& note : scheme_notes(scheme, trace.info(), report, asked.numerics)) {
        report.notes.push_back(std::move(note));
    }
    report.provenance.version = MAMBASIC_VERSION;
    report.provenance.trace = std::filesystem::path(trace.path()).filename().string();
    report.provenance.command = asked.command;
    report.provenance.overrides = asked.overrides;
}

reports::Report run_with_progress(const ChipConfig& chip, const Scheme& scheme,
                                  const traces::Trace& trace, RunOptions options,
                                  const Asked& asked) {
    const auto start = std::chrono::steady_clock::now();
    reports::Report report;
    {
        ProgressLine line("running", true);
        options.on_progress = [&line](const Progress& p) { line.update(p.done, p.total); };
        report = run(chip, scheme, trace, options);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    // For people at a terminal; never into the report.
    if (::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "simulated in %.2f s\n", took.count());
    complete(report, chip, scheme, trace, asked);
    return report;
}

OutputFolder::OutputFolder(const Arguments& arguments, const std::vector<std::string>& names)
    : path_(checked_folder(arguments, names)) {}

OutputFolder::OutputFolder(const Arguments& arguments)
    : OutputFolder(arguments, {kJsonName, kTextName, kPageName}) {}

void OutputFolder::write(const reports::Report& report, const std::string& text) const {
    if (!is_wanted()) return;
    const std::string json = reports::to_json(report);
    write({{kJsonName, json}, {kTextName, text}, {kPageName, reports::to_page(json)}});
}

void OutputFolder::write(const std::vector<File>& files) const {
    if (!is_wanted()) return;
    namespace fs = std::filesystem;
    try {
        fs::create_directories(path_);
        for (const File& file : files)
            reports::write_file(fs::path(path_) / file.name, file.content);
    } catch (const std::runtime_error& e) {  // the disk's or the folder's fault, not ours
        throw models::UserError(std::string("--out: ") + e.what());
    }
}

std::vector<OutputFolder::File> comparison_files(const reports::Comparison& comparison) {
    const std::string json = reports::to_json(comparison);
    return {{kCompareCsv, reports::to_csv(comparison)},
            {kCompareJson, json},
            {kComparePage, reports::to_page(json)}};
}

bool wants_colour() {
    const auto value_of = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    return ::isatty(STDOUT_FILENO) == 1 && value_of("NO_COLOR").empty() &&
           value_of("TERM") != "dumb";
}

}  // namespace mambasic::sim
