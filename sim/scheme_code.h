// The keys of a scheme that say how x is coded on its way to the SSM (golden/spec/ssm.md 8).
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_map.h"
#include "traces/observer.h"
#include "traces/x_code.h"

namespace mambasic::sim {

/// Takes the keys that the code has and refuses those that it has not. What makes the scales of a
/// code goes to the layer's observer, whose statistic is known.
traces::XCode take_code(models::YamlMap& map, traces::Observation& observer);

/// The keys of which a scheme has those that its code asks for.
std::vector<std::string> code_keys();

/// What is allowed but makes the smallest flagged values decode to 0; empty where nothing does.
std::string code_warning(const traces::XCode& code, const traces::Observation& observer);

}  // namespace mambasic::sim
