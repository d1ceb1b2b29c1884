// A Device that computes nothing: it notes what it was asked, and its outputs stay as they are.
#pragma once

#include <string>
#include <vector>

#include "cuda_ref/device.h"

namespace mambasic::cuda_ref {

class RecordingDevice final : public Device {
public:
    std::vector<std::string> calls;
    std::vector<LinearJob> linears;  // their pointers are stale afterwards

    DeviceInfo info() const override { return {"a fake GPU", "1.2", "3.4"}; }
    void embed(const EmbedJob&) override { calls.emplace_back("embed"); }
    void residual_norm(const NormJob& job) override {
        calls.emplace_back(job.residual == nullptr ? "first norm" : "norm");
    }
    void linear(const LinearJob& job) override {
        calls.emplace_back("linear");
        linears.push_back(job);
    }
    void conv_prefill(const ConvJob&) override { calls.emplace_back("conv prefill"); }
    void conv_decode(const ConvJob&) override { calls.emplace_back("conv decode"); }
    void code_x(const CodeJob&) override { calls.emplace_back("code x"); }
    void rotate_x(const RotateJob&) override { calls.emplace_back("rotate x"); }
    void requantize(const RequantizeJob&) override { calls.emplace_back("requantize"); }
    void scan_prefill(const ScanJob&) override { calls.emplace_back("scan prefill"); }
    void scan_decode(const ScanJob&) override { calls.emplace_back("scan decode"); }
    void ssd_prefill(const SsdJob&) override { calls.emplace_back("ssd prefill"); }
    void ssd_decode(const SsdJob&) override { calls.emplace_back("ssd decode"); }
    void gated_norm(const GatedNormJob&) override { calls.emplace_back("gated norm"); }
    void hadamard(const HadamardJob&) override { calls.emplace_back("hadamard"); }
};

}  // namespace mambasic::cuda_ref
