// Files that are whole or not there: written under a temporary name, then renamed.
#pragma once

#include <string>

namespace mambasic::reports {

/// Replaces `path`. Throws std::runtime_error "path: why" and leaves what stood there before.
void write_file(const std::string& path, const std::string& content);

/// Why files could not be written into `folder` (which may not exist yet), or "" if they could.
std::string why_not_writable(const std::string& folder);

}  // namespace mambasic::reports
