// Mamba1's x_proj, whose weights hold the scales of its input, and that input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "regrouped.h"

namespace mambasic::traces::synth {
namespace {

using test::captured_mamba1;
using test::cells;
using test::kOne;
using test::looked_up;
using test::regrouped;

constexpr TargetScales kPerChannel = cells(16, 16);

std::vector<std::size_t> moved_from(const Trace& before, const Trace& after, std::uint32_t index) {
    return test::channels_moved(before.mamba1_layer(index).in_proj,
                                after.mamba1_layer(index).in_proj, before.info().dims);
}

/// What x_proj multiplies real inputs with, and how far from the floats its codes may be.
struct XProj {
    explicit XProj(const Trace& trace, std::uint32_t index)
        : dims(trace.info().dims), layer(trace.mamba1_layer(index)), linear(layer.x_proj) {}

    double x_scale(std::uint32_t c) const {
        const float scale = layer.groups ? layer.groups->x_scales[looked_up(dims, *layer.groups, c)]
                                         : layer.conv_output_scale;
        return static_cast<double>(scale);
    }
    double step(std::size_t o) const {
        return static_cast<double>(
            linear.kind == LinearKind::W8 ? linear.b : linear.column[o] * layer.b_scale);
    }
    double reference() const {
        const auto a = static_cast<double>(linear.a);
        return linear.kind == LinearKind::W8 ? a * static_cast<double>(layer.b_scale) : a;
    }
    /// What is stored, in units of the weights: with the scales in it.
    double stored(std::size_t o, std::size_t c) const {
        return linear.weight[o * linear.k + c] * step(o);
    }
    double real(std::size_t o, std::uint32_t c) const {
        return stored(o, c) * reference() / x_scale(c);
    }

    Dims dims;
    Mamba1Layer layer;
    Linear linear;
};

// W8: half a step of codes, and 2^-11 of 127 of one where the quotient is rounded to FP16. W4: half
// a step of 4 bits, of which 7.5 are the largest weight of the 128; of 8 bits; and the largest
// weight is held at 7.
double allowed(const XProj& x_proj, std::size_t o, double largest_of_group) {
    if (x_proj.linear.kind == LinearKind::W8) return 0.57 * x_proj.step(o);
    return largest_of_group / 15 * 1.1 + 0.6 * x_proj.step(o);
}

void expect_folded(const Trace& before, const Trace& after, std::uint32_t index) {
    const XProj was(before, index);
    const XProj is(after, index);
    const std::vector<std::size_t> from = moved_from(before, after, index);
    ASSERT_EQ(from.size(), was.dims.d_inner);
    double largest = 0;
    for (std::uint32_t c = 0; c < from.size(); ++c) largest = std::max(largest, is.x_scale(c));
    EXPECT_NEAR(is.reference() / largest, 1, 1e-6) << "the reference is the largest scale";
    for (std::size_t o = 0; o < was.linear.n; ++o) {
        std::vector<double> want(from.size());
        for (std::uint32_t c = 0; c < from.size(); ++c) {
            want[c] = was.real(o, static_cast<std::uint32_t>(from[c])) * is.x_scale(c) / largest;
        }
        for (std::size_t c = 0; c < from.size(); ++c) {
            const auto group = want.begin() + static_cast<std::ptrdiff_t>(c / 128 * 128);
            const double most =
                std::fabs(*std::max_element(group, group + 128, [](double a, double b) {
                    return std::fabs(a) < std::fabs(b);
                }));
            EXPECT_NEAR(is.stored(o, c), want[c], allowed(is, o, most)) << o << " " << c;
        }
    }
}

// The products with real inputs are what they were, whatever scales the weights hold.
TEST(RegroupXProj, XProjHoldsTheScalesOfItsInput) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = captured_mamba1(precision);
        for (const TargetScales& target : {cells(4, 4), kPerChannel, cells(1, 7), cells(1, 1)}) {
            const Trace groups = regrouped(one, target, "groups");
            for (std::uint32_t i = 0; i < 2; ++i) expect_folded(one, groups, i);
            for (const TargetScales& next : {cells(3, 2), kOne}) {
                const Trace other = regrouped(groups, next, "other");
                for (std::uint32_t i = 0; i < 2; ++i) expect_folded(groups, other, i);
            }
        }
    }
}

/// The same x_proj with twice the reference scale.
Trace with_doubled_reference(const Trace& trace) {
    const auto scaled = [](test::Bytes& bytes, float factor) {
        for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
            float value = 0;
            std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
            test::put(bytes, i, value * factor);
        }
    };
    const std::string path = test::temp_path("doubled");
    test::write_trace(path, trace.info(), [&](const Tensor& tensor, test::Bytes& bytes) {
        std::memcpy(bytes.data(), trace.find(tensor.name)->data, bytes.size());
        const auto is = [&tensor](const char* name) {
            return test::ends_with(tensor.name, std::string("mixer.x_proj.") + name);
        };
        if (is("a") || is("input_scale")) scaled(bytes, 2.0F);
        if (is("b") || is("s_channel")) scaled(bytes, 0.5F);
    });
    return Trace::open(path);
}

// Which reference scale the weights refer to is the producer's choice; kept weights keep it.
TEST(RegroupXProj, KeptWeightsKeepTheirReference) {
    TargetScales min_max = kOne;
    min_max.observer = Observer::MinMax;
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = with_doubled_reference(captured_mamba1(precision));
        for (const TargetScales& target : {min_max, cells(1, 1)}) {
            const Trace after = regrouped(one, target);
            const XProj was(one, 0);
            const XProj is(after, 0);
            EXPECT_NE(was.x_scale(0), is.x_scale(0));
            for (std::size_t o = 0; o < was.linear.n; ++o) {
                for (std::uint32_t c = 0; c < was.dims.d_inner; ++c) {
                    const double real = was.real(o, c);
                    ASSERT_NEAR(is.real(o, c), real, 1e-6 * std::fabs(real)) << o << " " << c;
                }
            }
        }
    }
}

// The convolution's real output is the same but for its codes' rounding, half a step of each, and
// for what is beyond the codes: 0.05 % of one scale, and by cell what the unquantized in_proj,
// which calibrates, does not reach.
TEST(RegroupXProj, TheConvolutionsOutputStaysWhatItWas) {
    const Trace before = captured_mamba1();
    const XProj was(before, 0);
    for (const TargetScales& target : {cells(4, 4), kPerChannel, cells(5, 3)}) {
        const Trace after = regrouped(before, target);
        const XProj is(after, 0);
        const std::vector<std::size_t> from = moved_from(before, after, 0);
        const auto* old = before.recorded(0, "conv1d.output")->as<std::int8_t>();
        const auto* now = after.recorded(0, "conv1d.output")->as<std::int8_t>();
        std::size_t beyond = 0;
        for (std::size_t i = 0; i < 24 * from.size(); ++i) {
            const auto c = static_cast<std::uint32_t>(i % from.size());
            const auto place = static_cast<std::uint32_t>(from[c]);
            const int old_code = old[i - c + place];
            if (std::abs(old_code) >= 127 || std::abs(int{now[i]}) >= 127) {
                ++beyond;
                continue;
            }
            EXPECT_NEAR(now[i] * is.x_scale(c), old_code * was.x_scale(place),
                        0.51 * (is.x_scale(c) + was.x_scale(place)));
        }
        // Every cell has a largest code, near 127.
        EXPECT_LT(beyond, 20 + 2 * is.layer.groups->shape.cells());
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
