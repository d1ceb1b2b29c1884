#include "sim/network_quality.h"

#include <algorithm>

namespace mambasic::sim {
namespace {

using golden::Half;
using golden::LayerInput;
using golden::LayerState;
using golden::LayerTensors;

// Logits of a real vocabulary are large: so many rows of them at once.
constexpr std::size_t kRowsAtOnce = 16;

template <typename T>
std::vector<T> taken(const std::vector<T>& all, const std::vector<std::size_t>& rows,
                     std::size_t width) {
    std::vector<T> some;
    some.reserve(rows.size() * width);
    for (const std::size_t row : rows) {
        some.insert(some.end(), &all[row * width], &all[row * width] + width);
    }
    return some;
}

}  // namespace

bool is_compared(std::uint64_t row, std::uint64_t rows) {
    const std::uint64_t count = std::min(rows, kLogitsRows);
    return (row + 1) * count / rows > row * count / rows;
}

NetworkQuality::NetworkQuality(const traces::TraceInfo& info, const golden::Options& options)
    : dims_(info.dims),
      decode_(info.phase == traces::Phase::Decode),
      tokens_(std::uint64_t{info.batch} * info.tokens),
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
    const std::size_t count = hidden_.size() / dims_.d_model;
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < count; ++row) {
        if (is_compared(seen_++, tokens_)) rows.push_back(row);
        const bool full = rows.size() == kRowsAtOnce || row + 1 == count;
        if (!full || rows.empty()) continue;
        compare_rows(made, head, rows);
        rows.clear();
    }
}

void NetworkQuality::compare_rows(const LayerTensors& made, const traces::Head& head,
                                  const std::vector<std::size_t>& rows) {
    const std::size_t width = dims_.d_model;
    const auto logits = [&](const std::vector<Half>& hidden, const std::vector<float>& residual) {
        const std::vector<Half> own_hidden = taken(hidden, rows, width);
        const std::vector<float> own_residual = taken(residual, rows, width);
        return golden::run_head(dims_, head, own_hidden.data(), own_residual.data(), rows.size(),
                                epsilon_, options_)
            .logits;
    };
    const std::vector<Half> wanted = logits(hidden_, residual_);
    const std::vector<Half> got = logits(made.out_proj, made.residual);
    const std::size_t vocab = head.lm_head.n;
    for (std::size_t at = 0; at < rows.size() * vocab; at += vocab) {
        agreement_.add_row(&wanted[at], &got[at], vocab);
    }
}

std::optional<reports::NetworkFigures> NetworkQuality::result() const {
    if (agreement_.rows() == 0) return std::nullopt;
    return agreement_.figures();
}

}  // namespace mambasic::sim
