#include "sim/network_quality.h"

#include <algorithm>

namespace mambasic::sim {
namespace {

using golden::Half;
using golden::LayerInput;
using golden::LayerState;
using golden::LayerTensors;

// Logits of a real vocabulary are large: so many rows of them at once.
constexpr std::uint64_t kRowsAtOnce = 16;

}  // namespace

NetworkQuality::NetworkQuality(const traces::TraceInfo& info, const golden::Options& options)
    : dims_(info.dims),
      decode_(info.phase == traces::Phase::Decode),
      epsilon_(info.epsilon),
      options_(options),
      agreement_(info.has_head) {}

void NetworkQuality::begin(const LayerInput& input) {
    const std::size_t size = std::size_t{input.batch} * input.tokens * dims_.d_model;
    hidden_.assign(input.hidden, input.hidden + size);
    residual_.clear();
    if (input.residual != nullptr) residual_.assign(input.residual, input.residual + size);
}

template <typename Layer>
void NetworkQuality::run_layer(std::uint32_t index, const Layer& layer, const LayerInput& input,
                               const LayerState& before) {
    if (index == 0) begin(input);
    LayerInput own = input;
    own.hidden = hidden_.data();
    own.residual = residual_.empty() ? nullptr : residual_.data();
    if (decode_) {
        if (index == states_.size()) states_.push_back(before);  // of the first step
        golden::decode_layer(dims_, layer, own, options_, out_, states_.at(index));
    } else {
        golden::prefill_layer(dims_, layer, own, options_, out_, prefill_state_);
    }
    hidden_ = out_.out_proj;
    residual_ = out_.residual;
}

template void NetworkQuality::run_layer(std::uint32_t, const traces::Mamba1Layer&,
                                        const LayerInput&, const LayerState&);
template void NetworkQuality::run_layer(std::uint32_t, const traces::Mamba2Layer&,
                                        const LayerInput&, const LayerState&);

void NetworkQuality::finish_step(const LayerTensors& made, const traces::Head* head) {
    if (head != nullptr) {
        compare_logits(made, *head);
        return;
    }
    const std::size_t width = dims_.d_model;
    for (std::size_t at = 0; at < hidden_.size(); at += width) {
        agreement_.add_row(&hidden_[at], &made.out_proj[at], width);
    }
}

void NetworkQuality::compare_logits(const LayerTensors& made, const traces::Head& head) {
    const std::uint64_t width = dims_.d_model;
    const std::uint64_t rows = hidden_.size() / width;
    const std::size_t vocab = head.lm_head.n;
    for (std::uint64_t row = 0; row < rows; row += kRowsAtOnce) {
        const std::uint64_t count = std::min(kRowsAtOnce, rows - row);
        const std::size_t at = row * width;
        const golden::HeadTensors wanted =
            golden::run_head(dims_, head, &hidden_[at], &residual_[at], count, epsilon_, options_);
        const golden::HeadTensors got = golden::run_head(
            dims_, head, &made.out_proj[at], &made.residual[at], count, epsilon_, options_);
        for (std::size_t i = 0; i < count * vocab; i += vocab) {
            agreement_.add_row(&wanted.logits[i], &got.logits[i], vocab);
        }
    }
}

std::optional<reports::NetworkFigures> NetworkQuality::result() const {
    if (agreement_.rows() == 0) return std::nullopt;
    return agreement_.figures();
}

}  // namespace mambasic::sim
