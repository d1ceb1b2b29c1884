// The verbs of `mambasic trace`, and what they share.
#pragma once

#include <string>

#include "sim/commands/verb.h"

namespace mambasic::sim {

Verb trace_synth_verb();
Verb trace_info_verb();
Verb trace_validate_verb();
Verb trace_slice_verb();

/// The path of an option that names a file to write. Refused early where it could not be written,
/// so that nobody waits in vain.
std::string checked_file(const Arguments& arguments, const std::string& name);

}  // namespace mambasic::sim
