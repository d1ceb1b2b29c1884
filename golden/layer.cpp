#include "golden/layer.h"

#include <stdexcept>
#include <string>

#include "golden/conv1d.h"
#include "golden/embedding.h"
#include "golden/layer_ops.h"

namespace mambasic::golden {
namespace {

using traces::Dims;
using traces::Head;

std::size_t conv_state_size(const Dims& dims, const LayerInput& input) {
    return std::size_t{input.batch} * dims.conv_channels() * kConvWidth;
}

std::size_t ssm_state_size(const Dims& dims, const LayerInput& input) {
    return std::size_t{input.batch} * dims.d_inner * dims.d_state;
}

}  // namespace

void require_tree_width(SumOrder sum, const char* name) {
    if ((sum.tree_width & (sum.tree_width - 1)) != 0) {
        throw std::invalid_argument(std::string(name) + ": tree width " +
                                    std::to_string(sum.tree_width) + " is no power of two");
    }
}

void require_layer(const Dims& dims, const LayerInput& input, const Options& options) {
    require_tree_width(options.norm_sum, "norm_sum");
    if (dims.d_conv != kConvWidth) {
        throw std::invalid_argument("d_conv is " + std::to_string(dims.d_conv) + ", not 4");
    }
    if (input.batch == 0 || input.tokens == 0) {
        throw std::invalid_argument("a layer needs at least one sequence of one token");
    }
}

void clear_state(const Dims& dims, const LayerInput& input, LayerState& state) {
    state.conv.assign(conv_state_size(dims, input), 0);
    state.ssm.assign(ssm_state_size(dims, input), 0);
}

void require_decode(const Dims& dims, const LayerInput& input, const LayerState& state) {
    if (input.tokens != 1 || state.ssm.size() != ssm_state_size(dims, input) ||
        state.conv.size() != conv_state_size(dims, input)) {
        throw std::invalid_argument("decode takes one token a sequence and a state for each");
    }
}

void allocate_layer(const Dims& dims, const LayerInput& input, const Options& options,
                    LayerTensors& out) {
    const std::size_t rows = row_count(input);
    out.residual.resize(rows * dims.d_model);
    out.norm.resize(rows * dims.d_model);
    out.in_proj.resize(rows * dims.in_proj_width());
    out.conv.resize(rows * dims.conv_channels());
    const bool decoded = options.keep_ssm_input || options.x_code.format != traces::XFormat::Int8;
    out.ssm_input.resize(decoded ? out.conv.size() : 0);
    out.scan.resize(rows * dims.d_inner);
    out.hadamard.resize(rows * dims.d_inner);
    out.out_proj.resize(rows * dims.d_model);
    out.carry.resize(ssm_state_size(dims, input));
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
