// --timeline and --vcd: a file each beside the report, of the same events.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "reports/report.h"
#include "sim/commands/arguments.h"
#include "sim/commands/trace_verbs.h"
#include "sim/timeline_recorder.h"

namespace mambasic::sim {

void describe_timeline(boost::program_options::options_description& options);

/// Refuses two outputs in one file, of which the later would replace the earlier.
void refuse_shared_files(const Arguments& arguments);

class Timelines {
public:
    /// Refuses early what could not be written or shows no layer of the run. `first` and `end` are
    /// its layers, numbered as in the model.
    struct Layers {
        std::uint32_t first = 0;
        std::uint32_t end = 0;
    };
    Timelines(const Arguments& arguments, const ChipConfig& chip, const Layers& layers);

    std::vector<Watcher*> watchers();
    /// The files appear; the report says what they leave out.
    void finish(reports::Report& report);
    /// What opens them, a line each.
    std::vector<std::string> next_steps() const;

private:
    struct File {
        std::string option;
        std::string path;
        std::string viewer;
        TimelineRecorder recorder;
    };
    struct Format {
        const char* option = nullptr;
        const char* name = nullptr;  // of the file
        const char* viewer = nullptr;
        std::unique_ptr<TimelineWriter> (*open)(const std::string& path) = nullptr;
    };
    void add(const Arguments& arguments, const Format& format, const ChipConfig& chip,
             const Layers& layers);
    static std::string left_out(const File& file, const reports::Report& report);

    std::deque<File> files_;  // whose places stay
};

}  // namespace mambasic::sim
