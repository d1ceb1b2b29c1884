// exp and log over all 2^32 inputs, against the C library in long double. Minutes, two threads:
// label "long". std::exp of long double is within 2^-63 relative, 2^-39 of the ulp measured here.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "golden/arithmetic.h"
#include "tests/golden/bits.h"

namespace mambasic::golden {
namespace {

struct Worst {
    double ulp = 0;
    float at = 0;
    std::uint64_t wrong = 0;    // special values that are not what they must be
    std::uint64_t checked = 0;  // inputs whose result has a distance in ulp
    std::uint64_t special = 0;

    void add(float x, float got, long double want) {
        ++checked;
        const double error = error_ulp(got, want);
        if (!(error <= ulp)) {
            ulp = error;
            at = x;
        }
    }
    void add_special(bool right) {
        ++special;
        wrong += right ? 0U : 1U;
    }
};

void check_exp(float x, Worst& worst) {
    const float got = arith::exp(x);
    if (std::isnan(x)) {
        worst.add_special(std::isnan(got));
    } else if (x > 90.0F) {
        worst.add_special(got == std::numeric_limits<float>::infinity());
    } else if (x < -105.0F) {
        worst.add_special(bits_of(got) == 0);
    } else {
        worst.add(x, got, std::exp(static_cast<long double>(x)));
    }
}

void check_log(float x, Worst& worst) {
    const float got = arith::log(x);
    if (x > 0.0F && std::isfinite(x)) {
        worst.add(x, got, std::log(static_cast<long double>(x)));
    } else if (x == 0.0F) {
        worst.add_special(got == -std::numeric_limits<float>::infinity());
    } else if (x > 0.0F) {
        worst.add_special(got == x);
    } else {
        worst.add_special(std::isnan(got));
    }
}

/// One thread takes the even bit patterns, the other the odd ones.
Worst over_all_floats(void (*check)(float, Worst&)) {
    Worst part[2];
    const auto run = [&part, check](std::uint64_t first) {
        Worst worst;
        for (std::uint64_t bits = first; bits <= 0xFFFFFFFFU; bits += 2) {
            check(float_of(static_cast<std::uint32_t>(bits)), worst);
        }
        part[first] = worst;
    };
    std::thread odd(run, 1);
    run(0);
    odd.join();
    Worst all = part[0].ulp >= part[1].ulp ? part[0] : part[1];
    all.wrong = part[0].wrong + part[1].wrong;
    all.checked = part[0].checked + part[1].checked;
    all.special = part[0].special + part[1].special;
    return all;
}

void expect_within(const Worst& all, double limit) {
    std::printf("%llu inputs against the oracle, %llu special: worst %.6f ulp at %a\n",
                static_cast<unsigned long long>(all.checked),
                static_cast<unsigned long long>(all.special), all.ulp, static_cast<double>(all.at));
    EXPECT_EQ(all.checked + all.special, std::uint64_t{1} << 32);
    EXPECT_EQ(all.wrong, 0U);
    EXPECT_LE(all.ulp, limit);
    EXPECT_GT(all.ulp, 0.499);
}

TEST(ExpExhaustive, EveryInputIsWithinTheContract) {
    expect_within(over_all_floats(check_exp), 0.51);
}

TEST(LogExhaustive, EveryInputIsWithinTheContract) {
    expect_within(over_all_floats(check_log), 0.51);
}

}  // namespace
}  // namespace mambasic::golden
