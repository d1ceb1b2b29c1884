// JSON schemas of configuration files, made of what the parser says of each key while it takes it.
#pragma once

#include <string>
#include <vector>

#include "models/common/yaml_map.h"
#include "sim/commands/json_output.h"

namespace mambasic::sim {

/// What a value of the key must be: type, range, choices, meaning. Whatever is no number, no choice
/// and no figure with its band is text of any form.
Json property_of(const models::KeyDoc& doc);

/// A mapping of the keys, those with dots nested; no key is required and no other is allowed.
Json mapping_of(const std::vector<models::KeyDoc>& docs);

/// {"required": ...} for every key of such a mapping, at every depth.
Json all_required(const Json& mapping);

/// The docs below the block, by what stands behind its name: "energy_pj.exp" of "technology".
std::vector<models::KeyDoc> keys_below(const std::vector<models::KeyDoc>& docs,
                                       const std::string& block);

/// Every path that `extends` may be.
Json extends_property();

/// The head that a schema begins with.
Json schema_head(const std::string& kind, const std::string& description);

/// The schema of a chip file, and of the files that its keys technology and dram may name.
Json chip_schema();
Json part_schema(const std::string& block);

/// The schema of a scheme's file.
Json scheme_schema();

}  // namespace mambasic::sim
