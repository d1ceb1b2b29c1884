#include "traces/synth/observers.h"

#include <algorithm>
#include <cmath>

#include "golden/arithmetic.h"

namespace mambasic::traces::synth {

namespace {

constexpr float kQuantile = 0.9995F;       // what upstream's call sites pass
constexpr float kEmaWeight = 0.01F;        // percentile_sigma
constexpr float kSmallestMaximum = 1e-5F;  // clamp before the division
constexpr float kSmallestScale = 1e-6F;    // clamp after it

float fp32_scale(float maximum) {
    return std::max(std::max(maximum, kSmallestMaximum) / 127.0F, kSmallestScale);
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

void CellsObserver::observe(std::size_t cell, float value) {
    maxima_[cell] = std::max(maxima_[cell], std::fabs(value));
}

std::vector<float> CellsObserver::scales() const {
    std::vector<float> out;
    for (const float maximum : maxima_) out.push_back(fp32_scale(maximum));
    return out;
}

void PercentileObserver::observe(const float* values, std::size_t count) {
    std::vector<float> magnitudes(count);
    std::transform(values, values + count, magnitudes.begin(),
                   [](float value) { return std::fabs(value); });
    const float current = quantile(magnitudes, kQuantile);
    quantile_ = seen_ ? quantile_ + kEmaWeight * (current - quantile_) : current;
    seen_ = true;
}

float PercentileObserver::scale() const { return fp32_scale(quantile_); }

}  // namespace mambasic::traces::synth
