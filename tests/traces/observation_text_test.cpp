// How metadata spells what made the scales of a layer.
#include <gtest/gtest.h>

#include <limits>

#include "traces/layer_observers.h"

namespace mambasic::traces {
namespace {

Observation observation(const std::string& text) {
    Observation out;
    EXPECT_TRUE(read_observation(text, out)) << text;
    return out;
}

TEST(ObservationText, AWordAloneHasUpstreamsNumbers) {
    const Observation quantile = observation("percentile");
    EXPECT_EQ(quantile.observer, Observer::Percentile);
    EXPECT_EQ(quantile.alpha, 0.9995F);
    EXPECT_EQ(quantile.sigma, 0.01F);
    EXPECT_FALSE(quantile.codes);
    const Observation roomy = observation("outlier-aware");
    EXPECT_EQ(roomy.observer, Observer::OutlierAware);
    EXPECT_EQ(roomy.alpha, 0.9995F);
    EXPECT_EQ(observation("minmax").alpha, 0.0F);
    EXPECT_EQ(observation("mse").sigma, 0.0F);
    EXPECT_EQ(observation("mse").observer, Observer::Mse);
}

TEST(ObservationText, NumbersFollowInTheirOrder) {
    const Observation all = observation("outlier-aware-0.999-0.05-codes-q0.98-x4.5");
    EXPECT_EQ(all.observer, Observer::OutlierAware);
    EXPECT_EQ(all.alpha, 0.999F);
    EXPECT_EQ(all.sigma, 0.05F);
    EXPECT_TRUE(all.codes);
    EXPECT_EQ(all.quantile, 0.98F);
    EXPECT_EQ(all.factor, 4.5F);
    EXPECT_EQ(observation("minmax-q1").quantile, 1.0F);
    EXPECT_EQ(observation("minmax-q1").factor, 0.0F);
    EXPECT_EQ(observation("percentile-0.9995-0.01"), observation("percentile"));
}

TEST(ObservationText, SpellsWhatItReads) {
    for (const char* text :
         {"minmax", "percentile", "outlier-aware", "mse", "mse-codes", "percentile-0.99999-0.01",
          "percentile-0.999-0.05-codes", "minmax-codes-q0.99", "minmax-q0.99-x2025",
          "outlier-aware-q0.5-x1.5"}) {
        EXPECT_EQ(spell(observation(text)), text);
    }
}

// alpha in (0, 1], sigma in [0, 1], a factor in (1, 10^6].
TEST(ObservationText, ExtremesAreReadBack) {
    constexpr float kLeast = std::numeric_limits<float>::denorm_min();
    for (const float alpha : {kLeast, 0x1.fffffep-1F, 1.0F}) {
        for (const float sigma : {0.0F, kLeast, 1.0F}) {
            for (const float factor : {0.0F, 0x1.000002p0F, 1e6F}) {
                Observation how = Observer::OutlierAware;
                how.alpha = alpha;
                how.sigma = sigma;
                how.quantile = kLeast;
                how.factor = factor;
                EXPECT_EQ(observation(spell(how)), how) << spell(how);
            }
        }
    }
}

TEST(ObservationText, WrongSpellingsAreRefused) {
    for (const char* text : {"",
                             "maximum",
                             "minmax-",
                             "minmax-0.9-0.1",
                             "mse-0.9-0.1",
                             "mse-q0.9",
                             "percentile-0.9",
                             "percentile-1.5-0.1",
                             "percentile-0-0.1",
                             "percentile-0.9--0.1",
                             "percentile-0.9-2",
                             "percentile--0.9-0.1",
                             "percentile-nan-0.1",
                             "percentile-codes-0.9-0.1",
                             "minmax-code",
                             "minmax-codes-codes",
                             "minmax-q",
                             "minmax-q0",
                             "minmax-q1.1",
                             "minmax-x4",
                             "minmax-q0.9-4",
                             "minmax-q0.9-x1",
                             "minmax-q0.9-xinf",
                             "minmax-q0.9-x1000001",
                             "minmax-q0.9-x4-x4",
                             "minmax-q0.9-codes",
                             "outlier",
                             "outlier-awareq0.9"}) {
        Observation out;
        EXPECT_FALSE(read_observation(text, out)) << text;
    }
}

}  // namespace
}  // namespace mambasic::traces
