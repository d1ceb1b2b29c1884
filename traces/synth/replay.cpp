#include "traces/synth/replay.h"

#include <algorithm>
#include <memory>

#include "golden/rotation.h"

namespace mambasic::traces::synth {

namespace {

template <typename T>
std::vector<T> copied(const T* data, std::uint64_t count) {
    return data == nullptr ? std::vector<T>{} : std::vector<T>(data, data + count);
}

// Rows of token t: [batch][tokens][channels] -> [batch][channels].
template <typename T>
std::vector<T> gather(const std::vector<T>& all, const TraceInfo& info, std::uint32_t token) {
    const std::size_t channels = all.size() / (std::size_t{info.batch} * info.tokens);
    std::vector<T> rows(info.batch * channels);
    for (std::size_t b = 0; b < info.batch; ++b) {
        std::copy_n(all.data() + (b * info.tokens + token) * channels, channels,
                    rows.data() + b * channels);
    }
    return rows;
}

template <typename T>
void scatter(const std::vector<T>& rows, const TraceInfo& info, std::uint32_t token,
             std::vector<T>& all) {
    const std::size_t channels = rows.size() / info.batch;
    all.resize(rows.size() * info.tokens);
    for (std::size_t b = 0; b < info.batch; ++b) {
        std::copy_n(rows.data() + b * channels, channels,
                    all.data() + (b * info.tokens + token) * channels);
    }
}

Stream gather_stream(const Stream& all, const TraceInfo& info, std::uint32_t token) {
    return {gather(all.hidden, info, token),
            all.residual.empty() ? std::vector<float>{} : gather(all.residual, info, token)};
}

golden::LayerInput layer_input(const TraceInfo& info, std::uint32_t tokens, const Stream& stream) {
    return {info.batch, tokens, stream.hidden.data(), stream.residual_or_null(), info.epsilon};
}

void scatter_tensors(const golden::LayerTensors& step, const TraceInfo& info, std::uint32_t token,
                     golden::LayerTensors& all) {
    scatter(step.residual, info, token, all.residual);
    scatter(step.norm, info, token, all.norm);
    scatter(step.in_proj, info, token, all.in_proj);
    scatter(step.conv, info, token, all.conv);
    scatter(step.x_codes, info, token, all.x_codes);
    scatter(step.x_flags, info, token, all.x_flags);
    scatter(step.values, info, token, all.values);
    scatter(step.rotated, info, token, all.rotated);
    scatter(step.unrotated, info, token, all.unrotated);
    scatter(step.ssm_input, info, token, all.ssm_input);
    scatter(step.x_proj, info, token, all.x_proj);
    scatter(step.dt_proj, info, token, all.dt_proj);
    scatter(step.scan, info, token, all.scan);
    scatter(step.gated_norm, info, token, all.gated_norm);
    scatter(step.hadamard, info, token, all.hadamard);
    scatter(step.out_proj, info, token, all.out_proj);
}

/// All tokens share the matrix that x is rotated by.
golden::Options with_one_rotation(golden::Options options, const XScales& scales,
                                  std::size_t width) {
    if (options.x_code.dense && scales.rotation != nullptr && options.rotation == nullptr) {
        options.rotation = std::make_shared<const golden::RotationMatrix>(scales.rotation, width);
    }
    return options;
}

template <typename Layer>
golden::LayerTensors run_any_layer(const TraceInfo& info, const golden::Options& options,
                                   const Layer& layer, const Stream& input,
                                   golden::LayerState& state) {
    golden::LayerTensors all;
    if (info.phase == Phase::Prefill) {
        golden::prefill_layer(info.dims, layer, layer_input(info, info.tokens, input), options, all,
                              state);
        return all;
    }
    golden::LayerTensors step;
    const golden::Options shared = with_one_rotation(options, layer.x_scales, info.dims.d_inner);
    for (std::uint32_t token = 0; token < info.tokens; ++token) {
        const Stream rows = gather_stream(input, info, token);
        golden::decode_layer(info.dims, layer, layer_input(info, 1, rows), shared, step, state);
        scatter_tensors(step, info, token, all);
    }
    all.carry = step.carry;
    return all;
}

}  // namespace

golden::Options options_of(const TraceInfo& info, std::uint32_t index) {
    golden::Options out;
    out.x_code = info.x_code(index);
    out.x_proj_input = info.x_proj_input;
    return out;
}

golden::LayerTensors run_layer(const TraceInfo& info, const golden::Options& options,
                               const Mamba1Layer& layer, const Stream& input,
                               golden::LayerState& state) {
    return run_any_layer(info, options, layer, input, state);
}

golden::LayerTensors run_layer(const TraceInfo& info, const golden::Options& options,
                               const Mamba2Layer& layer, const Stream& input,
                               golden::LayerState& state) {
    return run_any_layer(info, options, layer, input, state);
}

golden::HeadTensors run_head(const TraceInfo& info, const Head& head, const Stream& input) {
    const golden::Options options;
    const auto run = [&](std::uint32_t token) {
        const Stream rows = gather_stream(input, info, token);
        return golden::run_head(info.dims, head, rows.hidden.data(), rows.residual_or_null(),
                                info.batch, info.epsilon, options);
    };
    if (info.phase == Phase::Prefill) return run(info.tokens - 1);
    golden::HeadTensors all;
    for (std::uint32_t token = 0; token < info.tokens; ++token) {
        const golden::HeadTensors step = run(token);
        scatter(step.residual, info, token, all.residual);
        scatter(step.norm, info, token, all.norm);
        scatter(step.logits, info, token, all.logits);
    }
    return all;
}

Stream after(const golden::LayerTensors& tensors) { return {tensors.out_proj, tensors.residual}; }

Stream first_input(const Trace& trace) {
    const TraceInfo& info = trace.info();
    const std::uint64_t rows = std::uint64_t{info.batch} * info.tokens;
    if (info.has_head) return {golden::embed(info.dims, trace.head(), trace.tokens(), rows), {}};
    return {copied(trace.input_hidden(), rows * info.dims.d_model),
            copied(trace.input_residual(), rows * info.dims.d_model)};
}

golden::LayerState state_in(const Trace& trace, std::uint32_t index) {
    const TraceInfo& info = trace.info();
    const std::uint64_t batch = info.batch;
    if (info.phase == Phase::Prefill) return {};
    return {
        copied(trace.conv_state_in(index), batch * info.dims.conv_channels() * info.dims.d_conv),
        copied(trace.ssm_state_in(index), batch * info.dims.d_inner * info.dims.d_state)};
}

}  // namespace mambasic::traces::synth
