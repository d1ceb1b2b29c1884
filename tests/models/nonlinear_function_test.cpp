// The approximate units: close to the function in the way their construction promises.
#include "models/nonlinear/nonlinear_function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

constexpr UnitFunction kFunctions[] = {UnitFunction::Exp, UnitFunction::Softplus,
                                       UnitFunction::Silu, UnitFunction::Rsqrt};

NonlinearUnit table(std::uint32_t entries) { return {UnitKind::Table, entries, 0, 0}; }
NonlinearUnit polynomial(std::uint32_t degree) { return {UnitKind::Polynomial, 0, degree, 0}; }

double truth(UnitFunction function, double x) {
    switch (function) {
        case UnitFunction::Exp:
            return std::exp(x);
        case UnitFunction::Softplus:
            return std::log1p(std::exp(x));
        case UnitFunction::Silu:
            return x / (1.0 + std::exp(-x));
        case UnitFunction::Rsqrt:
            break;
    }
    return 1.0 / std::sqrt(x);
}

// Largest error over a grid; relative for exp and rsqrt, absolute for the other two.
double worst(UnitFunction function, const NonlinearUnit& unit) {
    const bool relative = function == UnitFunction::Exp || function == UnitFunction::Rsqrt;
    double error = 0.0;
    for (int i = 0; i <= 20000; ++i) {
        const double p = i / 20000.0;
        double x = 24.0 * p - 12.0;
        if (function == UnitFunction::Exp) x = -30.0 * p;
        if (function == UnitFunction::Rsqrt) x = std::pow(2.0, 20.0 * p - 10.0);
        const auto input = static_cast<float>(x);
        const double want = truth(function, static_cast<double>(input));
        const auto got = static_cast<double>(nonlinear_evaluate(function, unit, input));
        error = std::max(error, std::fabs(got - want) / (relative ? want : 1.0));
    }
    return error;
}

TEST(NonlinearFunction, ExactIsTheContract) {
    test::Random random(1);
    for (int i = 0; i < 2000; ++i) {
        const float x = random.uniform(-30.0F, 30.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, {}, x), arith::exp(x));
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Silu, {}, x), arith::silu(x));
        for (const auto form : {arith::Softplus::Log1p, arith::Softplus::LogExpPlus1}) {
            EXPECT_EQ(nonlinear_evaluate(UnitFunction::Softplus, {}, x, form),
                      arith::softplus(x, form));
        }
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, {}, std::fabs(x)),
                  arith::rsqrt(std::fabs(x)));
    }
}

TEST(NonlinearFunction, TableErrorIsThatOfLinearInterpolation) {
    // |f''| h^2 / 8: exp 2^f ln2^2 h^2 / 8 with h = 1/256; softplus 0.25 h^2 / 8 with h = 1/8.
    EXPECT_LT(worst(UnitFunction::Exp, table(256)), 1.1e-6);
    EXPECT_GT(worst(UnitFunction::Exp, table(256)), 0.8e-6);
    EXPECT_LT(worst(UnitFunction::Softplus, table(256)), 4.9e-4);
    EXPECT_GT(worst(UnitFunction::Softplus, table(256)), 4.0e-4);
    EXPECT_LT(worst(UnitFunction::Silu, table(256)), 1.0e-3);
    EXPECT_GT(worst(UnitFunction::Silu, table(256)), 8.0e-4);
    EXPECT_LT(worst(UnitFunction::Rsqrt, table(256)), 6.0e-6);
    EXPECT_GT(worst(UnitFunction::Rsqrt, table(256)), 4.0e-6);
}

TEST(NonlinearFunction, DoublingTheTableQuartersTheError) {
    for (const UnitFunction function : kFunctions) {
        const double ratio = worst(function, table(64)) / worst(function, table(128));
        EXPECT_GT(ratio, 3.5);
        EXPECT_LT(ratio, 4.5);
    }
}

TEST(NonlinearFunction, EveryDegreeImprovesThePolynomial) {
    for (const UnitFunction function : kFunctions) {
        for (const std::uint32_t degree : {2U, 3U}) {
            EXPECT_LT(worst(function, polynomial(degree + 1)),
                      0.5 * worst(function, polynomial(degree)));
        }
    }
    EXPECT_LT(worst(UnitFunction::Exp, polynomial(5)), 3.0e-7);
    EXPECT_LT(worst(UnitFunction::Rsqrt, polynomial(5)), 2.0e-5);
    EXPECT_LT(worst(UnitFunction::Softplus, polynomial(5)), 2.0e-6);
}

TEST(NonlinearFunction, EndsAreDefined) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (const NonlinearUnit& unit : {table(64), polynomial(3)}) {
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, unit, -200.0F), 0.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, unit, -infinity), 0.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, unit, -87.5F), 0.0F);  // subnormal: flushed
        EXPECT_GT(nonlinear_evaluate(UnitFunction::Exp, unit, -87.0F), 0.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, unit, 200.0F), infinity);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Softplus, unit, -40.0F), 0.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Softplus, unit, 40.0F), 40.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Silu, unit, -40.0F), 0.0F);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Silu, unit, infinity), infinity);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, unit, 0.0F), infinity);
        EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, unit, infinity), 0.0F);
        EXPECT_TRUE(std::isnan(nonlinear_evaluate(UnitFunction::Rsqrt, unit, -1.0F)));
        for (const UnitFunction function : kFunctions) {
            EXPECT_TRUE(std::isnan(nonlinear_evaluate(function, unit, std::nanf(""))));
        }
    }
    EXPECT_EQ(nonlinear_evaluate(UnitFunction::Exp, table(64), 0.0F), 1.0F);
    EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, table(64), 0.25F), 2.0F);
    EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, table(64), 1.0F), 1.0F);
    EXPECT_EQ(nonlinear_evaluate(UnitFunction::Rsqrt, table(64), 4.0F), 0.5F);
}

TEST(NonlinearFunction, ErrorIsReportedInUlp) {
    for (const UnitFunction function : kFunctions) {
        const NonlinearError exact = nonlinear_error(function, {});
        EXPECT_EQ(exact.max_ulp, 0.0);
        EXPECT_EQ(exact.samples, 65536U);
        const NonlinearError coarse = nonlinear_error(function, table(64));
        const NonlinearError fine = nonlinear_error(function, table(1024));
        EXPECT_GT(coarse.mean_ulp, fine.mean_ulp);
        EXPECT_GE(coarse.max_ulp, coarse.mean_ulp);
        EXPECT_GT(fine.mean_ulp, 0.0);
    }
    // 1.0e-6 relative is 8 to 16 ulp.
    const NonlinearError exp = nonlinear_error(UnitFunction::Exp, table(256));
    EXPECT_GT(exp.max_ulp, 7.0);
    EXPECT_LT(exp.max_ulp, 17.0);
}

}  // namespace
}  // namespace mambasic::models
