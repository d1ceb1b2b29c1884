#include "sim/result_tensors.h"

#include "traces/layout.h"

namespace mambasic::sim {
namespace {

bool starts_with(const std::string& text, const std::string& start) {
    return text.compare(0, start.size(), start) == 0;
}

bool is_input(const std::string& key) {
    const std::string end = "_in";
    return key == "trace.tokens" || starts_with(key, "trace.input.") ||
           (key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0);
}

}  // namespace

std::vector<traces::Tensor> result_layout(const traces::TraceInfo& info) {
    traces::TraceInfo full = info;
    full.record = traces::RecordLevel::All;
    std::vector<traces::Tensor> results;
    for (const traces::Tensor& tensor : traces::layout(full)) {
        if (starts_with(tensor.name, "trace.") && !is_input(tensor.name)) results.push_back(tensor);
    }
    return results;
}

std::string result_key(const traces::TraceInfo& info, std::int32_t layer, const std::string& name) {
    if (layer < 0) return "trace." + name;  // the embedding and the head
    return traces::trace_key(info, static_cast<std::uint32_t>(layer), name);
}

bool is_state(const std::string& tensor) {
    return tensor == "conv1d.state" || tensor == "scan.state" || tensor == "scan.carry";
}

}  // namespace mambasic::sim
