#include "traces/synth/code_scales.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "traces/synth/observers.h"
#include "traces/synth/sorted_values.h"

namespace mambasic::traces::synth {

namespace {

constexpr double kAll = std::numeric_limits<double>::infinity();

std::vector<float> magnitudes_of(const std::vector<float>& values) {
    std::vector<float> out(values.size());
    std::transform(values.begin(), values.end(), out.begin(),
                   [](float value) { return std::fabs(value); });
    return out;
}

// All zeros would give scales of zero.
float threshold_at(std::vector<float>& magnitudes, float quantile_of) {
    return std::max(quantile(magnitudes, quantile_of), kSmallestMaximum);
}

float largest_of(const std::vector<float>& magnitudes) {
    return *std::max_element(magnitudes.begin(), magnitudes.end());
}

// `factor` 0: the high scale is that of the largest magnitude.
Split split_at(float threshold, float largest, float factor, float high) {
    Split out;
    out.threshold = threshold;
    out.low = threshold / high;
    out.high = factor > 0 ? out.low * factor : std::max(largest, threshold) / high;
    return out;
}

// The values between those that are flagged and have the high scale.
struct Unflagged {
    double from = -kAll;
    double to = kAll;
};

Unflagged unflagged(const Split& split, const XCode& code, CodeRange range) {
    if (code.rule == FlagRule::Threshold) {
        const auto threshold = static_cast<double>(split.threshold);
        return {-threshold, threshold};
    }
    const auto low = static_cast<double>(split.low);
    return {code.skewed ? -kAll : (range.low - 0.5) * low, (range.high + 0.5) * low};
}

double error_of(const SortedValues& values, const Split& split, const XCode& code) {
    const CodeRange range = own_range(code);
    const Unflagged inner = unflagged(split, code, range);
    const auto high = static_cast<double>(split.high);
    return values.error(inner.from, inner.to, static_cast<double>(split.low), range) +
           values.error(-kAll, inner.from, high, range) + values.error(inner.to, kAll, high, range);
}

}  // namespace

XScales CodeScales::view() const {
    const auto data = [](const std::vector<float>& scales) {
        return scales.empty() ? nullptr : scales.data();
    };
    return {data(low), data(high), data(threshold), rotation};
}

void CodeScales::add_to(Pieces& pieces, const std::string& conv) const {
    pieces.add(conv + "x_low_scales", low);
    pieces.add(conv + "x_high_scales", high);
    pieces.add(conv + "x_thresholds", threshold);
}

Split split_of(const std::vector<float>& values, const XCode& code, const Observation& how) {
    std::vector<float> magnitudes = magnitudes_of(values);
    const float largest = largest_of(magnitudes);
    return split_at(threshold_at(magnitudes, how.quantile), largest, how.factor,
                    own_range(code).divisor);
}

Split least_error_split(const std::vector<float>& values, const XCode& code) {
    constexpr std::array<float, 10> kQuantiles{0.5F,  0.7F,  0.8F,   0.9F,   0.95F,
                                               0.98F, 0.99F, 0.995F, 0.998F, 0.999F};
    constexpr float kMaximum = 0;
    constexpr std::array<float, 15> kFactors{kMaximum, 1.5F, 2,  2.5F, 3,  4,  5, 6,
                                             8,        10,   12, 15,   20, 24, 29};
    const float high = own_range(code).divisor;
    std::vector<float> magnitudes = magnitudes_of(values);
    const float largest = largest_of(magnitudes);
    const SortedValues sorted(values);
    Split out;
    double least = kAll;
    for (const float quantile_of : kQuantiles) {
        const float threshold = threshold_at(magnitudes, quantile_of);
        for (const float factor : kFactors) {
            if (factor > 2 * high + 1) continue;
            const Split split = split_at(threshold, largest, factor, high);
            const double error = error_of(sorted, split, code);
            if (error >= least) continue;
            least = error;
            out = split;
        }
    }
    return out;
}

}  // namespace mambasic::traces::synth
