// Cycles, memory traffic and area of the MAC array, from shapes alone.
// Not modelled: stalls on the weight bus, wires, an array that shortens itself for a partial block,
// waiting for the epilogue to free a half of the accumulators (less than one skew a group), filling
// the first table of the INT4 expander (8 cycles a product), the multiplexers behind its tables.
#pragma once

#include "models/common/cost.h"
#include "models/gemm/gemm_config.h"
#include "models/gemm/gemm_function.h"

namespace mambasic::models {

/// First operand in to last output stored; the derivation stands in gemm_cost.cpp.
Cycles gemm_cycles(const GemmConfig& config, const GemmShape& shape, MacMode mode);

/// The weights of a product with the scales that are stored beside them, once.
std::uint64_t gemm_weight_bytes(const GemmShape& shape, MacMode mode, Epilogue epilogue);
/// `x`: where it is not int8.
SramTraffic gemm_traffic(const GemmConfig& config, const GemmShape& shape, MacMode mode,
                         Epilogue epilogue, const XInput& x = {});

/// INT32 partial sums below the columns; the other dataflows keep them in the MACs' registers.
StoreTraffic gemm_accumulator_traffic(const GemmConfig& config, const GemmShape& shape,
                                      MacMode mode, const XInput& x = {});
MemoryPart gemm_accumulators(const GemmConfig& config);

AreaParts gemm_area(const GemmConfig& config);

}  // namespace mambasic::models
