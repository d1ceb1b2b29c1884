// The keys of the tiny chip as `mambasic explain` tells of them, other values for each, and what
// runs report under these.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic::e2e {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

inline const char kChip[] = "tiny";  // small enough that its limits bind

struct Key {
    std::string path, type, value, may_change;
};

Key explained(const std::string& path);
Words all_keys();
/// Other values of the key. Some may be out of its range; the run then says so.
Words settings(const Key& key);

struct Case {
    std::string trace, scheme;
    bool operator<(const Case& other) const {
        return std::tie(trace, scheme) < std::tie(other.trace, other.scheme);
    }
};

/// Both families, phases and kinds of table and code; of shapes only.
const std::vector<Case>& cases();
/// report.json without provenance, configuration and notes, which repeat settings; null where a
/// setting is out of range.
Json report(const Case& run, const Words& overrides);
/// The same with one setting, or none (""); made once.
const Json& usual_report(const Case& run, const std::string& together);

}  // namespace mambasic::e2e
