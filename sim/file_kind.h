// What a file is by its first bytes, so that an error can say what was given in place of what.
#pragma once

#include <string>

namespace mambasic::sim {

enum class FileKind {
    Safetensors,  // begins like one: a length, then a JSON object
    Yaml,         // text whose first line of content is "key:" or "key: value"
    Other,
    Unreadable,
};

FileKind file_kind(const std::string& path);

}  // namespace mambasic::sim
