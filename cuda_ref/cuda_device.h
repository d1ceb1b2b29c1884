// The GPU as a Device: each method stages the job's operands, launches one kernel and copies the
// outputs back. Each method lives beside its kernels.
// Not modelled: speed. Weights travel again with every call; a reference is recorded once.
#pragma once

#include "cuda_ref/device.h"

namespace mambasic::cuda_ref {

class CudaDevice final : public Device {
public:
    /// The first GPU; throws DeviceError where there is none.
    CudaDevice();

    DeviceInfo info() const override;
    void embed(const EmbedJob& job) override;
    void residual_norm(const NormJob& job) override;
    void linear(const LinearJob& job) override;
    void conv_prefill(const ConvJob& job) override;
    void conv_decode(const ConvJob& job) override;
    void code_x(const CodeJob& job) override;
    void rotate_x(const RotateJob& job) override;
    void requantize(const RequantizeJob& job) override;
    void scan_prefill(const ScanJob& job) override;
    void scan_decode(const ScanJob& job) override;
    void ssd_prefill(const SsdJob& job) override;
    void ssd_decode(const SsdJob& job) override;
    void gated_norm(const GatedNormJob& job) override;
    void hadamard(const HadamardJob& job) override;
};

}  // namespace mambasic::cuda_ref
