// Golden, in step with the run: it carries its own hidden state, residual and layer states, so that
// nothing the chip computes can reach it.
#include <cstddef>
#include <memory>
#include <utility>

#include "golden/layer.h"
#include "golden/rotation.h"
#include "models/common/error.h"
#include "sim/quality.h"
#include "sim/reference.h"

namespace mambasic::sim {
namespace {

using golden::LayerState;
using golden::LayerTensors;
using traces::DType;
using traces::Phase;
using traces::Tensor;

template <typename T>
Tensor view(const char* name, DType dtype, std::vector<std::uint64_t> shape,
            const std::vector<T>& data) {
    Tensor tensor;
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    tensor.data = reinterpret_cast<const std::byte*>(data.data());
    MAMBASIC_CHECK(tensor.bytes() == data.size() * sizeof(T), "golden made another shape");
    return tensor;
}

// Rows `token` of each sequence of [batch][tokens][width].
template <typename T>
std::vector<T> rows_of_token(const T* data, std::uint32_t batch, std::uint32_t tokens,
                             std::uint32_t token, std::uint32_t width) {
    std::vector<T> rows;
    for (std::size_t b = 0; b < batch; ++b) {
        const T* row = data + (b * tokens + token) * width;
        rows.insert(rows.end(), row, row + width);
    }
    return rows;
}

class GoldenReference : public Reference {
public:
    GoldenReference(const traces::Trace& trace, const golden::Options& options, Quality* quality,
                    std::vector<traces::XCode> x_codes)
        : name_(options.ssd_order == golden::SsdOrder::Chunked ? "golden-chunked" : "golden"),
          trace_(trace),
          info_(trace.info()),
          options_(options),
          quality_(quality),
          x_codes_(std::move(x_codes)) {
        MAMBASIC_CHECK(x_codes_.empty() || x_codes_.size() == info_.layers,
                       "a code of x for each layer");
        if (info_.phase == Phase::Decode) load_states();
    }

    const std::string& name() const override { return name_; }

    std::vector<Tensor> tensors(const LayerOutput& output) override {
        if (output.layer == LayerOutput::kEmbedding) return embedding(output.step);
        if (output.layer == LayerOutput::kHead) return head();
        if (output.layer == 0 && !info_.has_head) take_input(output.step);
        return run_layer(static_cast<std::uint32_t>(output.layer));
    }

private:
    bool is_decode() const { return info_.phase == Phase::Decode; }
    std::uint32_t tokens() const { return is_decode() ? 1 : info_.tokens; }
    std::uint64_t rows() const { return std::uint64_t{info_.batch} * tokens(); }

    void load_states() {
        const traces::Dims& d = info_.dims;
        const std::size_t conv_size = std::size_t{info_.batch} * d.conv_channels() * d.d_conv;
        const std::size_t ssm_size = std::size_t{info_.batch} * d.d_inner * d.d_state;
        for (std::uint32_t i = 0; i < info_.layers; ++i) {
            const std::int8_t* conv = trace_.conv_state_in(i);
            const std::int8_t* ssm = trace_.ssm_state_in(i);
            states_.push_back({{conv, conv + conv_size}, {ssm, ssm + ssm_size}});
        }
    }

    void take_input(std::uint32_t step) {
        const std::uint32_t width = info_.dims.d_model;
        const float* residual = trace_.input_residual();
        residual_.clear();
        if (is_decode()) {
            hidden_ = rows_of_token(trace_.input_hidden(), info_.batch, info_.tokens, step, width);
            if (residual != nullptr) {
                residual_ = rows_of_token(residual, info_.batch, info_.tokens, step, width);
            }
            return;
        }
        hidden_.assign(trace_.input_hidden(), trace_.input_hidden() + rows() * width);
        if (residual != nullptr) residual_.assign(residual, residual + rows() * width);
    }

    std::vector<Tensor> embedding(std::uint32_t step) {
        const std::vector<std::int32_t> ids =
            is_decode() ? rows_of_token(trace_.tokens(), info_.batch, info_.tokens, step, 1)
                        : std::vector<std::int32_t>(trace_.tokens(), trace_.tokens() + rows());
        hidden_ = golden::embed(info_.dims, trace_.head(), ids.data(), rows());
        residual_.clear();
        return {view("embedding.output", DType::F16, {info_.batch, tokens(), info_.dims.d_model},
                     hidden_)};
    }

    golden::Options options_of(std::uint32_t index) const {
        golden::Options options = options_;
        options.keep_ssm_input = quality_ != nullptr;
        if (!x_codes_.empty()) options.x_code = x_codes_[index];
        return options;
    }

    // A trace has one matrix, which every layer and token shares.
    std::shared_ptr<const golden::RotationMatrix> rotation_of(const traces::XCode& code,
                                                              const traces::XScales& scales) {
        if (code.dense && scales.rotation != nullptr && rotation_ == nullptr) {
            rotation_ =
                std::make_shared<const golden::RotationMatrix>(scales.rotation, info_.dims.d_inner);
        }
        return rotation_;
    }

    std::vector<Tensor> run_layer(std::uint32_t index) {
        const golden::LayerInput input{info_.batch, tokens(), hidden_.data(),
                                       residual_.empty() ? nullptr : residual_.data(),
                                       info_.epsilon};
        golden::Options options = options_of(index);
        LayerState& state = is_decode() ? states_.at(index) : prefill_state_;
        const auto run = [&](const auto& layer) {
            options.rotation = rotation_of(options.x_code, layer.x_scales);
            const LayerState before = quality_ != nullptr && is_decode() ? state : LayerState{};
            if (is_decode()) {
                golden::decode_layer(info_.dims, layer, input, options, out_, state);
            } else {
                golden::prefill_layer(info_.dims, layer, input, options, out_, state);
            }
            if (quality_ != nullptr)
                quality_->add(layer, {index, options.x_code, input, before, out_});
        };
        if (info_.dims.mamba2()) {
            run(trace_.mamba2_layer(index));
        } else {
            run(trace_.mamba1_layer(index));
        }
        hidden_ = out_.out_proj;
        residual_ = out_.residual;
        if (quality_ != nullptr && index + 1 == info_.layers) finish_step();
        return layer_views(state);
    }

    void finish_step() {
        if (!info_.has_head) return quality_->finish_step(out_, nullptr);
        const traces::Head head = trace_.head();
        quality_->finish_step(out_, &head);
    }

    std::vector<Tensor> layer_views(const LayerState& state) const {
        const traces::Dims& d = info_.dims;
        const auto rows_by = [&](std::uint64_t width) {
            return std::vector<std::uint64_t>{info_.batch, tokens(), width};
        };
        const std::uint64_t e = d.d_inner;
        const auto model = rows_by(d.d_model);
        const auto inner = rows_by(e);
        const std::vector<std::uint64_t> history = {info_.batch, d.conv_channels(), d.d_conv};
        const std::vector<std::uint64_t> states = {info_.batch, e, d.d_state};
        std::vector<Tensor> views = {
            view("norm.residual", DType::F32, model, out_.residual),
            view("norm.output", DType::I8, model, out_.norm),
            view("in_proj.output", DType::I8, rows_by(d.in_proj_width()), out_.in_proj),
            view("conv1d.state", DType::I8, history, state.conv)};
        const auto add_if_made = [&](const char* name, DType dtype, std::uint64_t width,
                                     const auto& data) {
            if (!data.empty()) views.push_back(view(name, dtype, rows_by(width), data));
        };
        add_if_made("conv1d.output", DType::I8, d.conv_channels(), out_.conv);
        add_if_made("conv1d.codes", DType::I8, e, out_.x_codes);
        add_if_made("conv1d.flags", DType::I8, e, out_.x_flags);
        add_if_made("conv1d.values", DType::F32, out_.values.size() / rows(), out_.values);
        add_if_made("rotate.output", DType::I8, e, out_.rotated);
        add_if_made("unrotate.output", DType::F32, e, out_.unrotated);
        if (!d.mamba2()) {
            views.push_back(
                view("x_proj.output", DType::I8, rows_by(d.x_proj_width()), out_.x_proj));
            views.push_back(view("dt_proj.output", DType::I8, inner, out_.dt_proj));
        }
        views.push_back(view("scan.output", DType::F16, inner, out_.scan));
        views.push_back(view("scan.carry", DType::F32, states, out_.carry));
        views.push_back(view("scan.state", DType::I8, states, state.ssm));
        if (d.mamba2()) {
            views.push_back(view("gated_norm.output", DType::F16, inner, out_.gated_norm));
        }
        views.push_back(view("had.output", DType::I8, inner, out_.hadamard));
        views.push_back(view("out_proj.output", DType::F16, model, out_.out_proj));
        return views;
    }

    // In prefill, of the last token of each sequence.
    std::vector<Tensor> head() {
        const std::uint32_t last = tokens() - 1;
        const std::uint32_t width = info_.dims.d_model;
        const auto hidden = rows_of_token(hidden_.data(), info_.batch, tokens(), last, width);
        const auto residual = rows_of_token(residual_.data(), info_.batch, tokens(), last, width);
        head_ = golden::run_head(info_.dims, trace_.head(), hidden.data(), residual.data(),
                                 info_.batch, info_.epsilon, options_);
        const std::uint64_t vocab = trace_.head().lm_head.n;
        return {view("norm_f.residual", DType::F32, {info_.batch, 1, width}, head_.residual),
                view("norm_f.output", DType::I8, {info_.batch, 1, width}, head_.norm),
                view("lm_head.output", DType::F16, {info_.batch, 1, vocab}, head_.logits)};
    }

    const std::string name_;
    const traces::Trace& trace_;
    const traces::TraceInfo info_;
    const golden::Options options_;
    Quality* const quality_;  // null: nobody asked
    const std::vector<traces::XCode> x_codes_;
    std::shared_ptr<const golden::RotationMatrix> rotation_;
    std::vector<golden::Half> hidden_;
    std::vector<float> residual_;     // empty before layer 0 of the model
    std::vector<LayerState> states_;  // decode: one a layer
    LayerState prefill_state_;
    LayerTensors out_;
    golden::HeadTensors head_;
};

}  // namespace

golden::Options golden_options(const ChipConfig& chip) {
    golden::Options options;
    options.scan_order = golden::ScanOrder::Sequential;  // the chip's scan runs in time order
    options.norm_sum = {chip.norm.sum.tree_width};
    options.gated_norm_sum = {chip.gated_norm.sum.tree_width};
    options.ssm_sum = {chip.ssm.sum.tree_width};
    options.ssd_sum = {chip.ssm.ssd_sum.tree_width};
    options.softplus = chip.arithmetic.softplus;
    options.quamba_quirks = chip.arithmetic.quamba_quirks;
    options.x_proj_input = chip.dequant_mux.x_proj_input;
    return options;
}

std::unique_ptr<Reference> golden_reference(const traces::Trace& trace,
                                            const golden::Options& options, Quality* quality,
                                            const std::vector<traces::XCode>& x_codes) {
    return std::make_unique<GoldenReference>(trace, options, quality, x_codes);
}

}  // namespace mambasic::sim
