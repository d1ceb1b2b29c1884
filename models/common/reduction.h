// The shape of an FP32 sum: part of the machine, because it decides bits.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

/// tree_width 0: one accumulator, left to right (with fma where the term is a product).
/// tree_width W, a power of two: terms rounded first, a binary adder tree over W consecutive terms,
/// block sums added left to right; a last partial block is padded with +0.
struct Reduction {
    std::uint32_t tree_width = 0;
    /// Reads `sequential` or `tree W` from a key of the map.
    static Reduction take(YamlMap& map, const char* key, const char* what);
};

}  // namespace mambasic::models
