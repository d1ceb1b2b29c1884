#include <algorithm>

#include "sim/chip_config.h"
#include "sim/commands/schema_of_keys.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

using models::KeyDoc;

// Every chip has every key, so any of them tells them all.
std::vector<KeyDoc> keys_of_a_chip() {
    std::vector<KeyDoc> docs;
    ChipConfig::load(kUsualChip, {}, &docs);
    return docs;
}

}  // namespace

Json chip_schema() {
    Json schema = schema_head("chip", "A chip: hw_config/base.yaml, or a file that extends one.");
    Json mapping = mapping_of(keys_of_a_chip());
    const Json complete = all_required(mapping);
    for (const char* block : {"technology", "dram"}) {
        const Json keys = mapping["properties"][block];
        mapping["properties"][block] = {
            {"description", "a file, or its keys"},
            {"anyOf", {{{"type", "string"}, {"pattern", "\\S"}}, keys}}};
    }
    mapping["properties"]["extends"] = extends_property();
    for (const auto& [key, value] : mapping.items()) schema[key] = value;
    schema["if"] = {{"required", {"extends"}}};
    schema["else"] = complete;
    return schema;
}

Json part_schema(const std::string& block) {
    const bool card = block == "technology";
    Json schema = card ? schema_head("tech", "A technology card: hw_config/tech.")
                       : schema_head("dram", "An external memory: hw_config/dram.");
    const Json mapping = mapping_of(keys_below(keys_of_a_chip(), block));
    const Json complete = all_required(mapping);
    for (const auto& [key, value] : mapping.items()) schema[key] = value;
    schema["allOf"] = Json::array({complete});
    return schema;
}

}  // namespace mambasic::sim
