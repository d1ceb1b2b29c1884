// The networks that traces can be synthesized for: dimensions from traces/networks/*.yaml.
#pragma once

#include <string>

#include "traces/mamba1.h"

namespace mambasic::sim {

struct Network {
    std::string name;
    traces::Dims dims;
};

/// A path that exists is itself; "tiny" is traces/networks/tiny.yaml. UserError otherwise.
Network load_network(const std::string& name_or_path);

}  // namespace mambasic::sim
