#include "golden/layer.h"

#include <stdexcept>
#include <string>

#include "golden/conv1d.h"
#include "golden/embedding.h"
#include "golden/hadamard.h"
#include "golden/linear.h"
#include "golden/rmsnorm.h"
#include "golden/scan_step.h"
#include "golden/selective_scan.h"

namespace mambasic::golden {
namespace {

using traces::Dims;
using traces::Head;
using traces::Mamba1Layer;

void require_tree_width(SumOrder sum, const char* name) {
    if ((sum.tree_width & (sum.tree_width - 1)) != 0) {
        throw std::invalid_argument(std::string(name) + ": tree width " +
                                    std::to_string(sum.tree_width) + " is no power of two");
    }
}

void require_supported(const Dims& dims, const LayerInput& input, const Options& options) {
    require_tree_width(options.norm_sum, "norm_sum");
    require_tree_width(options.ssm_sum, "ssm_sum");
    if (dims.d_conv != kConvWidth) {
        throw std::invalid_argument("d_conv is " + std::to_string(dims.d_conv) + ", not 4");
    }
    if (input.batch == 0 || input.tokens == 0) {
        throw std::invalid_argument("a layer needs at least one sequence of one token");
    }
}

/// Everything about one call that is not weights.
struct Call {
    const Dims& dims;
    const Mamba1Layer& layer;
    const LayerInput& input;
    const Options& options;
    LayerTensors& out;

    std::size_t rows() const { return std::size_t{input.batch} * input.tokens; }

    Int8Rows x() const { return {out.in_proj.data(), std::size_t{2} * dims.d_inner, 0}; }
    Int8Rows z() const {
        return {out.in_proj.data() + dims.d_inner, std::size_t{2} * dims.d_inner, layer.z_scale};
    }
    Int8Rows u() const { return {out.conv.data(), dims.d_inner, layer.u_scale}; }
    Int8Rows dt_low_rank() const { return {out.x_proj.data(), dims.x_proj_width(), 0}; }
    Int8Rows b() const {
        return {out.x_proj.data() + dims.dt_rank, dims.x_proj_width(), layer.b_scale};
    }
    Int8Rows c() const {
        return {out.x_proj.data() + dims.dt_rank + dims.d_state, dims.x_proj_width(),
                layer.c_scale};
    }
    Int8Rows dt() const { return {out.dt_proj.data(), dims.d_inner, layer.dt_scale}; }
};

void allocate(const Call& call) {
    const std::size_t rows = call.rows();
    const std::size_t states =
        std::size_t{call.input.batch} * call.dims.d_inner * call.dims.d_state;
    LayerTensors& out = call.out;
    out.residual.resize(rows * call.dims.d_model);
    out.norm.resize(rows * call.dims.d_model);
    out.in_proj.resize(rows * 2 * call.dims.d_inner);
    out.conv.resize(rows * call.dims.d_inner);
    out.x_proj.resize(rows * call.dims.x_proj_width());
    out.dt_proj.resize(rows * call.dims.d_inner);
    out.scan.resize(rows * call.dims.d_inner);
    out.hadamard.resize(rows * call.dims.d_inner);
    out.out_proj.resize(rows * call.dims.d_model);
    out.carry.resize(states);
}

void norm(const Call& call) {
    const RmsNormParams params{call.layer.norm_weight, call.input.epsilon,
                               call.layer.norm_output_scale, call.options.norm_sum};
    rmsnorm(params, {call.rows(), call.dims.d_model, call.input.hidden, call.input.residual},
            call.out.residual.data(), call.out.norm.data());
}

Conv1dParams conv_params(const Call& call) {
    const Mamba1Layer& l = call.layer;
    return {call.dims.d_inner, l.conv_weight,      l.conv_bias,        l.conv_weight_scale,
            l.conv_bias_scale, l.conv_input_scale, l.conv_output_scale};
}

ScanParams scan_params(const Call& call) {
    const Mamba1Layer& l = call.layer;
    ScanParams p;
    p.channels = call.dims.d_inner;
    p.states = call.dims.d_state;
    p.a_log = l.a_log;
    p.d = l.d;
    p.dt_bias = l.dt_bias;
    p.a_scale = l.a_scale;
    p.d_scale = l.d_scale;
    p.dt_bias_scale = l.dt_bias_scale;
    p.state_scale = l.ssm_state_scale;
    p.order = call.options.scan_order;
    p.sum = call.options.ssm_sum;
    p.softplus = call.options.softplus;
    return p;
}

ScanInput scan_input(const Call& call) {
    return {call.u(), call.dt(), call.b(), call.c(), call.z()};
}

ScanOutput scan_output(const Call& call, LayerState& state) {
    return {call.out.scan.data(), call.out.carry.data(), state.ssm.data()};
}

void hadamard_and_out_proj(const Call& call) {
    const std::size_t width = call.dims.d_inner;
    hadamard(call.out.scan.data(), call.rows(), width, hadamard_scale(width, call.layer.had_scale),
             call.options.quamba_quirks, call.out.hadamard.data());
    linear_forward_half(call.layer.out_proj, {call.out.hadamard.data(), width, 0}, call.rows(),
                        call.out.out_proj.data());
}

}  // namespace

void prefill_layer(const Dims& dims, const Mamba1Layer& layer, const LayerInput& input,
                   const Options& options, LayerTensors& out, LayerState& state) {
    require_supported(dims, input, options);
    const Call call{dims, layer, input, options, out};
    allocate(call);
    state.conv.assign(std::size_t{input.batch} * dims.d_inner * kConvWidth, 0);
    state.ssm.assign(out.carry.size(), 0);

    const std::size_t rows = call.rows();
    norm(call);
    linear_to_seqlen_last(layer.in_proj, {out.norm.data(), dims.d_model, 0}, rows,
                          out.in_proj.data());
    conv1d_prefill(conv_params(call), call.x(), input.batch, input.tokens, out.conv.data(),
                   state.conv.data());
    linear_forward(layer.x_proj, call.u(), rows, options.quamba_quirks, out.x_proj.data());
    linear_to_seqlen_last(layer.dt_proj, call.dt_low_rank(), rows, out.dt_proj.data());
    selective_scan(scan_params(call), scan_input(call), input.batch, input.tokens,
                   scan_output(call, state));
    hadamard_and_out_proj(call);
}

void decode_layer(const Dims& dims, const Mamba1Layer& layer, const LayerInput& input,
                  const Options& options, LayerTensors& out, LayerState& state) {
    require_supported(dims, input, options);
    const Call call{dims, layer, input, options, out};
    allocate(call);
    if (input.tokens != 1 || state.ssm.size() != out.carry.size() ||
        state.conv.size() != std::size_t{input.batch} * dims.d_inner * kConvWidth) {
        throw std::invalid_argument("decode takes one token a sequence and a state for each");
    }

    const std::size_t rows = call.rows();
    const bool wrap = options.quamba_quirks;
    norm(call);
    linear_forward(layer.in_proj, {out.norm.data(), dims.d_model, 0}, rows, wrap,
                   out.in_proj.data());
    conv1d_update(conv_params(call), call.x(), input.batch, out.conv.data(), state.conv.data());
    linear_forward(layer.x_proj, call.u(), rows, wrap, out.x_proj.data());
    linear_forward(layer.dt_proj, call.dt_low_rank(), rows, wrap, out.dt_proj.data());
    scan_step(scan_params(call), scan_input(call), input.batch, scan_output(call, state));
    hadamard_and_out_proj(call);
}

std::vector<Half> embed(const Dims& dims, const Head& head, const std::int32_t* tokens,
                        std::uint64_t rows) {
    std::vector<Half> hidden(rows * dims.d_model);
    embedding(head.embedding_weight, head.embedding_scales, dims.d_model, tokens, rows,
              hidden.data());
    return hidden;
}

// NOLINTNEXTLINE(readability-function-size): every argument is a plain fact of the call
HeadTensors run_head(const Dims& dims, const Head& head, const Half* hidden, const float* residual,
                     std::uint64_t rows, float epsilon, const Options& options) {
    require_tree_width(options.norm_sum, "norm_sum");
    HeadTensors out;
    out.residual.resize(rows * dims.d_model);
    out.norm.resize(rows * dims.d_model);
    out.logits.resize(rows * head.lm_head.n);
    const RmsNormParams params{head.norm_f_weight, epsilon, head.norm_f_output_scale,
                               options.norm_sum};
    rmsnorm(params, {rows, dims.d_model, hidden, residual}, out.residual.data(), out.norm.data());
    linear_forward_half(head.lm_head, {out.norm.data(), dims.d_model, 0}, rows, out.logits.data());
    return out;
}

}  // namespace mambasic::golden
