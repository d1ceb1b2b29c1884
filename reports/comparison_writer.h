// A comparison as files (compare.json, compare.csv) and as people read it.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/text_writer.h"

namespace mambasic::reports {

constexpr const char* kComparisonSchemaName = "mambasic-compare/1";

/// Throws std::logic_error on a figure that is not finite: JSON cannot hold it.
std::string to_json(const Comparison& comparison);

/// The rows of compare.json with their nesting folded into the columns' names: `energy_pj.low` is
/// there energy_pj: {low}. Lists are left out, null is an empty cell. Below them, schemes that
/// could not run: only their names, and in the last column, `refused`, why.
std::string to_csv(const Comparison& comparison);

std::string to_text(const Comparison& comparison, const TextOptions& options);

}  // namespace mambasic::reports
