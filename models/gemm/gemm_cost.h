// Cycles, memory traffic and area of the MAC array, from shapes alone.
// Not modelled: stalls on the weight bus, wires, an array that shortens itself for a partial block,
// waiting for the epilogue to free a half of the accumulators (less than one skew a group).
#pragma once

#include "models/common/cost.h"
#include "models/gemm/gemm_config.h"
#include "models/gemm/gemm_function.h"

namespace mambasic::models {

enum class MacMode {
    Int8,
    Int4,  // INT4 weights: a MAC makes int4_macs_per_mac products, a weight takes half a byte
};

/// First operand in to last output stored; the derivation stands in gemm_cost.cpp.
Cycles gemm_cycles(const GemmConfig& config, const GemmShape& shape, MacMode mode);

/// True where the product runs on the adder trees instead of the systolic array.
bool gemm_uses_vector_mode(const GemmConfig& config, const GemmShape& shape);

SramTraffic gemm_traffic(const GemmConfig& config, const GemmShape& shape, MacMode mode,
                         Epilogue epilogue);

/// INT32 partial sums below the columns; the other dataflows keep them in the MACs' registers.
StoreTraffic gemm_accumulator_traffic(const GemmConfig& config, const GemmShape& shape,
                                      MacMode mode);
MemoryPart gemm_accumulators(const GemmConfig& config);

AreaParts gemm_area(const GemmConfig& config);

}  // namespace mambasic::models
