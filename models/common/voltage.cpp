#include "models/common/voltage.h"

#include <algorithm>
#include <cmath>

namespace mambasic::models {

namespace {

template <typename Coefficients>
double polynomial(const Coefficients& c, double v) {
    double sum = 0;
    for (auto it = c.rbegin(); it != c.rend(); ++it) sum = sum * v + *it;
    return sum;
}

// A fit bends outside the voltages it was made for: there it is no rule.
void check_fit(const VoltageRule& rule, const YamlMap& map) {
    constexpr int kSteps = 64;
    double energy = 0;
    double delay = 0;
    for (int i = 0; i <= kSteps; ++i) {
        const double v = rule.lowest_v + (rule.highest_v - rule.lowest_v) * i / kSteps;
        const double e = polynomial(rule.energy, v);
        const double d = polynomial(rule.delay, v);
        if (e <= energy) map.reject("energy_v0", "energy must be above 0 and rise with voltage");
        if (d <= 0) map.reject("delay_v0", "delay must be above 0");
        if (i > 0 && d >= delay) map.reject("delay_v0", "delay must fall with voltage");
        energy = e;
        delay = d;
    }
}

}  // namespace

VoltageRule VoltageRule::parse(YamlMap map) {
    constexpr double kMaxVolts = 5;
    constexpr double kLargest = 1e6;
    VoltageRule r;
    r.nominal_v = map.take_double("nominal_v", 0.1, kMaxVolts, "V", "what the figures are for");
    r.lowest_v = map.take_double("lowest_v", 0.1, kMaxVolts, "V", "lowest that the rule holds for");
    r.highest_v =
        map.take_double("highest_v", 0.1, kMaxVolts, "V", "highest that the rule holds for");
    if (r.lowest_v >= r.highest_v) map.reject("lowest_v", "must be below highest_v");
    if (r.nominal_v < r.lowest_v || r.nominal_v > r.highest_v) {
        map.reject("nominal_v", "must lie from lowest_v to highest_v");
    }
    const auto take = [&](const char* key, const char* what) {
        return map.take_double(key, -kLargest, kLargest, "ratio", what);
    };
    r.energy = {take("energy_v0", "energy goes with energy_v2 V^2 + energy_v1 V + energy_v0"),
                take("energy_v1", "see energy_v0"), take("energy_v2", "see energy_v0")};
    r.delay = {take("delay_v0", "delay goes with delay_v3 V^3 + .. + delay_v0"),
               take("delay_v1", "see delay_v0"), take("delay_v2", "see delay_v0"),
               take("delay_v3", "see delay_v0")};
    map.take_text("polynomial_source", "where the two polynomials come from");
    r.leakage_exponent =
        map.take_banded("leakage_exponent", "ratio", "leakage goes with this power of the voltage");
    map.finish();
    check_fit(r, map);
    return r;
}

VoltageFactors voltage_factors(const VoltageRule& rule, double voltage_v) {
    VoltageFactors f;
    f.energy = polynomial(rule.energy, voltage_v) / polynomial(rule.energy, rule.nominal_v);
    f.delay = polynomial(rule.delay, voltage_v) / polynomial(rule.delay, rule.nominal_v);
    const double ratio = voltage_v / rule.nominal_v;
    const double strong = std::pow(ratio, rule.leakage_exponent.high);
    const double weak = std::pow(ratio, rule.leakage_exponent.low);
    f.leakage = {std::pow(ratio, rule.leakage_exponent.value), std::min(strong, weak),
                 std::max(strong, weak)};
    return f;
}

}  // namespace mambasic::models
