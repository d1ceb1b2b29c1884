// Files that are whole or not there: written under a temporary name, then renamed.
#pragma once

#include <string>

namespace mambasic::reports {

/// Replaces `path`. Throws std::runtime_error "path: why" and leaves what stood there before.
void write_file(const std::string& path, const std::string& content);

/// Why files could not be written into `folder` (which may not exist yet), or "" if they could.
/// Found by trying; whatever that makes is removed again.
std::string why_not_writable(const std::string& folder);

/// Why write_file() would not replace `path`: something is there that is no regular file, which
/// the renamed file would destroy. "" if it would.
std::string why_not_replaceable(const std::string& path);

}  // namespace mambasic::reports
