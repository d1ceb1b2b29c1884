#include "models/nonlinear/nonlinear_function.h"

#include <cmath>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace mambasic::models {

namespace {

constexpr std::uint32_t kPolynomialPieces = 32;  // of softplus and SiLU: one per unit of x

std::uint32_t segments_of(UnitFunction function, const NonlinearUnit& unit) {
    if (unit.kind == UnitKind::Table) return unit.table_entries;
    switch (function) {
        case UnitFunction::Exp:
            return 1;
        case UnitFunction::Rsqrt:
            return 2;
        case UnitFunction::Softplus:
        case UnitFunction::Silu:
            break;
    }
    return kPolynomialPieces;
}

template <UnitForm kForm>
float evaluate(UnitFunction function, const UnitView& view, float x, arith::Softplus form) {
    switch (function) {
        case UnitFunction::Exp:
            return unit::exp<kForm>(view, x);
        case UnitFunction::Softplus:
            return unit::softplus<kForm>(view, x, form);
        case UnitFunction::Silu:
            return unit::silu<kForm>(view, x);
        case UnitFunction::Rsqrt:
            break;
    }
    return unit::rsqrt<kForm>(view, x);
}

float sample(UnitFunction function, double position) {
    switch (function) {
        case UnitFunction::Exp:
            return static_cast<float>(-20.0 * (1.0 - position));
        case UnitFunction::Softplus:
        case UnitFunction::Silu:
            return static_cast<float>(24.0 * position - 12.0);
        case UnitFunction::Rsqrt:
            break;
    }
    const double octave = 40.0 * position - 20.0;
    const double whole = std::floor(octave);
    return static_cast<float>(std::ldexp(1.0 + (octave - whole), static_cast<int>(whole)));
}

// The spacing of FP32 numbers at |x|.
double ulp_of(float x) {
    int exponent = 0;
    std::frexp(x, &exponent);
    return std::ldexp(1.0, std::max(exponent, -125) - 24);
}

}  // namespace

UnitView unit_view(UnitFunction function, const NonlinearUnit& unit) {
    if (unit.kind == UnitKind::Exact) return {};
    const bool table = unit.kind == UnitKind::Table;
    const std::uint32_t segments = segments_of(function, unit);
    const std::uint32_t degree = table ? 1 : unit.polynomial_degree;
    static std::mutex mutex;
    static std::map<std::tuple<UnitFunction, std::uint32_t, std::uint32_t, bool>,
                    std::vector<float>>
        tables;
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<float>& coefficients = tables[{function, segments, degree, table}];
    if (coefficients.empty()) coefficients = unit_coefficients(function, segments, degree, table);
    return {table ? UnitForm::Linear : UnitForm::Quintic, coefficients.data(),
            static_cast<std::int32_t>(segments)};
}

float nonlinear_evaluate(UnitFunction function, const NonlinearUnit& unit, float x,
                         arith::Softplus form) {
    const UnitView view = unit_view(function, unit);
    switch (view.form) {
        case UnitForm::Linear:
            return evaluate<UnitForm::Linear>(function, view, x, form);
        case UnitForm::Quintic:
            return evaluate<UnitForm::Quintic>(function, view, x, form);
        case UnitForm::Exact:
            break;
    }
    return evaluate<UnitForm::Exact>(function, view, x, form);
}

NonlinearError nonlinear_error(UnitFunction function, const NonlinearUnit& unit) {
    constexpr std::uint64_t kSamples = 65536;
    NonlinearError error;
    error.samples = kSamples;
    for (std::uint64_t i = 0; i < kSamples; ++i) {
        const float x = sample(function, static_cast<double>(i) / (kSamples - 1));
        const float want = nonlinear_evaluate(function, NonlinearUnit{}, x);
        const float got = nonlinear_evaluate(function, unit, x);
        const double ulp =
            std::fabs(static_cast<double>(got) - static_cast<double>(want)) / ulp_of(want);
        error.mean_ulp += ulp / static_cast<double>(kSamples);
        if (ulp > error.max_ulp) {
            error.max_ulp = ulp;
            error.worst_input = x;
        }
    }
    return error;
}

}  // namespace mambasic::models
