// Distances between rows, by hand.
#include "sim/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace mambasic::sim {
namespace {

using reports::NetworkFigures;
using Row = std::vector<float>;

std::vector<arith::Half> halves(const Row& row) {
    std::vector<arith::Half> out;
    for (const float value : row) out.push_back(arith::to_half(value));
    return out;
}

void add(Agreement& agreement, const Row& wanted, const Row& got) {
    agreement.add_row(halves(wanted).data(), halves(got).data(), wanted.size());
}

NetworkFigures logits_of(const Row& wanted, const Row& got) {
    Agreement agreement(true);
    add(agreement, wanted, got);
    return agreement.figures();
}

TEST(NoisySignal, IsTenLogOfThePowers) {
    NoisySignal sums;
    sums.add(3, 3.1);
    sums.add(-4, -4);
    NoisySignal more;
    more.add(0, -0.3);
    sums.add(more);
    EXPECT_NEAR(*sums.sqnr_db(), 10 * std::log10(25 / (0.01 + 0.09)), 1e-9);
}

TEST(NoisySignal, HasNoFigureWhereThereIsNoRatio) {
    NoisySignal none;
    EXPECT_FALSE(none.sqnr_db());
    EXPECT_FALSE(none.noiseless()) << "nothing was summed";
    none.add(2, 2);
    EXPECT_FALSE(none.sqnr_db()) << "no noise";
    EXPECT_TRUE(none.noiseless());
    NoisySignal silent;
    silent.add(0, 1);
    EXPECT_FALSE(silent.sqnr_db()) << "no signal";
    EXPECT_FALSE(silent.noiseless());
    NoisySignal zeros;
    zeros.add(0, 0);
    EXPECT_FALSE(zeros.noiseless());
    for (const double got : {std::numeric_limits<double>::infinity(), std::nan("")}) {
        NoisySignal broken;
        broken.add(1, got);
        EXPECT_FALSE(broken.sqnr_db());
        EXPECT_FALSE(broken.noiseless());
        NoisySignal wanted_so;
        wanted_so.add(got, got);
        EXPECT_FALSE(wanted_so.noiseless());
    }
}

TEST(Agreement, OfTwoRowsByHand) {
    Agreement agreement(true);
    add(agreement, {3, 4}, {4, 3});  // the other one is largest
    add(agreement, {2, 0}, {1, 0});
    const NetworkFigures got = agreement.figures();
    EXPECT_TRUE(got.logits);
    EXPECT_EQ(got.rows, 2U);
    EXPECT_NEAR(*got.sqnr_db, 10 * std::log10((25.0 + 4) / (1 + 1 + 1)), 1e-12);
    EXPECT_NEAR(*got.cosine, (24.0 / 25 + 1) / 2, 1e-15);
    EXPECT_EQ(*got.top1_agreement, 0.5);
    // softmax of (3, 4) is (1 - s, s), s = 1 / (1 + 1/e); of (4, 3) the same turned round.
    const double s = 1 / (1 + std::exp(-1.0));
    const double first = (1 - s) * std::log((1 - s) / s) + s * std::log(s / (1 - s));
    const double p = 1 / (1 + std::exp(-2.0));
    const double second = p * std::log(p / s) + (1 - p) * std::log((1 - p) / (1 - s));
    EXPECT_NEAR(*got.kl_nats, (first + second) / 2, 1e-8);
}

// Log of the quotient the right way round: where `got` has no place for what is likely, it costs.
TEST(Agreement, DivergenceIsOfTheWantedToTheOther) {
    const double one_way = *logits_of({8, 0}, {0, 0}).kl_nats;
    const double other_way = *logits_of({0, 0}, {8, 0}).kl_nats;
    EXPECT_NEAR(one_way, std::log(2), 0.01);  // nearly certain against even
    EXPECT_NEAR(other_way, 4 - std::log(2), 0.01);
}

TEST(Agreement, LargeLogitsDoNotOverflow) {
    EXPECT_NEAR(*logits_of({60000, 59968}, {60000, 59968}).kl_nats, 0, 1e-12);
    EXPECT_NEAR(*logits_of({60000, 60000}, {-60000, -60000}).kl_nats, 0, 1e-12);
}

TEST(Agreement, EqualRowsAreExact) {
    for (const Row& row : {Row{0.1F, -7, 3}, Row{1e-7F, 65504, 0.3F}}) {
        const NetworkFigures got = logits_of(row, row);
        EXPECT_FALSE(got.sqnr_db);
        EXPECT_TRUE(got.noiseless);
        EXPECT_EQ(got.top1_agreement, 1.0);
        EXPECT_EQ(got.kl_nats, 0.0);
    }
    EXPECT_FALSE(logits_of({1, 2}, {1, 2.5F}).noiseless);
    EXPECT_FALSE(logits_of({0, 0}, {1, 0}).noiseless) << "no signal is no equality";
}

TEST(Agreement, OfEqualLogitsTheFirstCounts) {
    EXPECT_EQ(logits_of({5, 5}, {5, 4}).top1_agreement, 1.0);
    EXPECT_EQ(logits_of({5, 5}, {4, 5}).top1_agreement, 0.0);
}

TEST(Agreement, OutputsThatAreNoLogitsHaveNoOrder) {
    Agreement agreement(false);
    add(agreement, {3, 4}, {4, 3});
    const NetworkFigures got = agreement.figures();
    EXPECT_FALSE(got.logits);
    EXPECT_NEAR(*got.cosine, 24.0 / 25, 1e-15);
    EXPECT_FALSE(got.top1_agreement);
    EXPECT_FALSE(got.kl_nats);
}

TEST(Agreement, WhatIsNotFiniteHasNoFigure) {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
        const NetworkFigures got = logits_of({1, 2}, {bad, 2});
        EXPECT_FALSE(got.sqnr_db);
        EXPECT_FALSE(got.noiseless);
        EXPECT_FALSE(got.cosine);
        EXPECT_FALSE(got.kl_nats);
        EXPECT_EQ(got.rows, 1U);
    }
}

TEST(Agreement, NothingIsLikeNothingAndUnlikeSomething) {
    EXPECT_EQ(logits_of({0, 0}, {0, 0}).cosine, 1.0);
    EXPECT_EQ(logits_of({0, 0}, {0, 1}).cosine, 0.0);
    EXPECT_EQ(logits_of({0, 1}, {0, 0}).cosine, 0.0);
}

}  // namespace
}  // namespace mambasic::sim
