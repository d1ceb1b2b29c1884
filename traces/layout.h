// The one list of what a trace holds: the writer follows it, open() demands it, and a shapes-only
// trace is expanded from it (FORMAT.md, "Tensors").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/trace.h"

namespace mambasic::traces {

/// Every tensor of a trace with this metadata, in file order, without data.
std::vector<Tensor> layout(const TraceInfo& info);

/// "backbone.layers.7.mixer.in_proj.weight" for the trace's layer `index`.
std::string weight_key(const TraceInfo& info, std::uint32_t index, const std::string& name);
/// "trace.layers.7.scan.output" for the trace's layer `index`.
std::string trace_key(const TraceInfo& info, std::uint32_t index, const std::string& name);

/// The matrix of rotated codes of x (golden/spec/ssm.md 8.9).
constexpr const char* kRotationKey = "backbone.x_rotation";

/// The rows a stored int8 weight has: n rounded up to 16 (kernels.md 2.1).
std::uint32_t padded_rows(std::uint32_t n);
/// W4: n rounded up to 64.
std::uint32_t padded_rows(std::uint32_t n, LinearKind kind);

/// A linear as the metadata determines it; `key` is the one its tensors' names begin with.
struct LinearShape {
    std::string key;
    LinearKind kind = LinearKind::W8;
    std::uint32_t n = 0;
    std::uint32_t k = 0;
};

/// A layer's linear ("in_proj"); std::logic_error for a name that the family does not have.
LinearShape linear_shape(const TraceInfo& info, std::uint32_t index, const std::string& name);
/// All linears of a layer, in the order they run.
std::vector<LinearShape> linear_shapes(const TraceInfo& info, std::uint32_t index);
LinearShape lm_head_shape(const TraceInfo& info);

/// Upstream's Mamba2 checkpoints keep some tensors twice. `name` need not be there; where it is, it
/// equals `original` byte for byte.
struct Duplicate {
    std::string name;
    Tensor original;
};
std::vector<Duplicate> duplicates(const TraceInfo& info);

/// Rows of norm_f and lm_head in a trace: the last token of each sequence in prefill, all in
/// decode.
std::uint64_t head_rows(const TraceInfo& info);

}  // namespace mambasic::traces
