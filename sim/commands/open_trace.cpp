#include "sim/commands/open_trace.h"

#include "models/common/error.h"
#include "sim/file_kind.h"

namespace mambasic::sim {

traces::Trace open_trace(const std::string& path) {
    try {
        return traces::Trace::open(path);
    } catch (const traces::TraceError& error) {
        fail_reading(path, error);
    }
}

void fail_reading(const std::string& path, const traces::TraceError& error) {
    const FileKind kind = file_kind(path);
    if (kind == FileKind::Safetensors || kind == FileKind::Unreadable) throw error;
    std::string why = error.what();
    const std::string prefix = path + ": ";
    if (why.rfind(prefix, 0) == 0) why.erase(0, prefix.size());
    const std::string hint =
        kind == FileKind::Yaml ? "; it reads like YAML: did you mean it as the chip?" : "";
    throw models::UserError(prefix + "not a safetensors file (" + why + ")" + hint);
}

}  // namespace mambasic::sim
