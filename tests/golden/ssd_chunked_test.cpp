// Upstream's five steps: to the bit against a scalar walk through ssm.md 3.1 to 3.5, and not far
// from the recurrence.
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "tests/golden/oracle.h"
#include "tests/golden/ssd_case.h"

namespace mambasic::golden {
namespace {

float half(float v) { return arith::from_half(arith::to_half(v)); }

/// One channel of a case with one sequence, element by element.
class ChannelOracle {
public:
    ChannelOracle(const SsdCase& c, std::size_t channel)
        : c_(c), channel_(channel), head_(channel / c.shape.head_dim), s_(c.shape.states, 0.0F) {}

    /// y of the tokens [first, end) before h; the state moves on.
    std::vector<float> chunk(std::size_t first, std::size_t end) {
        first_ = first;
        cum_.clear();
        float sum = 0.0F;
        for (std::size_t t = first; t < end; ++t) {
            const float da = c_.dt(t, head_) * c_.a(head_);
            sum = sum + da;
            cum_.push_back(sum);
        }
        std::vector<float> y;
        for (std::size_t m = first; m < end; ++m) {
            y.push_back(output(m));
        }
        for (std::size_t n = 0; n < s_.size(); ++n) {
            s_[n] = std::fma(arith::exp(cum_.back()), s_[n], chunk_state(n));
        }
        return y;
    }
    const std::vector<float>& state() const { return s_; }

private:
    float cum(std::size_t t) const { return cum_[t - first_]; }
    float cb(std::size_t m, std::size_t k) const {
        const std::size_t group = head_ * c_.shape.groups / c_.shape.heads;
        int sum = 0;
        for (std::size_t n = 0; n < s_.size(); ++n) {
            sum +=
                c_.input.c.row(m)[group * s_.size() + n] * c_.input.b.row(k)[group * s_.size() + n];
        }
        const std::size_t at = c_.shape.bc_scales == 1 ? 0 : group;
        const float scale = c_.c_scales[at] * c_.b_scales[at];
        return scale * static_cast<float>(sum);
    }
    float output(std::size_t m) const {
        float acc = 0.0F;
        for (std::size_t n = 0; n < s_.size(); ++n) {
            acc = std::fma(half(c_.c(m, head_, n)), half(s_[n]), acc);
        }
        acc = acc * arith::exp(cum(m));
        for (std::size_t k = first_; k <= m; ++k) {
            const float decayed = cb(m, k) * arith::exp(cum(m) - cum(k));
            const float w = half(decayed * c_.dt(k, head_));
            acc = std::fma(w, half(c_.x(k, channel_)), acc);
        }
        return std::fma(c_.x(m, channel_), c_.d(head_), acc);
    }
    float chunk_state(std::size_t n) const {
        float sum = 0.0F;
        for (std::size_t i = 0; i < cum_.size(); ++i) {
            const std::size_t t = first_ + i;
            const float w = arith::exp(cum_.back() - cum_[i]) * c_.dt(t, head_);
            const float b = c_.b(t, head_, n) * w;
            sum = std::fma(half(c_.x(t, channel_)), half(b), sum);
        }
        return sum;
    }

    const SsdCase& c_;
    std::size_t channel_, head_;
    std::size_t first_ = 0;
    std::vector<float> cum_;
    std::vector<float> s_;
};

ScanResult chunked(SsdCase& c, std::size_t chunk) {
    c.params.order = SsdOrder::Chunked;
    c.params.chunk = chunk;
    ScanResult result = c.prefill();
    c.params.order = SsdOrder::Recurrent;
    return result;
}

void expect_oracle(SsdCase& c, std::size_t chunk) {
    const ScanResult got = chunked(c, chunk);
    const std::size_t states = c.shape.states;
    for (std::size_t channel = 0; channel < c.channels(); ++channel) {
        ChannelOracle oracle(c, channel);
        for (std::size_t first = 0; first < c.shape.tokens; first += chunk) {
            const auto y =
                oracle.chunk(first, std::min<std::size_t>(first + chunk, c.shape.tokens));
            for (std::size_t i = 0; i < y.size(); ++i) {
                ASSERT_EQ(got.y[(first + i) * c.channels() + channel], arith::to_half(y[i]))
                    << "token " << first + i << ", channel " << channel;
            }
        }
        for (std::size_t n = 0; n < states; ++n) {
            ASSERT_EQ(got.carry[channel * states + n], oracle.state()[n]);
            ASSERT_EQ(got.state[channel * states + n],
                      even_code(half(oracle.state()[n]) / c.state_scale(channel, n)));
        }
    }
}

const SsdShape kOneGroup{1, 70, 6, 8, 20, 1, {1, 4, 4}, 1};
const SsdShape kEightGroups{1, 70, 16, 4, 16, 8, {8, 2, 3}, 8};

TEST(SsdChunked, IsTheFiveStepsToTheBit) {
    for (const SsdShape& shape : {kOneGroup, kEightGroups}) {
        SsdCase c(shape, 1);
        for (const std::size_t chunk : {1U, 16U, 35U, 64U, 70U, 256U}) {
            expect_oracle(c, chunk);
        }
    }
}

TEST(SsdChunked, IsNotFarFromTheRecurrence) {
    for (const std::uint32_t tokens : {1U, 33U, 257U}) {
        for (SsdShape shape : {kOneGroup, kEightGroups}) {
            shape.tokens = tokens;
            shape.states = 128;
            SsdCase c(shape, tokens);
            const ScanResult recurrent = c.prefill();
            for (const std::size_t chunk : {32U, 256U}) {
                const ScanResult other = chunked(c, chunk);
                EXPECT_LT(r_squared(other.y, recurrent.y), 1e-6) << "upstream asks for 1e-3";
                EXPECT_NE(other.carry, recurrent.carry);
            }
        }
    }
}

TEST(SsdChunked, SequencesOfABatchAreIndependent) {
    SsdShape shape = kEightGroups;
    shape.batch = 2;
    SsdCase c(shape, 2);
    const ScanResult both = chunked(c, 32);
    c.params.order = SsdOrder::Chunked;
    c.params.chunk = 32;
    const std::size_t outputs = both.y.size() / 2;
    const std::size_t states = both.state.size() / 2;
    ScanResult second = c.room();
    ssd_prefill(c.params, c.tokens_from(shape.tokens), 1, shape.tokens, view_of(second));
    EXPECT_TRUE(std::equal(both.y.begin() + static_cast<std::ptrdiff_t>(outputs), both.y.end(),
                           second.y.begin()));
    EXPECT_TRUE(std::equal(both.state.begin() + static_cast<std::ptrdiff_t>(states),
                           both.state.end(), second.state.begin()));
}

TEST(SsdChunked, ThreadsChangeNothing) {
    SsdCase c({2, 65, 6, 16, 32, 2, {2, 3, 4}, 2}, 6);
    omp_set_num_threads(1);
    const ScanResult one = chunked(c, 32);
    omp_set_num_threads(3);
    const ScanResult three = chunked(c, 32);
    EXPECT_EQ(one.y, three.y);
    EXPECT_EQ(one.carry, three.carry);
    EXPECT_EQ(one.state, three.state);
}

}  // namespace
}  // namespace mambasic::golden
