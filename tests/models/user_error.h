// The text of the UserError that an action throws; a test failure where it throws none.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "models/common/error.h"
#include "models/common/yaml_map.h"
#include "models/common/yaml_tree.h"

namespace mambasic::models {

template <typename Action>
std::string user_error(Action action) {
    try {
        action();
    } catch (const UserError& e) {
        return e.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
}

inline YamlMap map_of(const std::string& text, std::vector<KeyDoc>* docs = nullptr) {
    return {parse_yaml(text, "f.yaml"), "", docs};
}

}  // namespace mambasic::models
