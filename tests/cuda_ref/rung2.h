// Rung 2 of arithmetic.md: golden equals the GPU, bit for bit. Works on any Device, so that the
// program which proves it on a GPU is itself proven without one.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "cuda_ref/device.h"
#include "tests/cuda_ref/golden_reference.h"

namespace mambasic::cuda_ref {

/// Every tensor that `device` makes of the trace, against golden's.
std::vector<Difference> compare_device(const traces::Trace& trace, Device& device,
                                       const Options& options);

/// Every tensor of a recorded file against golden's with the options that the file names. Throws
/// traces::TraceError where it is no reference, or one of another trace.
std::vector<Difference> compare_file(const traces::Trace& trace, const std::string& path);

struct Rung2Case {
    std::string name;
    traces::TraceInfo info;
    Options options;
};

/// Prefill in both orders and decode of each length, of Mamba1 and of Mamba2, with 8 and 4-bit
/// weights, every code of x, one and several SSD groups, tables of groups of either family and
/// none; then single layers as wide as the smallest and the largest models of both families.
std::vector<Rung2Case> rung2_cases(const std::vector<std::uint32_t>& lengths);

/// Runs the cases, a line each, then the sums by tensor over all of them. True where all are equal.
bool run_cases(const std::vector<Rung2Case>& cases, Device& device, const std::string& scratch,
               std::ostream& out);

}  // namespace mambasic::cuda_ref
