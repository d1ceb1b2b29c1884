// The SSM core where x is not int8: a code must give what its decoded numbers give, and numbers
// that are decoded int8 codes what these codes give, which the tests of the core know to the bit.
#include <gtest/gtest.h>

#include "models/ssm/ssd_function.h"
#include "models/ssm/ssm_function.h"
#include "tests/models/function_test_support.h"
#include "tests/models/ssm/ssd_problem.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::codes_in_words;
using test::plain;
using test::Random;
using test::XElement;
using test::XScalesOf;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

/// Rows of x of which a tile works on the channels first .. first + count.
struct Rows {
    std::uint64_t channels, first, count;
    std::vector<XScalesOf> scales;
    std::vector<float> values, int8, low, high;  // values [row][count]
    std::vector<std::uint8_t> words;
    std::uint64_t stride;

    Rows(const XCode& code, std::uint64_t rows, std::uint64_t all, std::uint64_t begin,
         std::uint64_t width)
        : channels(all), first(begin), count(width), stride(x_row_bytes(code, all) + 3) {
        Random random(11);
        for (std::uint64_t c = 0; c < channels; ++c) {
            scales.push_back({random.uniform(0.01F, 0.02F), random.uniform(0.05F, 0.2F),
                              random.uniform(0.3F, 0.9F), random.uniform(0.5F, 1.5F)});
        }
        for (std::uint64_t r = 0; r < rows; ++r) {
            const std::vector<XElement> row =
                test::code_row(code, random.floats(channels, -0.28F, 9.0F), scales);
            std::vector<std::uint8_t> packed = test::WordsByHand(code, row).bytes;
            packed.resize(stride, 0xA5);
            words.insert(words.end(), packed.begin(), packed.end());
            for (std::uint64_t c = first; c < first + count; ++c) values.push_back(row[c].value);
        }
        for (std::uint64_t c = first; c < first + count; ++c) {
            int8.push_back(scales[c].int8);
            low.push_back(scales[c].low);
            high.push_back(scales[c].high);
        }
    }

    XInput as_words(const XCode& code, std::uint64_t tokens) const {
        XInput in;
        in.use.code = code;
        in.channels = channels;
        in.first = first;
        in.scales = {int8.data(), code.format == XFormat::Dual8 ? nullptr : low.data(), high.data(),
                     nullptr};
        in.words = words.data();
        in.stride = stride;
        in.sequence_stride = stride * tokens;
        return in;
    }
    XInput as_values(XFormat format, std::uint64_t tokens) const {
        XInput in;
        in.use.code = plain(format);
        in.values = values.data();
        in.value_stride = count;
        in.value_sequence_stride = count * tokens;
        return in;
    }
};

struct Outcome {
    std::vector<arith::Half> y;
    std::vector<std::int8_t> state;
    std::vector<std::uint32_t> carry;
    std::uint64_t saturated;
    bool operator==(const Outcome& o) const {
        return y == o.y && state == o.state && carry == o.carry && saturated == o.saturated;
    }
};

constexpr std::uint64_t kSequences = 2;
constexpr std::uint64_t kStates = 16;

struct Scan {
    std::uint64_t tokens, channels;
    std::vector<std::int8_t> wide, narrow, a, state;
    std::vector<float> carry;
    std::vector<arith::Half> y;
    SsmTile tile;

    Scan(bool decode, std::uint64_t of_x) : tokens(decode ? 1 : 5), channels(of_x) {
        Random random(12);
        wide = random.codes(kSequences * tokens * channels);
        narrow = random.codes(kSequences * tokens * 2 * kStates);
        a = random.codes(channels * kStates, 0, 127);
        state = random.codes(kSequences * channels * kStates);
        carry = random.floats(kSequences * channels * kStates, -1.0F, 1.0F);
        y.assign(kSequences * tokens * channels, 0);
        tile.shape = {kSequences, tokens, channels, kStates};
        tile.decode = decode;
        tile.last_tile = !decode;
        tile.dt = {wide.data(), channels, tokens * channels, 0.05F};
        tile.z = {wide.data(), channels, tokens * channels, 0.04F};
        tile.b = {narrow.data(), 2 * kStates, tokens * 2 * kStates, 0.02F};
        tile.c = {narrow.data() + kStates, 2 * kStates, tokens * 2 * kStates, 0.02F};
        tile.weights = {a.data(), a.data(), a.data(), 0.022F, 0.009F, 0.037F, 0.011F};
        tile.carry = carry.data();
        tile.state = state.data();
        tile.y = y.data();
        tile.y_stride = channels;
        tile.y_sequence_stride = tokens * channels;
    }
    Outcome run(const XInput& x) {
        tile.x_in = x;
        const Counts counts = ssm_compute({}, {}, tile);
        return {y, state, test::bits_of(carry), counts[Event::Saturated]};
    }
};

TEST(SsmX, ACodeGivesWhatItsNumbersGive) {
    for (const bool decode : {false, true}) {
        const std::uint64_t tokens = decode ? 1 : 5;
        for (const XCode& code : codes_in_words()) {
            const Rows rows(code, kSequences * tokens, 300, 37, 131);
            const Outcome want = Scan(decode, 131).run(rows.as_values(XFormat::Fp32, tokens));
            for (const Isa isa : test::available_isas()) {
                const test::IsaScope scope(isa);
                const Outcome got = Scan(decode, 131).run(rows.as_words(code, tokens));
                EXPECT_TRUE(got == want) << test::shown(code) << " " << name_of(isa);
            }
        }
    }
}

TEST(SsmX, NumbersOfInt8CodesGiveWhatTheCodesGive) {
    for (const bool decode : {false, true}) {
        const std::uint64_t tokens = decode ? 1 : 5;
        Scan codes(decode, 70);
        const std::vector<std::int8_t> u = Random(13).codes(codes.wide.size());
        std::vector<float> values;
        values.reserve(u.size());
        for (const std::int8_t q : u) values.push_back(0.031F * static_cast<float>(q));
        codes.tile.u = {u.data(), 70, tokens * 70, 0.031F};
        const Outcome want = codes.run({});
        XInput in;
        in.use.code = plain(XFormat::Int8Sim);
        in.values = values.data();
        in.value_stride = 70;
        in.value_sequence_stride = tokens * 70;
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            EXPECT_TRUE(Scan(decode, 70).run(in) == want) << name_of(isa);
        }
    }
}

TEST(SsmX, OneScaleServesAllChannelsWhereThereIsNoTable) {
    const XCode code = test::dual4(true, traces::FlagRule::Overflow);
    Rows rows(code, kSequences * 5, 131, 0, 131);
    XInput one = rows.as_words(code, 5);
    std::fill(rows.low.begin(), rows.low.end(), 0.25F);
    std::fill(rows.high.begin(), rows.high.end(), 1.5F);
    const Outcome want = Scan(false, 131).run(one);
    one.scales = {};
    one.one.low = 0.25F;
    one.one.high = 1.5F;
    EXPECT_TRUE(Scan(false, 131).run(one) == want);
    one.one.high = 1.75F;
    EXPECT_FALSE(Scan(false, 131).run(one) == want);
}

TEST(SsmX, CountsAreTheHandCount) {
    const SsmShape shape{1, 10, 64, 16};
    const auto added = [&](const XCode& code, Event event) {
        XInput x;
        x.use.code = code;
        return ssm_count(shape, false, false, x)[event] - ssm_count(shape, false, false)[event];
    };
    EXPECT_EQ(added(test::dual8(), Event::ScaleSelect), 640U);
    EXPECT_EQ(added(test::dual8(), Event::PackCode), 640U);
    EXPECT_EQ(added(plain(XFormat::Int5), Event::ScaleSelect), 0U);
    EXPECT_EQ(added(plain(XFormat::Int5), Event::PackCode), 640U);
    EXPECT_EQ(added(plain(XFormat::Int5), Event::Fp32Mul), 0U);
    EXPECT_EQ(added(plain(XFormat::Uniform8), Event::PackCode), 0U);
    EXPECT_EQ(added(plain(XFormat::Fp32), Event::Fp32Mul) + 640U, 0U) << "u is there already";
    EXPECT_EQ(added(plain(XFormat::Fp32), Event::PackCode), 0U);
}

const test::SsdCase kCase{2, 5, 6, 33, 24, 2, 16};
constexpr std::uint64_t kOfX = 6 * 33;

Outcome run_ssd(bool decode, const XInput& x, const std::vector<float>& bc) {
    test::SsdProblem problem(kCase, 21);
    SsdTile tile = problem.tile(decode, !decode);
    tile.x_in = x;
    if (x.use.code.values()) {
        tile.x = tile.b = tile.c = {};
        tile.scales.x = tile.scales.b = tile.scales.c = nullptr;
        tile.b_values = {bc.data(), problem.narrow, problem.narrow * kCase.tokens};
        tile.c_values = tile.b_values;
        tile.c_values.data += kCase.groups * kCase.states;
    } else if (!x.use.int8()) {
        tile.x = {};
        tile.scales.x = nullptr;
    }
    SsmConfig config;
    config.ssd_sum.tree_width = kCase.tree;
    const Counts counts = ssd_compute(config, {}, tile);
    return {problem.y, problem.state, test::bits_of(problem.carry), counts[Event::Saturated]};
}

// B and C of the problem as numbers.
std::vector<float> numbers_of_bc() {
    const test::SsdProblem p(kCase, 21);
    std::vector<float> values;
    for (std::size_t i = 0; i < p.bc.size(); ++i) {
        const std::uint64_t column = i % p.narrow;
        const std::uint64_t group = column % (kCase.groups * kCase.states) / kCase.states;
        const bool of_b = column < kCase.groups * kCase.states;
        values.push_back((of_b ? p.b_scales[group] : p.c_scales[group]) *
                         static_cast<float>(p.bc[i]));
    }
    return values;
}

TEST(SsdX, ACodeGivesWhatItsNumbersGive) {
    const std::vector<float> bc = numbers_of_bc();
    for (const bool decode : {false, true}) {
        for (const XCode& code : codes_in_words()) {
            const Rows rows(code, 10, 400, 66, kOfX);
            const Outcome want = run_ssd(decode, rows.as_values(XFormat::Fp32, 5), bc);
            for (const Isa isa : test::available_isas()) {
                const test::IsaScope scope(isa);
                const Outcome got = run_ssd(decode, rows.as_words(code, 5), {});
                EXPECT_TRUE(got == want) << test::shown(code) << " " << name_of(isa);
            }
        }
    }
}

TEST(SsdX, NumbersOfInt8CodesGiveWhatTheCodesGive) {
    const test::SsdProblem p(kCase, 21);
    std::vector<float> x;
    for (std::size_t i = 0; i < p.x.size(); ++i) {
        const std::uint64_t column = i % p.wide;
        x.push_back(column < kOfX ? p.x_scales[column] * static_cast<float>(p.x[i]) : 0.0F);
    }
    XInput in;
    in.use.code = plain(XFormat::Int8Sim);
    in.values = x.data();
    in.value_stride = p.wide;
    in.value_sequence_stride = p.wide * kCase.tokens;
    for (const bool decode : {false, true}) {
        const Outcome want = run_ssd(decode, {}, {});
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            EXPECT_TRUE(run_ssd(decode, in, numbers_of_bc()) == want) << name_of(isa);
        }
    }
}

TEST(SsdX, CountsAreTheHandCount) {
    // 2 sequences of 5 tokens, 6 heads of 32, 16 states, 2 groups: 1920 elements of x, 640 of B, C.
    const SsdShape shape{2, 5, 6, 32, 16, 3};
    const auto added = [&](const XCode& code, Event event) {
        XInput x;
        x.use.code = code;
        return ssd_count({}, shape, true, false, x)[event] -
               ssd_count({}, shape, true, false)[event];
    };
    EXPECT_EQ(added(test::dual8(), Event::ScaleSelect), 1920U);
    EXPECT_EQ(added(test::dual8(), Event::PackCode), 1920U);
    EXPECT_EQ(added(test::dual8(), Event::Fp32Mul), 0U);
    EXPECT_EQ(added(plain(XFormat::Int5), Event::ScaleSelect), 0U);
    EXPECT_EQ(added(plain(XFormat::Int8Sim), Event::Fp32Mul) + 1920U + 640U, 0U);
}

}  // namespace
}  // namespace mambasic::models
