// The keys of a scheme that say how x is coded on its way to the SSM (golden/spec/ssm.md 8).
#pragma once

#include <optional>
#include <string>

#include "models/common/yaml_map.h"
#include "traces/x_code.h"

namespace mambasic::sim {

/// A code, and what makes its own scales where a trace is calibrated for it.
struct SchemeCode {
    traces::XCode x_code;
    double quantile = 0;          // Dual4: of |y|, the largest value that the low scale holds
    std::optional<float> factor;  // Dual4: high over low scale; none: from the largest |y|
};

/// Takes the keys that the code has and refuses those that it has not.
SchemeCode take_code(models::YamlMap& map);

/// What is allowed but makes every flagged value near the flag's boundary decode to 0; empty where
/// nothing does.
std::string code_warning(const SchemeCode& code);

}  // namespace mambasic::sim
