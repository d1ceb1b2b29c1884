#include "models/gemm/gemm_config.h"

namespace mambasic::models {

namespace {

void take_array(GemmConfig& c, YamlMap& map) {
    c.rows = map.take_u32("rows", 1, 1024, "count",
                          "MAC rows: k under weight_stationary, m under output_stationary");
    c.cols = map.take_u32("cols", 1, 1024, "count", "MAC columns: output channels per pass");
    c.dataflow = map.take_enum<Dataflow>("dataflow",
                                         {{"weight_stationary", Dataflow::WeightStationary},
                                          {"output_stationary", Dataflow::OutputStationary}},
                                         "what stays in the array while the rest streams");
    c.weight_buffer = map.take_enum<WeightBuffer>(
        "weight_buffer", {{"single", WeightBuffer::Single}, {"double", WeightBuffer::Double}},
        "double hides loading weights (or draining results) behind the pass before");
    c.accumulator_rows =
        map.take_u32("accumulator_rows", 1, 65536, "rows",
                     "weight_stationary: rows of INT32 partial sums kept below the columns");
}

}  // namespace

GemmConfig GemmConfig::parse(YamlMap map) {
    GemmConfig c;
    take_array(c, map);
    c.one_row = map.take_enum<OneRowMode>(
        "one_row", {{"systolic", OneRowMode::Systolic}, {"vector", OneRowMode::Vector}},
        "how a product of one row (decode) uses the MACs");
    c.vector_adder_tree_width =
        map.take_u32("vector_adder_tree_width", 2, 1024, "products/cycle",
                     "vector mode: products that one output's adder tree sums; a power of two");
    c.epilogue_lanes = map.take_u32("epilogue_lanes", 1, 1024, "outputs/cycle",
                                    "FP32 scale, round and clamp lanes behind the array");
    c.epilogue_latency_cycles = map.take_u32("epilogue_latency_cycles", 1, 1000, "cycles",
                                             "from INT32 sum to stored output");
    c.int4_weights = map.take_bool(
        "int4_weights",
        "true: 4-bit weights are taken too, and what expands or scales them is there; "
        "false: W4A8 traces are refused");
    c.int4_macs_per_mac =
        map.take_u32("int4_macs_per_mac", 1, 2, "products/cycle",
                     "products with 4-bit weights that one MAC makes; 1: as int8, behind "
                     "an expander; 2: packed, cycles and energy only, since the "
                     "bits stay those of expanded weights");
    map.finish();
    if (c.multiplies_int4() && !c.int4_weights) {
        map.reject("int4_macs_per_mac", "2 is of no use where gemm.int4_weights is false; take 1");
    }
    const std::uint32_t width = c.vector_adder_tree_width;
    if ((width & (width - 1)) != 0) {
        map.reject("vector_adder_tree_width", "must be a power of two");
    }
    if (width > c.rows * c.cols) {
        map.reject("vector_adder_tree_width", "must not exceed the " +
                                                  std::to_string(c.rows * c.cols) +
                                                  " MACs there are (gemm.rows x gemm.cols)");
    }
    return c;
}

}  // namespace mambasic::models
