// Reads what --timeline wrote as a viewer does.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic::e2e {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

/// A run with its timeline.
struct Timed {
    Json timeline;
    Json report;
};

/// run CHIP --trace T ..., timing only, with further options, into the folder's "out".
Timed time_with(const Folder& folder, const Words& run, const Words& options);

/// The path of a trace that comes with the program.
std::string sample(const std::string& name);

/// In cycles.
struct Slice {
    std::string track, category, name;
    std::uint64_t begin = 0;  // cycles
    std::uint64_t end = 0;
    const Json* arguments = nullptr;  // in the timeline that was read
};

/// By their numbers.
std::map<int, std::string> track_names(const Json& timeline);
/// In order of time. Fails the test where their times are not those of their arguments.
std::vector<Slice> slices_of(const Json& timeline);
std::uint64_t cycles_of(const std::vector<Slice>& slices, const std::string& track,
                        const std::string& category);
/// The events of one. Fails the test where they are not in order of time.
std::vector<Json> counter(const Json& timeline, const std::string& name);

}  // namespace mambasic::e2e
