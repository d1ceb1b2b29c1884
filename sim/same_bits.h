// Two codes of x on one trace in golden, step by step: are all tensors the same that both make?
#pragma once

#include <cstdint>
#include <string>

#include "golden/options.h"
#include "traces/trace.h"

namespace mambasic::sim {

struct SameBits {
    std::uint64_t tensors = 0;  // that both make
    std::uint64_t elements = 0;
    std::uint64_t differing = 0;  // tensors
    std::string first;            // the first of them, "scan.output of layer 3, step 0"
};

/// `options` but for the code, which is the same in all layers.
SameBits same_bits(const traces::Trace& trace, const golden::Options& options,
                   const traces::XCode& one, const traces::XCode& other);

}  // namespace mambasic::sim
