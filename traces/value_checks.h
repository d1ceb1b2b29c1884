// Values that only tables of scales and 4-bit weights have, and must be checked with their place.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "traces/layout.h"
#include "traces/trace.h"

namespace mambasic::traces {

using TensorIndex = std::unordered_map<std::string, const Tensor*>;

/// Every channel of x is in one cell of a layer's group table: ranges ascend and end where the
/// heads and their channels do.
void require_ranges(const std::string& path, const TraceInfo& info, std::uint32_t index,
                    const TensorIndex& tensors);

/// Scales by column are > 0 where a column is in use; W4 codes expand to int8, padding to zeros.
void require_linear(const std::string& path, const TraceInfo& info, const LinearShape& linear,
                    const TensorIndex& tensors);

/// The recorded codes of x are ones that the layer's code has, flags are 0 or 1.
void require_recorded_codes(const std::string& path, const TraceInfo& info, std::uint32_t index,
                            const TensorIndex& tensors);

/// What the file holds twice is equal.
void require_equal_duplicates(const std::string& path, const TraceInfo& info,
                              const TensorIndex& tensors);

}  // namespace mambasic::traces
