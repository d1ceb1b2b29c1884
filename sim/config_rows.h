// A configuration as reports show it: what was understood, key by key.
#pragma once

#include <vector>

#include "models/common/yaml_map.h"
#include "reports/report.h"

namespace mambasic::sim {

inline std::vector<reports::Setting> config_rows(const std::vector<models::KeyDoc>& keys) {
    std::vector<reports::Setting> rows;
    rows.reserve(keys.size());
    for (const models::KeyDoc& key : keys) rows.push_back({key.path, key.value, key.unit});
    return rows;
}

}  // namespace mambasic::sim
