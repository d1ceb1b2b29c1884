// Codes of x with scales or flags of their own (ssm.md 8.4 to 8.6), and int8 codes made again from
// what they stand for (8.7). A thread codes a whole row, because a list of flags takes the first
// ones in channel order (8.8).
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 64;

/// Whether an element has flag 1 where there is a place for it. False for NaN.
__device__ bool beyond(const CodeJob& job, std::uint64_t channel, float y) {
    if (job.by_threshold) {
        const float threshold = job.threshold[channel];
        return y > threshold || y < -threshold;
    }
    const float quotient = y / job.low[channel];
    return quotient >= job.highest + 0.5F || (job.below && quotient <= job.lowest - 0.5F);
}

__global__ void code_rows(CodeJob job) {
    const std::uint64_t row = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (row >= job.rows) return;
    std::uint64_t flagged = 0;
    for (std::uint64_t channel = 0; channel < job.channels; ++channel) {
        float& value = job.values[row * job.stride + channel];
        const std::uint64_t at = row * job.channels + channel;
        const bool flag = flagged < job.places && beyond(job, channel, value);
        const float scale = flag ? job.high[channel] : job.low[channel];
        const std::int8_t code = arith::quantize_rha(value / scale, job.lowest, job.highest);
        const float decoding = flag ? job.decoded_high[channel] : job.decoded_low[channel];
        value = decoding * static_cast<float>(code);
        job.codes[at] = code;
        if (job.flags != nullptr) job.flags[at] = flag ? 1 : 0;
        flagged += flag ? 1 : 0;
    }
}

__global__ void requantize_element(RequantizeJob job) {
    const std::uint64_t at = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (at >= job.rows * job.channels) return;
    job.codes[at] = arith::quantize_rha(job.values[at] / job.scales[at % job.channels]);
}

}  // namespace

void CudaDevice::code_x(const CodeJob& job) {
    Staging staging;
    CodeJob on_gpu = job;
    on_gpu.low = staging.input(job.low, job.channels);
    on_gpu.decoded_low = staging.input(job.decoded_low, job.channels);
    on_gpu.high = staging.input(job.high, job.channels);
    on_gpu.decoded_high = staging.input(job.decoded_high, job.channels);
    on_gpu.threshold = staging.input(job.threshold, job.channels);
    on_gpu.values = staging.in_out(job.values, job.rows * job.stride);
    on_gpu.codes = staging.output(job.codes, job.rows * job.channels);
    on_gpu.flags = staging.output(job.flags, job.rows * job.channels);
    launch(code_rows, blocks_for(job.rows, kThreads), kThreads, on_gpu);
    staging.finish();
}

void CudaDevice::requantize(const RequantizeJob& job) {
    Staging staging;
    RequantizeJob on_gpu = job;
    on_gpu.values = staging.input(job.values, job.rows * job.channels);
    on_gpu.scales = staging.input(job.scales, job.channels);
    on_gpu.codes = staging.output(job.codes, job.rows * job.channels);
    launch(requantize_element, blocks_for(job.rows * job.channels, kThreads), kThreads, on_gpu);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
