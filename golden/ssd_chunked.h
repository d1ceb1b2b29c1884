// Mamba2's prefill as upstream's five steps over chunks of tokens: ssm.md 3.1 to 3.5. FP16
// operands, exact int8 products in C B, every sum one FP32 addition after another.
#pragma once

#include "golden/ssd.h"

namespace mambasic::golden {

/// output.carry must be zero. What ssd_prefill does with `order` chunked.
void ssd_prefill_chunked(const SsdParams& params, const SsdInput& input, std::size_t batch,
                         std::size_t tokens, const ScanOutput& output);

}  // namespace mambasic::golden
