// Causal depthwise convolution of width 4, SiLU, int8 (kernels.md 1.2, 1.3), and the FP32 values
// that other codes need (ssm.md 8): one thread per channel
// walks the tokens with the last four samples in registers. Prefill applies the scale once to the
// exact accumulator, decode scales tap by tap: their bits differ, as upstream's do. The families
// differ in their scales, and in where a decode step's bias comes in.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 64;
constexpr unsigned kTaps = 4;

struct Channel {
    std::uint64_t sequence;
    std::uint64_t index;
};

__device__ bool my_channel(const ConvJob& job, Channel& mine) {
    const std::uint64_t thread = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    mine = {thread / job.x.width, thread % job.x.width};
    return mine.sequence < job.batch;
}

__device__ void shift_in(float (&window)[kTaps], const ConvJob& job, const Channel& channel,
                         std::uint64_t token) {
    for (unsigned k = 0; k + 1 < kTaps; ++k) window[k] = window[k + 1];
    const std::uint64_t row = channel.sequence * job.tokens + token;
    window[kTaps - 1] = static_cast<float>(job.x.data[row * job.x.stride + channel.index]);
}

struct ChannelScales {
    float tap;
    float bias;
    float output;
};

__device__ ChannelScales scales_of(const ConvJob& job, std::uint64_t channel) {
    const ConvSection* section = job.sections;
    while (channel >= section->end) ++section;
    return {section->weight_scale * section->input_scale, section->bias_scale,
            job.output_scales[channel]};
}

__device__ void emit(const ConvJob& job, const Channel& channel, std::uint64_t token, float v,
                     float output_scale) {
    const std::uint64_t row = channel.sequence * job.tokens + token;
    const std::uint64_t at = row * job.x.width + channel.index;
    const float y = arith::silu(v);
    const std::int8_t code = arith::quantize_rha(y / output_scale);
    job.out[at] = code;
    if (job.values == nullptr) return;
    job.values[at] = job.decoding_scales == nullptr
                         ? y
                         : job.decoding_scales[channel.index] * static_cast<float>(code);
}

__global__ void convolve_prompt(ConvJob job) {
    Channel channel;
    if (!my_channel(job, channel)) return;
    const ChannelScales scales = scales_of(job, channel.index);
    const float bias = static_cast<float>(job.bias[channel.index]) * scales.bias;
    float weight[kTaps];
    for (unsigned k = 0; k < kTaps; ++k) weight[k] = job.weight[channel.index * kTaps + k];
    float window[kTaps] = {};
    for (std::uint64_t token = 0; token < job.tokens; ++token) {
        shift_in(window, job, channel, token);
        float acc = 0.0F;  // at most 4 * 128 * 128: exact
        for (unsigned k = 0; k < kTaps; ++k) acc += weight[k] * window[k];
        emit(job, channel, token, arith::fma(scales.tap, acc, bias), scales.output);
    }
}

/// The oldest tap and the bias, of which one is a rounded product and the other joins it by fma.
__device__ float first_tap(TapOrder order, float weight, float sample, float bias, float scale) {
    return order == TapOrder::BiasFirst ? arith::fma(weight, sample, bias * scale)
                                        : arith::fma(bias, scale, weight * sample);
}

__global__ void convolve_steps(ConvJob job) {
    Channel channel;
    if (!my_channel(job, channel)) return;
    const ChannelScales scales = scales_of(job, channel.index);
    const auto bias = static_cast<float>(job.bias[channel.index]);
    float weight[kTaps];
    float window[kTaps];
    std::int8_t* state = job.state + (channel.sequence * job.x.width + channel.index) * kTaps;
    for (unsigned k = 0; k < kTaps; ++k) {
        weight[k] = scales.tap * static_cast<float>(job.weight[channel.index * kTaps + k]);
        window[k] = state[k];
    }
    for (std::uint64_t token = 0; token < job.tokens; ++token) {
        shift_in(window, job, channel, token);
        float v = first_tap(job.taps, weight[0], window[0], bias, scales.bias);
        for (unsigned k = 1; k < kTaps; ++k) v = arith::fma(weight[k], window[k], v);
        emit(job, channel, token, v, scales.output);
    }
    for (unsigned k = 0; k < kTaps; ++k) state[k] = static_cast<std::int8_t>(window[k]);
}

void convolve(void (*kernel)(ConvJob), const ConvJob& job) {
    Staging staging;
    ConvJob on_gpu = job;
    const std::uint64_t channels = job.x.width;
    on_gpu.x = staging.input(job.x, job.batch * job.tokens);
    on_gpu.weight = staging.input(job.weight, channels * kTaps);
    on_gpu.bias = staging.input(job.bias, channels);
    on_gpu.output_scales = staging.input(job.output_scales, channels);
    on_gpu.decoding_scales = staging.input(job.decoding_scales, channels);
    on_gpu.values = staging.output(job.values, job.batch * job.tokens * channels);
    on_gpu.state = staging.in_out(job.state, job.batch * channels * kTaps);
    on_gpu.out = staging.output(job.out, job.batch * job.tokens * channels);
    launch(kernel, blocks_for(job.batch * channels, kThreads), kThreads, on_gpu);
    staging.finish();
}

}  // namespace

void CudaDevice::conv_prefill(const ConvJob& job) { convolve(convolve_prompt, job); }

void CudaDevice::conv_decode(const ConvJob& job) { convolve(convolve_steps, job); }

}  // namespace mambasic::cuda_ref
