#include "sim/commands/timeline_options.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "models/common/error.h"
#include "reports/files.h"
#include "sim/chip.h"
#include "sim/timeline_json.h"
#include "sim/timeline_vcd.h"

namespace mambasic::sim {

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr std::uint32_t kUsualLimit = 1000000;  // events; some 300 MB of JSON
constexpr std::uint32_t kMostLimit = 100000000;

template <typename Writer>
std::unique_ptr<TimelineWriter> open_file(const std::string& path) {
    const fs::path parent = fs::path(path).parent_path();
    std::error_code failed;  // then the file cannot be written, and that is told
    if (!parent.empty()) fs::create_directories(parent, failed);
    return std::make_unique<Writer>(path);
}

TimelineWindow window_of(const Arguments& arguments, const std::string& option,
                         const ChipConfig& chip, const Timelines::Layers& layers) {
    TimelineWindow window;
    try {
        window = TimelineWindow::parse(arguments.text(option), chip_period(chip));
    } catch (const models::UserError& error) {
        arguments.reject(option, error.what());
    }
    if (window.layers &&
        (window.layers->first < layers.first || window.layers->last >= layers.end)) {
        arguments.reject(option, "'" + arguments.text(option) + "' is not in this run, which has " +
                                     "layer:" + std::to_string(layers.first) + ".." +
                                     std::to_string(layers.end - 1));
    }
    return window;
}

}  // namespace

void describe_timeline(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("timeline", text(),
        "WINDOW; write timeline.json, which opens at ui.perfetto.dev, into the folder of --out, or "
        "without that into this one. WINDOW: all; FROM:TO as in 0:200us (ns, us, ms or cycles); or "
        "layer:3, layer:3..5, numbered as in the model");
    add("vcd", text(),
        "WINDOW, as above; write the same as a value change dump, timeline.vcd, which GTKWave "
        "opens");
    add("timeline-limit", text(), "events in each of these files at most; 1000000 without it");
}

void refuse_shared_files(const Arguments& arguments) {
    const fs::path folder = arguments.text_or("out", "");
    std::map<fs::path, std::string> writers;  // absolute, by the option that writes it
    const auto add = [&](const char* option, const fs::path& path) {
        const fs::path whole = fs::weakly_canonical(fs::absolute(path));
        const auto [place, fresh] = writers.emplace(whole, option);
        if (!fresh) {
            arguments.reject(option, "'" + path.string() + "' is what --" + place->second +
                                         " writes; take another file");
        }
    };
    for (const char* name : {"report.json", "report.txt", "report.html"}) {
        if (arguments.has("out")) add("out", folder / name);
    }
    if (arguments.has("timeline")) add("timeline", folder / "timeline.json");
    if (arguments.has("vcd")) add("vcd", folder / "timeline.vcd");
    for (const char* option : {"dump", "dram-trace"}) {
        if (arguments.has(option)) add(option, arguments.text(option));
    }
}

Timelines::Timelines(const Arguments& arguments, const ChipConfig& chip, const Layers& layers) {
    add(arguments,
        {"timeline", "timeline.json", "opens at https://ui.perfetto.dev", open_file<TimelineJson>},
        chip, layers);
    add(arguments, {"vcd", "timeline.vcd", "opens in GTKWave", open_file<TimelineVcd>}, chip,
        layers);
    if (arguments.has("timeline-limit") && files_.empty()) {
        arguments.reject("timeline-limit", "there is no --timeline or --vcd WINDOW to write");
    }
}

void Timelines::add(const Arguments& arguments, const Format& format, const ChipConfig& chip,
                    const Layers& layers) {
    if (!arguments.has(format.option)) return;
    const fs::path folder = arguments.text_or("out", "");
    const std::string path = (folder / format.name).string();
    std::string why = reports::why_not_replaceable(path);
    if (why.empty()) why = reports::why_not_writable(folder.empty() ? "." : folder.string());
    if (!why.empty()) arguments.reject(format.option, why);
    TimelineRecorder::Options options;
    options.window = window_of(arguments, format.option, chip, layers);
    options.limit = arguments.integer_or("timeline-limit", 1, kMostLimit, kUsualLimit);
    files_.push_back(
        {format.option, path, format.viewer,
         TimelineRecorder([open = format.open, path] { return open(path); }, options)});
}

std::vector<Watcher*> Timelines::watchers() {
    std::vector<Watcher*> watchers;
    for (File& file : files_) watchers.push_back(&file.recorder);
    return watchers;
}

std::string Timelines::left_out(const File& file, const reports::Report& report) {
    const std::string name = fs::path(file.path).filename().string();
    const TimelineRecorder& recorder = file.recorder;
    if (recorder.events() == 0) {
        return name + " is empty: nothing is in its window, and the run ends after " +
               std::to_string(report.totals.cycles) + " cycles";
    }
    if (recorder.events() <= recorder.limit()) return "";
    return name + " holds the first " + std::to_string(recorder.limit()) + " of " +
           std::to_string(recorder.events()) + " events; --timeline-limit " +
           std::to_string(recorder.events()) + " keeps them all, a narrower --" + file.option +
           " needs fewer";
}

void Timelines::finish(reports::Report& report) {
    for (File& file : files_) {
        if (!file.recorder.finish()) {
            throw models::UserError("--" + file.option + ": cannot write '" + file.path + "'");
        }
        std::string note = left_out(file, report);
        if (!note.empty()) report.notes.push_back(std::move(note));
    }
}

std::vector<std::string> Timelines::next_steps() const {
    std::vector<std::string> lines;
    for (const File& file : files_) lines.push_back(file.path + "   " + file.viewer);
    return lines;
}

}  // namespace mambasic::sim
