#include "cuda_ref/layer_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mambasic::cuda_ref {

namespace {

constexpr std::uint64_t kTaps = 4;

}  // namespace

struct LayerRunner::Place {
    bool decode;
    std::uint64_t batch;
    std::uint64_t tokens;
    std::uint64_t rows;
    Epilogue seqlen_last;  // in_proj and dt_proj: to_seqlen_last in prefill, forward in decode
    Epilogue forward;      // x_proj and out_proj
};

Epilogue forward_epilogue(std::uint64_t rows) {
    return rows == 1 ? Epilogue::OneRow : Epilogue::WeightScaleFirst;
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
    Place place{};
    place.decode = input.phase == traces::Phase::Decode;
    place.batch = input.batch;
    place.tokens = input.tokens;
    place.rows = input.batch * input.tokens;
    place.forward = forward_epilogue(place.decode ? input.batch : place.rows);
    place.seqlen_last = place.decode ? place.forward : Epilogue::InputScaleFirst;
    return place;
}

LinearJob LayerRunner::linear_job(const traces::Linear& linear, const Codes& x,
                                  const Call& call) const {
    LinearJob job;
    job.rows = call.rows;
    job.n = linear.n;
    job.x = x;
    job.weight = linear.weight;
    job.a = linear.a;
    job.b = linear.b;
    job.alpha = linear.alpha;
    job.epilogue = call.epilogue;
    job.wrap = options_.quamba_quirks;
    return job;
}

std::vector<std::int8_t> LayerRunner::linear_codes(const traces::Linear& linear, const Codes& x,
                                                   const Call& call) const {
    std::vector<std::int8_t> out(call.rows * linear.n);
    LinearJob job = linear_job(linear, x, call);
    job.codes = out.data();
    device_.linear(job);
    return out;
}

std::vector<Half> LayerRunner::linear_values(const traces::Linear& linear, const Codes& x,
                                             const Call& call) const {
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

void LayerRunner::convolve(const traces::Mamba1Layer& layer, const Place& place,
                           LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    out.conv.resize(place.rows * width);
    ConvJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.x = {out.in_proj.data(), 2 * width, width};
    job.weight = layer.conv_weight;
    job.bias = layer.conv_bias;
    job.weight_scale = layer.conv_weight_scale;
    job.bias_scale = layer.conv_bias_scale;
    job.input_scale = layer.conv_input_scale;
    job.output_scale = layer.conv_output_scale;
    job.out = out.conv.data();
    if (place.decode) {
        job.state = out.conv_state.data();
        device_.conv_decode(job);
    } else {
        device_.conv_prefill(job);
        out.conv_state = last_conv_inputs(job.x, place.batch, place.tokens);
    }
}

void LayerRunner::scan_states(const traces::Mamba1Layer& layer, const Place& place,
                              LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    const std::uint64_t projected = dims_.x_proj_width();
    out.scan.resize(place.rows * width);
    out.ssm_state.resize(place.batch * width * dims_.d_state);
    out.carry.resize(place.batch * width * dims_.d_state);
    ScanJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.channels = width;
    job.states = dims_.d_state;
    job.u = {out.conv.data(), width, width};
    job.dt = {out.dt_proj.data(), width, width};
    job.b = {out.x_proj.data() + dims_.dt_rank, projected, dims_.d_state};
    job.c = {out.x_proj.data() + dims_.dt_rank + dims_.d_state, projected, dims_.d_state};
    job.z = {out.in_proj.data() + width, 2 * width, width};
    job.a_log = layer.a_log;
    job.d = layer.d;
    job.dt_bias = layer.dt_bias;
    job.u_scale = layer.u_scale;
    job.dt_scale = layer.dt_scale;
    job.b_scale = layer.b_scale;
    job.c_scale = layer.c_scale;
    job.z_scale = layer.z_scale;
    job.a_scale = layer.a_scale;
    job.d_scale = layer.d_scale;
    job.dt_bias_scale = layer.dt_bias_scale;
    job.state_scale = layer.ssm_state_scale;
    job.softplus = options_.softplus;
    job.order = options_.scan_order;
    job.sum = options_.ssm_sum;
    job.state = out.ssm_state.data();
    job.carry = out.carry.data();
    job.y = out.scan.data();
    place.decode ? device_.scan_decode(job) : device_.scan_prefill(job);
}

void LayerRunner::rotate(const traces::Mamba1Layer& layer, const Place& place,
                         LayerOutputs& out) const {
    out.hadamard.resize(place.rows * dims_.d_inner);
    HadamardJob job;
    job.rows = place.rows;
    job.width = dims_.d_inner;
    job.x = out.scan.data();
    job.scale = hadamard_scale(dims_.d_inner, layer.had_scale);
    job.wrap = options_.quamba_quirks;
    job.out = out.hadamard.data();
    device_.hadamard(job);
}

LayerOutputs LayerRunner::run(const traces::Mamba1Layer& layer, const LayerInput& input,
                              const Stream& stream) const {
    const Place place = place_of(input);
    const Call forward{place.rows, place.forward};
    const Call seqlen_last{place.rows, place.seqlen_last};
    const std::uint64_t d = dims_.d_model;
    const std::uint64_t e = dims_.d_inner;
    LayerOutputs out;
    if (place.decode) {
        out.conv_state.assign(input.conv_state, input.conv_state + place.batch * e * kTaps);
        out.ssm_state.assign(input.ssm_state, input.ssm_state + place.batch * e * dims_.d_state);
    }
    Normed normed = normalize(stream, layer.norm_weight, layer.norm_output_scale, input.epsilon);
    out.residual = std::move(normed.residual);
    out.norm = std::move(normed.codes);
    out.in_proj = linear_codes(layer.in_proj, {out.norm.data(), d, d}, seqlen_last);
    convolve(layer, place, out);
    out.x_proj = linear_codes(layer.x_proj, {out.conv.data(), e, e}, forward);
    const Codes low_rank{out.x_proj.data(), dims_.x_proj_width(), dims_.dt_rank};
    out.dt_proj = linear_codes(layer.dt_proj, low_rank, seqlen_last);
    scan_states(layer, place, out);
    rotate(layer, place, out);
    out.out_proj = linear_values(layer.out_proj, {out.hadamard.data(), e, e}, forward);
    return out;
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
    const Call call{stream.hidden.size() / d, forward_epilogue(batch)};
    Normed normed = normalize(stream, head.norm_f_weight, head.norm_f_output_scale, epsilon);
    HeadOutputs out;
    out.residual = std::move(normed.residual);
    out.norm = std::move(normed.codes);
    out.logits = linear_values(head.lm_head, {out.norm.data(), d, d}, call);
    return out;
}

}  // namespace mambasic::cuda_ref
