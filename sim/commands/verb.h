// What `mambasic` can do: one Verb for each command, and the table that main dispatches on.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <string>
#include <vector>

#include "sim/commands/arguments.h"

namespace mambasic::sim {

/// Exit statuses of the program.
constexpr int kExitDone = 0;
constexpr int kExitDifferent = 1;
constexpr int kExitUserError = 2;
constexpr int kExitInternalError = 3;

constexpr const char* kExitStatusText =
    "0 done and equal, 1 a check found a difference, 2 the input is wrong, 3 internal error. "
    "compare: 2 also where a scheme could not run, but 1 where another differed.";

/// The chip of `check`, `compare` and `explain` where none is named; --help says so and the output
/// names it.
constexpr const char* kUsualChip = "edge-32x32";

struct Verb {
    std::string name;  // "run", or two words: "trace synth"
    std::string summary;
    std::string synopsis;  // what follows the name
    std::string example;   // a whole command
    std::vector<std::string> positional;
    void (*describe)(boost::program_options::options_description& options);
    int (*run)(const Arguments& arguments);
};

Verb run_verb();
Verb compare_verb();
Verb check_verb();
Verb calibrate_verb();
Verb scales_verb();
Verb four_modes_verb();
std::vector<Verb> trace_verbs();  // synth, info, validate, slice
Verb explain_verb();
Verb schema_verb();
Verb completion_verb();
Verb manual_verb();

/// The table that main dispatches on.
std::vector<Verb> all_verbs();

/// Runs the verb that the words name; returns the exit status. Help goes to stdout.
int dispatch(const std::vector<Verb>& verbs, const std::vector<std::string>& words);

}  // namespace mambasic::sim
