// Mamba1 selective scan, one token: int8 state in and out. Spec: ssm.md 2.2. It is not the prefill
// with one token: the input term is (B dt) u, the sum starts from 0, the gate is out * (z sigmoid)
// and the state rounds half to even.
#pragma once

#include <cstddef>

#include "golden/selective_scan.h"

namespace mambasic::golden {

/// output.state [batch][channels][states] is read and replaced; output.carry receives the FP32
/// state before it is quantized.
void scan_step(const ScanParams& params, const ScanInput& input, std::size_t batch,
               const ScanOutput& output);

}  // namespace mambasic::golden
