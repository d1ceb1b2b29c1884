// Whether a YAML file is a chip or a scheme, so that an error can say that one was given in place
// of the other.
#pragma once

#include <string>

namespace mambasic::sim {

/// "chips" or "schemes", by its keys or by those of what it extends; "" where it may be either, or
/// cannot be read. `root` is the folder that holds both of these.
std::string config_kind(const std::string& path, const std::string& root);

/// What to do with a scheme that was given for a chip, or the other way round. `folder` is the one
/// that was asked for.
std::string other_kind(const std::string& given, const std::string& folder);

}  // namespace mambasic::sim
