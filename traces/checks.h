// What open() demands of a trace's tensors: that they are the ones the metadata promises, and that
// their values are ones the arithmetic is defined for.
#pragma once

#include <string>
#include <vector>

#include "traces/trace.h"

namespace mambasic::traces {

/// Presence, dtype and shape of every tensor of the layout, in its order; then no others, except
/// under "trace.extra." (kept, not looked into) and "trace.pad." (fills the file).
void require_layout(const std::string& path, const TraceInfo& info,
                    const std::vector<Tensor>& tensors);

/// Finite floats, scales > 0, tokens inside the vocabulary, padding rows zero; in layout order.
void require_values(const std::string& path, const TraceInfo& info,
                    const std::vector<Tensor>& tensors);

bool is_padding(const std::string& name);

}  // namespace mambasic::traces
