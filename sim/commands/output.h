// What every verb that simulates does around the run: progress, provenance, files, the terminal.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/report.h"
#include "sim/commands/arguments.h"
#include "sim/run.h"

namespace mambasic::sim {

/// What only the command line knows of a report.
struct Asked {
    std::string command;  // from Arguments::command
    std::vector<std::string> overrides;
    bool numerics = true;
};

/// What the report of a run lacks: the rest of its provenance, and notes on weights read again and
/// on what ran otherwise than the scheme says.
void complete(reports::Report& report, const ChipConfig& chip, const Scheme& scheme,
              const traces::Trace& trace, const Asked& asked);

/// run(), complete, with progress on a terminal.
reports::Report run_with_progress(const ChipConfig& chip, const Scheme& scheme,
                                  const traces::Trace& trace, RunOptions options,
                                  const Asked& asked);

/// The folder of --out. Refuses early one that could not be written, so that nobody waits in vain.
class OutputFolder {
public:
    OutputFolder(const Arguments& arguments, const std::vector<std::string>& names);
    explicit OutputFolder(const Arguments& arguments);  // for a report
    bool is_wanted() const { return !path_.empty(); }
    /// report.json, report.txt and report.html, each whole or not there.
    void write(const reports::Report& report, const std::string& text) const;
    struct File {
        std::string name;
        std::string content;
    };
    void write(const std::vector<File>& files) const;

private:
    const std::string path_;
};

constexpr const char* kCompareCsv = "compare.csv";
constexpr const char* kCompareJson = "compare.json";
constexpr const char* kComparePage = "compare.html";
std::vector<OutputFolder::File> comparison_files(const reports::Comparison& comparison);

/// Colour: stdout is a terminal, not a dumb one, and NO_COLOR (no-color.org) is not set.
bool wants_colour();

}  // namespace mambasic::sim
