// TraceInfo to and from the strings of a file's __metadata__ (FORMAT.md, "Metadata").
#pragma once

#include <map>
#include <string>

#include "traces/trace.h"

namespace mambasic::traces {

/// Throws TraceError for a missing key, a value that does not parse, or dimensions that contradict
/// each other; `path` names the file in the message.
TraceInfo parse_info(const std::string& path, const std::map<std::string, std::string>& metadata);

/// Without data_sha256, which the writer adds.
std::map<std::string, std::string> metadata_of(const TraceInfo& info);

/// That the network's widths and the number of layers are in their ranges; throws TraceError naming
/// the key.
void require_sane_sizes(const std::string& path, const TraceInfo& info);

/// All of FORMAT.md's rules for metadata, these among them.
void require_sane(const std::string& path, const TraceInfo& info);

const char* name_of(Phase phase);
const char* name_of(RecordLevel level);

}  // namespace mambasic::traces
