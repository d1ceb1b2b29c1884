#include "models/nonlinear/unit_table.h"

#include <array>
#include <cmath>

namespace mambasic::models {

namespace {

constexpr std::size_t kOrders = 6;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;

// Taylor series of e^(x / 2^6), then six squarings: relative error below 1e-13 for |x| < 40, which
// is 1e-6 ulp of the FP32 coefficients.
double exp_double(double x) {
    const double r = x / 64.0;
    double term = 1.0;
    double sum = 1.0;
    for (int i = 1; i < 24; ++i) {
        term = term * r / static_cast<double>(i);
        sum += term;
    }
    for (int i = 0; i < 6; ++i) sum *= sum;
    return sum;
}

// ln(1 + y) for 0 <= y: halve 1 + y into [1, 2), then 2 atanh(s) by its series.
double log1p_double(double y) {
    double m = 1.0 + y;
    double k = 0.0;
    while (m >= 2.0) {
        m /= 2.0;
        k += 1.0;
    }
    // Without halving, 1 + y would lose y's low bits: use y itself.
    const double s = k == 0.0 ? y / (2.0 + y) : (m - 1.0) / (m + 1.0);
    double sum = 0.0;
    for (int i = 59; i >= 1; i -= 2) sum = sum * s * s + 1.0 / static_cast<double>(i);
    return k * kLn2 + 2.0 * s * sum;
}

// cos(pi x) for 0 <= x <= 1 by the Taylor series; places the interpolation points only.
double cos_pi(double x) {
    const double a = 3.14159265358979323846 * x;
    double term = 1.0;
    double sum = 1.0;
    for (int i = 1; i < 16; ++i) {
        term = -term * a * a / static_cast<double>((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

// The function at position p in [0, 1] of the unit's whole reduced range.
double value_at(UnitFunction function, double p) {
    const double x = static_cast<double>(kUnitRange) * (2.0 * p - 1.0);
    switch (function) {
        case UnitFunction::Exp:
            return exp_double(p * kLn2);
        case UnitFunction::Softplus:
            return x > 0.0 ? x + log1p_double(exp_double(-x)) : log1p_double(exp_double(x));
        case UnitFunction::Silu:
            return x / (1.0 + exp_double(-x));
        case UnitFunction::Rsqrt:
            break;
    }
    const double t = 2.0 * p;  // octave and fraction
    return 1.0 / std::sqrt(t < 1.0 ? 1.0 + t : 2.0 * t);
}

using Polynomial = std::array<double, kOrders>;

// Newton's divided differences, expanded to powers of the segment's own coordinate in [0, 1].
Polynomial interpolate(const Polynomial& x, Polynomial y, std::size_t degree) {
    for (std::size_t order = 1; order <= degree; ++order) {
        for (std::size_t i = degree; i >= order; --i) {
            y[i] = (y[i] - y[i - 1]) / (x[i] - x[i - order]);
        }
    }
    Polynomial result{};
    for (std::size_t step = degree + 1; step-- > 0;) {
        for (std::size_t k = kOrders - 1; k > 0; --k) {
            result[k] = result[k - 1] - x[step] * result[k];
        }
        result[0] = y[step] - x[step] * result[0];
    }
    return result;
}

}  // namespace

std::vector<float> unit_coefficients(UnitFunction function, std::uint32_t segments,
                                     std::uint32_t degree, bool through_ends) {
    std::vector<float> coefficients(kOrders * segments);
    Polynomial x{};
    for (std::uint32_t i = 0; i <= degree; ++i) {
        x[i] = through_ends ? static_cast<double>(i) / static_cast<double>(degree)
                            : 0.5 - 0.5 * cos_pi((2.0 * i + 1.0) / (2.0 * degree + 2.0));
    }
    for (std::uint32_t segment = 0; segment < segments; ++segment) {
        Polynomial y{};
        for (std::uint32_t i = 0; i <= degree; ++i) {
            y[i] = value_at(function, (segment + x[i]) / segments);
            if (through_ends) y[i] = static_cast<double>(static_cast<float>(y[i]));
        }
        const Polynomial p = interpolate(x, y, degree);
        for (std::size_t k = 0; k < kOrders; ++k) {
            coefficients[k * segments + segment] = static_cast<float>(p[k]);
        }
    }
    return coefficients;
}

}  // namespace mambasic::models
