#include "traces/synth/observers.h"

#include <algorithm>
#include <cmath>

#include "golden/arithmetic.h"

namespace mambasic::traces::synth {

namespace {

constexpr float kSmallestScale = 1e-6F;  // clamp after the division

float fp32_scale(float maximum, float divisor) {
    return std::max(std::max(maximum, kSmallestMaximum) / divisor, kSmallestScale);
}

}  // namespace

void MinMaxObserver::observe(const float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) maximum_ = std::max(maximum_, std::fabs(values[i]));
}

float MinMaxObserver::scale() const {
    const float maximum = arith::from_half(arith::to_half(std::max(maximum_, kSmallestMaximum)));
    const float scale = arith::from_half(arith::to_half(maximum / 127.0F));
    return std::max(scale, kSmallestScale);
}

float quantile(std::vector<float>& values, float q) {
    const float rank = q * static_cast<float>(values.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(rank), values.size() - 1);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(values.begin(), at, values.end());
    const float low = *at;
    const float high = at + 1 == values.end() ? low : *std::min_element(at + 1, values.end());
    const float weight = rank - static_cast<float>(below);
    // torch.lerp approaches from the nearer end.
    return weight < 0.5F ? low + weight * (high - low) : high - (high - low) * (1.0F - weight);
}

void CellsObserver::observe(const std::vector<float>& values,
                            const std::vector<std::uint32_t>& cells) {
    if (keep_) keep(values, cells);
    if (how_.observer == Observer::MinMax) raise(values, cells);
    if (how_.follows_quantile()) follow(values, cells);
    seen_ = true;
}

void CellsObserver::keep(const std::vector<float>& values,
                         const std::vector<std::uint32_t>& cells) {
    for (std::size_t row = 0; row < values.size(); row += cells.size()) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            values_[cells[i]].push_back(values[row + i]);
        }
    }
}

void CellsObserver::raise(const std::vector<float>& values,
                          const std::vector<std::uint32_t>& cells) {
    for (std::size_t row = 0; row < values.size(); row += cells.size()) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            float& maximum = statistics_[cells[i]];
            maximum = std::max(maximum, std::fabs(values[row + i]));
        }
    }
}

void CellsObserver::follow(const std::vector<float>& values,
                           const std::vector<std::uint32_t>& cells) {
    std::vector<std::vector<float>> magnitudes(statistics_.size());
    for (std::size_t row = 0; row < values.size(); row += cells.size()) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            magnitudes[cells[i]].push_back(std::fabs(values[row + i]));
        }
    }
    for (std::size_t cell = 0; cell < statistics_.size(); ++cell) {
        const float current = quantile(magnitudes[cell], how_.alpha);
        float& kept = statistics_[cell];
        kept = seen_ ? kept + how_.sigma * (current - kept) : current;
    }
}

std::vector<float> CellsObserver::scales(CodeRange range) const {
    std::vector<float> out;
    out.reserve(statistics_.size());
    for (const float statistic : statistics_) out.push_back(fp32_scale(statistic, range.divisor));
    if (how_.observer != Observer::Mse) return out;
    for (std::size_t cell = 0; cell < values_.size(); ++cell) {
        const float scale = least_error_scale(SortedValues(values_[cell]), range);
        out[cell] = std::max(scale, fp32_scale(0, range.divisor));
    }
    return out;
}

}  // namespace mambasic::traces::synth
