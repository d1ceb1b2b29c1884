// What both families do alike, and the model's two ends.
#include "cuda_ref/layer_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda_ref/code_scales.h"
#include "cuda_ref/run_info.h"

namespace mambasic::cuda_ref {

namespace {

constexpr std::uint64_t kTaps = 4;

struct Levels {
    float lowest, highest;
};

Levels levels_of(const traces::XCode& code) {
    if (code.format == traces::XFormat::Int5) return {-16.0F, 15.0F};
    if (code.format == traces::XFormat::Dual8) return {-128.0F, 127.0F};
    return code.skewed ? Levels{-1.0F, 14.0F} : Levels{-8.0F, 7.0F};
}

/// Of rows of `width`.
std::vector<float> first_columns(const std::vector<float>& rows, std::uint64_t width,
                                 std::uint64_t count) {
    std::vector<float> out;
    for (std::uint64_t row = 0; row < rows.size(); row += width) {
        out.insert(out.end(), rows.data() + row, rows.data() + row + count);
    }
    return out;
}

}  // namespace

Epilogue epilogue_of(traces::LinearKind kind, const LinearCall& call) {
    const bool one_row = call.at_once == 1;
    switch (kind) {
        case traces::LinearKind::W4:
            return Epilogue::FourBit;
        case traces::LinearKind::W8Columns:
            return one_row ? Epilogue::ColumnsOneRow : Epilogue::Columns;
        case traces::LinearKind::W8:
            break;
    }
    if (call.to_seqlen_last) return Epilogue::InputScaleFirst;
    return one_row ? Epilogue::OneRow : Epilogue::WeightScaleFirst;
}

std::vector<std::int8_t> last_conv_inputs(const Codes& x, std::uint64_t batch,
                                          std::uint64_t tokens) {
    std::vector<std::int8_t> state(batch * x.width * kTaps, 0);
    for (std::uint64_t sequence = 0; sequence < batch; ++sequence) {
        for (std::uint64_t age = 0; age < std::min(kTaps, tokens); ++age) {
            const std::uint64_t row = sequence * tokens + tokens - 1 - age;
            for (std::uint64_t channel = 0; channel < x.width; ++channel) {
                state[(sequence * x.width + channel) * kTaps + kTaps - 1 - age] =
                    x.data[row * x.stride + channel];
            }
        }
    }
    return state;
}

float hadamard_scale(std::uint64_t width, double x_h_scale) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)) / x_h_scale);
}

LayerRunner::LayerRunner(Device& device, const traces::Dims& dims, const Options& options)
    : device_(device), dims_(dims), options_(options) {}

LayerRunner::Place LayerRunner::place_of(const LayerInput& input) {
    return {input.phase == traces::Phase::Decode, input.batch,  input.tokens,
            input.batch * input.tokens,           input.x_code, input.x_proj_input};
}

LinearJob LayerRunner::linear_job(const traces::Linear& linear, const Codes& x,
                                  const LinearCall& call) const {
    LinearJob job;
    job.rows = call.rows;
    job.n = linear.n;
    job.x = x;
    job.weight = linear.weight;
    job.a = linear.a;
    job.b = linear.b;
    job.alpha = linear.alpha;
    job.column = linear.column;
    job.epilogue = epilogue_of(linear.kind, call);
    job.wrap = options_.quamba_quirks;
    return job;
}

std::vector<std::int8_t> LayerRunner::linear_codes(const traces::Linear& linear, const Codes& x,
                                                   const LinearCall& call) const {
    std::vector<std::int8_t> out(call.rows * linear.n);
    LinearJob job = linear_job(linear, x, call);
    job.codes = out.data();
    device_.linear(job);
    return out;
}

std::vector<Half> LayerRunner::linear_values(const traces::Linear& linear, const Codes& x,
                                             const LinearCall& call) const {
    std::vector<Half> out(call.rows * linear.n);
    LinearJob job = linear_job(linear, x, call);
    job.values = out.data();
    device_.linear(job);
    return out;
}

Normed LayerRunner::normalize(const Stream& stream, const Half* weight, float output_scale,
                              float epsilon) const {
    Normed out;
    out.residual.resize(stream.hidden.size());
    out.codes.resize(stream.hidden.size());
    NormJob job;
    job.rows = stream.hidden.size() / dims_.d_model;
    job.width = dims_.d_model;
    job.hidden = stream.hidden.data();
    job.residual = stream.residual.empty() ? nullptr : stream.residual.data();
    job.weight = weight;
    job.epsilon = epsilon;
    job.output_scale = output_scale;
    job.sum = options_.norm_sum;
    job.residual_out = out.residual.data();
    job.out = out.codes.data();
    device_.residual_norm(job);
    return out;
}

LayerOutputs LayerRunner::begin(const LayerInput& input, Normed normed) const {
    LayerOutputs out;
    out.residual = std::move(normed.residual);
    out.norm = std::move(normed.codes);
    const std::uint64_t states = input.batch * dims_.d_inner * dims_.d_state;
    out.carry.resize(states);
    if (input.phase == traces::Phase::Decode) {
        const std::uint64_t samples = input.batch * dims_.conv_channels() * kTaps;
        out.conv_state.assign(input.conv_state, input.conv_state + samples);
        out.ssm_state.assign(input.ssm_state, input.ssm_state + states);
    } else {
        out.ssm_state.resize(states);
    }
    return out;
}

void LayerRunner::convolve(ConvJob job, const Place& place, LayerOutputs& out) const {
    out.conv.resize(place.rows * job.x.width);
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.out = out.conv.data();
    if (!shares_int8(place.x_code)) {
        out.values.resize(out.conv.size());
        job.values = out.values.data();
    }
    if (place.decode) {
        job.state = out.conv_state.data();
        device_.conv_decode(job);
    } else {
        device_.conv_prefill(job);
        out.conv_state = last_conv_inputs(job.x, place.batch, place.tokens);
    }
}

void LayerRunner::code_x(const CodeScales& scales, const Place& place, LayerOutputs& out) const {
    const traces::XCode& code = place.x_code;
    const Levels levels = levels_of(code);
    const std::uint64_t channels = scales.low.size();
    out.x_codes.resize(place.rows * channels);
    out.x_flags.resize(code.dual() ? out.x_codes.size() : 0);
    CodeJob job;
    job.rows = place.rows;
    job.channels = channels;
    job.stride = dims_.conv_channels();
    job.lowest = levels.lowest;
    job.highest = levels.highest;
    job.by_threshold = !scales.threshold.empty();
    job.below = !code.skewed;
    if (code.dual()) {
        job.places = code.sparse_percent == 0 ? channels : code.slots(channels);
        job.high = scales.high.data();
        job.decoded_high = scales.decoded_high.data();
        job.threshold = job.by_threshold ? scales.threshold.data() : nullptr;
        job.flags = out.x_flags.data();
    }
    job.low = scales.low.data();
    job.decoded_low = scales.decoded_low.data();
    job.values = out.values.data();
    job.codes = out.x_codes.data();
    device_.code_x(job);
}

void LayerRunner::rotate_x(const traces::XScales& scales, const Place& place,
                           LayerOutputs& out) const {
    const std::uint64_t inner = dims_.d_inner;
    const std::uint64_t width = dims_.conv_channels();
    out.convolved = first_columns(out.values, width, inner);
    out.rotated.resize(place.rows * inner);
    RotateJob job;
    job.rows = place.rows;
    job.channels = inner;
    job.stride = width;
    job.scale = scales.low[0];
    if (place.x_code.dense) {
        job.matrix = scales.rotation;
    } else {
        job.factor = hadamard_scale(inner, 1.0);
    }
    job.values = out.values.data();
    job.codes = out.rotated.data();
    device_.rotate_x(job);
    out.unrotated = first_columns(out.values, width, inner);
}

void LayerRunner::project_out(const std::vector<Half>& x, double x_h_scale,
                              const traces::Linear& out_proj, const LinearCall& call,
                              LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    out.hadamard.resize(x.size());
    HadamardJob job;
    job.rows = call.rows;
    job.width = width;
    job.x = x.data();
    job.scale = hadamard_scale(width, x_h_scale);
    job.wrap = options_.quamba_quirks;
    job.out = out.hadamard.data();
    device_.hadamard(job);
    out.out_proj = linear_values(out_proj, {out.hadamard.data(), width, width}, call);
}

std::vector<Half> LayerRunner::embed(const traces::Head& head, const std::int32_t* tokens,
                                     std::uint64_t rows) const {
    std::vector<Half> out(rows * dims_.d_model);
    EmbedJob job;
    job.rows = rows;
    job.width = dims_.d_model;
    job.vocab = dims_.vocab;
    job.tokens = tokens;
    job.weight = head.embedding_weight;
    job.scales = head.embedding_scales;
    job.out = out.data();
    device_.embed(job);
    return out;
}

HeadOutputs LayerRunner::run_head(const traces::Head& head, const Stream& stream,
                                  std::uint64_t batch, float epsilon) const {
    const std::uint64_t d = dims_.d_model;
    Normed normed = normalize(stream, head.norm_f_weight, head.norm_f_output_scale, epsilon);
    HeadOutputs out;
    out.residual = std::move(normed.residual);
    out.norm = std::move(normed.codes);
    const LinearCall call{stream.hidden.size() / d, batch, false};
    out.logits = linear_values(head.lm_head, {out.norm.data(), d, d}, call);
    return out;
}

}  // namespace mambasic::cuda_ref
