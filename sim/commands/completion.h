// What a shell needs to complete a command line, from the table of verbs.
#pragma once

#include <string>
#include <vector>

#include "sim/commands/verb.h"

namespace mambasic::sim {

/// A script that bash sources. Names of chips, schemes, networks and keys it asks the program for,
/// so that a new file is completed without a new script.
std::string bash_completion(const std::vector<Verb>& verbs);

/// For zsh, whose bashcompinit reads the same.
std::string zsh_completion(const std::vector<Verb>& verbs);

}  // namespace mambasic::sim
