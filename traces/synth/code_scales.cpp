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

class CellMagnitudes {
public:
    explicit CellMagnitudes(const std::vector<float>& values) : values_(values.size()) {
        std::transform(values.begin(), values.end(), values_.begin(),
                       [](float value) { return std::fabs(value); });
        largest_ = *std::max_element(values_.begin(), values_.end());
    }

    /// All zeros would give scales of zero.
    float threshold(float quantile_of) {
        return std::max(quantile(values_, quantile_of), kSmallestMaximum);
    }
    float largest() const { return largest_; }

private:
    std::vector<float> values_;
    float largest_ = 0;
};

struct HighScale {
    float factor = 0;  // 0: that of the largest magnitude
    float largest = 0;
};

Split split_at(float threshold, HighScale how, const XCode& code) {
    const float high = own_range(code).divisor;
    Split out;
    out.threshold = threshold;
    out.low = threshold / high;
    out.high = how.factor > 0 ? out.low * how.factor : std::max(how.largest, threshold) / high;
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
    CellMagnitudes magnitudes(values);
    return split_at(magnitudes.threshold(how.quantile), {how.factor, magnitudes.largest()}, code);
}

Split least_error_split(const std::vector<float>& values, const XCode& code) {
    constexpr std::array<float, 10> kQuantiles{0.5F,  0.7F,  0.8F,   0.9F,   0.95F,
                                               0.98F, 0.99F, 0.995F, 0.998F, 0.999F};
    constexpr float kMaximum = 0;
    constexpr std::array<float, 15> kFactors{kMaximum, 1.5F, 2,  2.5F, 3,  4,  5, 6,
                                             8,        10,   12, 15,   20, 24, 29};
    const float high = own_range(code).divisor;
    CellMagnitudes magnitudes(values);
    const SortedValues sorted(values);
    Split out;
    double least = kAll;
    for (const float quantile_of : kQuantiles) {
        const float threshold = magnitudes.threshold(quantile_of);
        for (const float factor : kFactors) {
            if (factor > 2 * high + 1) continue;
            const Split split = split_at(threshold, {factor, magnitudes.largest()}, code);
            const double error = error_of(sorted, split, code);
            if (error >= least) continue;
            least = error;
            out = split;
        }
    }
    return out;
}

}  // namespace mambasic::traces::synth
