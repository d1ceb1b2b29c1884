#include <filesystem>

#include "reports/files.h"
#include "sim/commands/trace_verbs.h"

namespace mambasic::sim {

std::string checked_file(const Arguments& arguments, const std::string& name,
                         const std::string& source) {
    namespace fs = std::filesystem;
    const fs::path path = arguments.text(name);
    const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
    if (!fs::exists(parent)) {
        arguments.reject(name, "there is no folder '" + parent.string() + "'");
    }
    std::string why = reports::why_not_replaceable(path);
    if (why.empty()) why = reports::why_not_writable(parent);
    std::error_code absent;  // a file that is not there is no other file
    if (why.empty() && fs::equivalent(path, source, absent)) {
        why = "'" + path.string() + "' is the file that is read; it would be overwritten";
    }
    if (!why.empty()) arguments.reject(name, why);
    return path.string();
}

}  // namespace mambasic::sim
