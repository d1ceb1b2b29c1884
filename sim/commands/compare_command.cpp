// mambasic compare: one trace, one chip, several schemes: what does each cost, what is it worth?
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "models/common/error.h"
#include "reports/comparison_writer.h"
#include "sim/check.h"
#include "sim/commands/compare_signals.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/output.h"
#include "sim/commands/settings.h"
#include "sim/commands/trace_verbs.h"
#include "sim/compare.h"
#include "sim/config_files.h"
#include "sim/file_names.h"
#include "sim/shell_words.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint32_t kMostJobs = 1024;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("chip", text(),
        "the chip: a YAML file, or the name of one in hw_config/chips; without it, edge-32x32");
    add("trace", text(),
        "the trace to run; where it lacks scales that a scheme asks for, all schemes' are "
        "calibrated "
        "on what the trace holds, in a folder below $TMPDIR");
    add("schemes", text(),
        "a,b,c: files or names of schemes, in the order of the rows; changes are told against the "
        "first that runs. One that cannot run is told on stderr, and the exit status is 2; where "
        "one differs from golden it is 1 all the same");
    add("set", po::value<std::vector<std::string>>(),
        "a.b=v: change one key of the chip, or, as scheme.b=v, of every scheme; may be repeated");
    add("layers", text(), "FIRST:END, layers of the model to run, as in 0:4");
    add("timing-only", po::bool_switch(), "cycles and energy, but no numbers and no check");
    add("approximate", po::bool_switch(),
        "exit 0 even though the chip's table or polynomial units differ from the exact ones");
    add("jobs", text(), "schemes that run at once; without it, one a core");
    add("out", text(), "folder for compare.csv, compare.json and compare.html");
    add_json_option(options);
}

std::string without_blanks(const std::string& word) {
    constexpr const char* kBlanks = " \t\r\n";
    const std::size_t first = word.find_first_not_of(kBlanks);
    if (first == std::string::npos) return "";
    return word.substr(first, word.find_last_not_of(kBlanks) + 1 - first);
}

// Blanks and a comma at the end are how people write lists.
std::vector<std::string> scheme_words(const Arguments& arguments) {
    std::vector<std::string> words;
    std::istringstream text(without_blanks(arguments.text("schemes")));
    for (std::string word; std::getline(text, word, ',');) {
        words.push_back(without_blanks(word));
        if (words.back().empty()) {
            arguments.reject("schemes", "a name between the commas is missing");
        }
    }
    if (words.empty()) arguments.reject("schemes", "is blank; write names as in quamba1,quamba2");
    return words;
}

void refuse_twins(const Arguments& arguments, const std::vector<Scheme>& schemes) {
    for (auto second = schemes.begin(); second != schemes.end(); ++second) {
        const auto first = std::find_if(schemes.begin(), second, [&](const Scheme& other) {
            return other.name == second->name;
        });
        if (first == second) continue;
        const std::string name = "'" + second->name + "'";
        if (std::filesystem::equivalent(first->file, second->file)) {
            arguments.reject("schemes", name + " is given twice");
        }
        arguments.reject("schemes", first->file + " and " + second->file + " are both named " +
                                        name + "; change the name in one of them");
    }
}

// In the order of their words. A file that is there and holds a mistake hinders no other scheme; a
// word that names no file is a slip of the whole command.
struct SchemeList {
    std::vector<Scheme> schemes;
    std::vector<reports::RefusedScheme> refused;
};

SchemeList load_schemes(const Arguments& arguments, const std::vector<std::string>& settings) {
    SchemeList list;
    for (const std::string& word : scheme_words(arguments)) {
        const std::string file = find_config(word, "schemes", "scheme");
        const std::string name = std::filesystem::path(file).filename().string();
        try {
            list.schemes.push_back(Scheme::load(file, settings));
        } catch (const models::UserError& e) {
            list.refused.push_back({name, "", replaced(e.what(), file, name), e.what()});
        }
    }
    refuse_twins(arguments, list.schemes);
    return list;
}

void refuse_impossible(const Arguments& arguments, const traces::Trace& trace,
                       const LayerRange& layers) {
    if (arguments.has("timing-only")) return;
    if (trace.info().shapes_only) {
        arguments.reject("trace", "'" + trace.path() + "' holds shapes only; add --timing-only");
    }
    if (layers.first > 0) {
        arguments.reject("layers",
                         "golden begins at the trace's first layer; cut the others off with trace "
                         "slice, or add --timing-only");
    }
}

std::string command_of(const Arguments& arguments) {
    std::string names;
    for (const std::string& word : scheme_words(arguments)) {
        names += (names.empty() ? "" : ",") + path_word(word);
    }
    return arguments.command({"chip", "trace", "set", "layers", "timing-only"}) + " --schemes " +
           names;
}

const Scheme& last_that_ran(const std::vector<Scheme>& schemes, const reports::Comparison& made) {
    return *std::find_if(schemes.rbegin(), schemes.rend(), [&](const Scheme& scheme) {
        return scheme.name == made.schemes.back().scheme;
    });
}

// As `run` would run it again.
std::string run_words(const Arguments& arguments, const Scheme& scheme, bool timing_only) {
    std::string words = shell_word(arguments.text_or("chip", kUsualChip)) + " --trace " +
                        shell_word(arguments.text("trace")) + " " + scheme_words(scheme);
    if (timing_only) words += " --timing-only";
    if (arguments.has("layers")) words += " --layers " + arguments.text("layers");
    for (const std::string& setting : Settings(arguments).chip) {
        words += " --set " + shell_word(setting);
    }
    return words;
}

std::vector<std::string> next_steps(const Arguments& arguments, const Scheme& last,
                                    const reports::Comparison& made) {
    std::vector<std::string> next;
    if (!arguments.has("out")) {
        next.emplace_back(
            "--out DIR   writes this, and more columns, as compare.csv, .json and a page, "
            ".html");
    }
    if (made.schemes.back().scales == reports::ScalesFrom::Calibrated) {
        const std::string scheme = scheme_words(last);
        next.push_back("mambasic calibrate --trace " + shell_word(arguments.text("trace")) + " " +
                       scheme + " --out F   makes the trace that this scheme ran, for run and " +
                       "check with " + scheme);
    } else {
        next.push_back("mambasic run " + run_words(arguments, last, made.timing_only) +
                       "   tells which blocks the cycles and the energy go to");
    }
    next.emplace_back(
        "mambasic explain scale_table   tells what a lookup is made of; --set a.b=v changes it");
    return next;
}

// The lines that say which schemes differ from golden or did not run, and why; the status that
// follows. A difference says that the chip computes something else, so it outweighs a refusal.
int complain(const reports::Comparison& made, bool accepted) {
    int status = made.refused.empty() ? kExitDone : kExitUserError;
    for (const reports::ComparedScheme& row : made.schemes) {
        if (row.check.mismatches.value_or(0) == 0) continue;
        if (accepted && !row.check.departures.empty()) continue;
        std::cerr << "scheme " << row.scheme << ": " << *row.check.mismatches
                  << " elements differ from golden; mambasic check tells which"
                  << (row.check.departures.empty() ? "" : ", --approximate accepts them") << "\n";
        status = kExitDifferent;
    }
    for (const reports::RefusedScheme& row : made.refused) {
        std::cerr << "scheme " << row.scheme << ": " << row.why_with_folders << "\n";
    }
    return status;
}

int compare_command(const Arguments& arguments) {
    const OutputFolder out(arguments, {kCompareCsv, kCompareJson, kComparePage});
    const Settings settings(arguments);
    const ChipConfig chip = ChipConfig::load(arguments.text_or("chip", kUsualChip), settings.chip);
    const SchemeList list = load_schemes(arguments, settings.scheme);
    const traces::Trace trace = open_trace(arguments.text("trace"));
    const LayerRange layers = layer_range(arguments, trace.info());
    refuse_impossible(arguments, trace, layers);
    const auto cores = static_cast<std::uint32_t>(omp_get_max_threads());
    const std::uint32_t jobs = arguments.integer_or("jobs", 1, kMostJobs, cores);
    const bool numerics = !arguments.has("timing-only");
    const Asked asked = {command_of(arguments), arguments.list("set"), numerics};
    reports::Comparison made =
        compare({chip, list.schemes, trace, numerics, layers.first, layers.count, jobs, asked});
    made.refused.insert(made.refused.end(), list.refused.begin(), list.refused.end());
    if (made.schemes.empty()) return complain(made, false);
    for (const Scheme& scheme : list.schemes) tell_left_out(scheme);
    out.write(comparison_files(made));
    const Scheme& last = last_that_ran(list.schemes, made);
    std::cout << (arguments.has("json")
                      ? reports::to_json(made)
                      : reports::to_text(made, {wants_colour(), next_steps(arguments, last, made)}))
              << std::flush;
    return complain(made, arguments.has("approximate"));
}

int compare_or_be_interrupted(const Arguments& arguments) {
    return unless_interrupted([&] { return compare_command(arguments); });
}

}  // namespace

Verb compare_verb() {
    return {"compare",
            "a trace on a chip under several schemes: one table, each checked against golden",
            "[CHIP] --trace T --schemes A,B,.. [options]",
            "mambasic compare edge-32x32 --trace traces/samples/tiny2-prefill.safetensors "
            "--schemes quamba1,quamba2,quamba2-direct",
            {"chip"},
            describe,
            compare_or_be_interrupted};
}

}  // namespace mambasic::sim
