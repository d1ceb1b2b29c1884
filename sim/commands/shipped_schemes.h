// The schemes that come with the program, for the words that tell which there are.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_map.h"

namespace mambasic::sim {

struct ShippedScheme {
    std::string name;                  // of its file, as --scheme takes it
    std::string about;                 // the first sentence of its file's leading comment
    std::vector<models::KeyDoc> docs;  // its keys

    /// Of each of its parts, each value once: {"int8"}.
    std::vector<std::string> values(const std::string& key) const;
};

/// Of hw_config/schemes, by name; a file there that holds a mistake is none.
std::vector<ShippedScheme> shipped_schemes();

/// What `mambasic explain schemes` says.
std::vector<std::string> scheme_list();

/// "int8: quamba1, quamba2", which shipped schemes set a scheme's key so; one line a value.
std::vector<std::string> users_of_values(const std::string& key);

}  // namespace mambasic::sim
