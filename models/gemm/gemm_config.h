// Static description of the MAC array; immutable after parse().
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

enum class Dataflow { WeightStationary, OutputStationary };
enum class WeightBuffer { Single, Double };
enum class OneRowMode {
    Systolic,  // a one-row product fills the array like any other: 1/rows utilized
    Vector,    // rows x cols MACs work as dot-product lanes, fed at weight bandwidth
};

struct GemmConfig {
    std::uint32_t rows = 0;  // weight-stationary: k; output-stationary: m
    std::uint32_t cols = 0;  // output channels
    Dataflow dataflow = Dataflow::WeightStationary;
    WeightBuffer weight_buffer = WeightBuffer::Double;
    OneRowMode one_row = OneRowMode::Vector;
    std::uint32_t vector_adder_tree_width = 0;  // products summed per cycle per output lane
    std::uint32_t accumulator_rows = 0;  // weight-stationary: rows of INT32 sums below the columns
    std::uint32_t epilogue_lanes = 0;    // FP32 scale-round-clamp lanes
    std::uint32_t epilogue_latency_cycles = 0;
    bool int4_weights = false;            // are products with 4-bit weights made at all?
    std::uint32_t int4_macs_per_mac = 0;  // 1 or 2: products with 4-bit weights a MAC makes a cycle
    /// Packed MACs take 4-bit codes as they are; others need them expanded to int8.
    bool multiplies_int4() const { return int4_macs_per_mac == 2; }
    static GemmConfig parse(YamlMap map);
};

}  // namespace mambasic::models
