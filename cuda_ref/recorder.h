// Walks a trace on a Device and hands out every tensor under its key of traces/FORMAT.md.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cuda_ref/device.h"
#include "traces/tensor.h"
#include "traces/trace.h"

namespace mambasic::cuda_ref {

/// How the binary was built; CMake fills it in (build_info.h).
struct BuildInfo {
    std::string version;     // git describe
    std::string nvcc;        // compiler version
    std::string nvcc_flags;  // those that decide bits, and the architectures
};

/// Names, types and shapes of what walk() hands out, in its order; `info` is run_info()'s.
std::vector<traces::Tensor> reference_layout(const traces::TraceInfo& info);

/// The tensor's data is valid during the call only. Throws what run_info() throws.
using Sink = std::function<void(const traces::Tensor&)>;
void walk(const traces::Trace& trace, Device& device, const Options& options, const Sink& sink);

/// Where the reference comes from: everything that could change a bit of it.
std::map<std::string, std::string> provenance(const traces::Trace& trace, const Options& options,
                                              const DeviceInfo& device, const BuildInfo& build);

/// walk() into a safetensors file with its provenance; nothing is left behind on failure.
void record(const traces::Trace& trace, Device& device, const Options& options,
            const BuildInfo& build, const std::string& path);

}  // namespace mambasic::cuda_ref
