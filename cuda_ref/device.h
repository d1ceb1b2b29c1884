// Whatever computes the kernels of the network: the GPU, or a stand-in where a test has none.
// Every method takes host pointers and returns when the outputs are written.
#pragma once

#include <stdexcept>
#include <string>

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

/// No GPU, no driver, or a call that the GPU refused; main prints it as one line.
struct DeviceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Where a reference comes from, as its metadata tells.
struct DeviceInfo {
    std::string gpu;           // "NVIDIA H200, sm_90"
    std::string driver;        // CUDA version that the driver supports
    std::string cuda_runtime;  // version of the runtime that is linked in
};

class Device {
public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;

    virtual DeviceInfo info() const = 0;
    virtual void embed(const EmbedJob& job) = 0;
    virtual void residual_norm(const NormJob& job) = 0;
    virtual void linear(const LinearJob& job) = 0;
    virtual void conv_prefill(const ConvJob& job) = 0;
    virtual void conv_decode(const ConvJob& job) = 0;
    virtual void code_x(const CodeJob& job) = 0;
    virtual void rotate_x(const RotateJob& job) = 0;
    virtual void requantize(const RequantizeJob& job) = 0;
    virtual void scan_prefill(const ScanJob& job) = 0;
    virtual void scan_decode(const ScanJob& job) = 0;
    virtual void ssd_prefill(const SsdJob& job) = 0;
    virtual void ssd_decode(const SsdJob& job) = 0;
    virtual void gated_norm(const GatedNormJob& job) = 0;
    virtual void hadamard(const HadamardJob& job) = 0;
};

}  // namespace mambasic::cuda_ref
