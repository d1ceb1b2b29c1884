// What the verbs that read and write traces share.
#pragma once

#include <cstdint>
#include <string>

#include "sim/commands/verb.h"
#include "traces/trace.h"

namespace mambasic::sim {

Verb trace_synth_verb();
Verb trace_group_verb();

constexpr const char* kGroupsHelp =
    "quamba2: HEADSxDIMS groups in each SSD group, or per-channel; without it, 4x4";

/// --groups: how many groups the network's heads, and each one's channels, are parted into.
/// `words` are what else the verb takes, for the message.
traces::GroupShape groups_from(const Arguments& arguments, const traces::Dims& dims,
                               const std::string& words = "per-channel");

struct LayerRange {
    std::uint32_t first = 0;  // within the trace
    std::uint32_t count = 0;
};

/// --layers FIRST:END, numbered as in the model; all of the trace's without it.
LayerRange layer_range(const Arguments& arguments, const traces::TraceInfo& info);

/// The path of an option that names a file to write. Refused early where it could not be written,
/// so that nobody waits in vain, and where it would destroy `source`, the file that is read, or
/// something that is no regular file.
std::string checked_file(const Arguments& arguments, const std::string& name,
                         const std::string& source);

}  // namespace mambasic::sim
