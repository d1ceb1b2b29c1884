// The cell area that primitives add up to, against synthesis of the whole block: rtl_points.csv, in
// the two libraries that have a card. A block is described as it was synthesized (rtl_blocks.cpp);
// what the models build of a lookup is held against the same points below. Not compared: dividers
// and the nonlinear units that tables and polynomials make, which nobody synthesized; the
// converters to and from FP16; the sequencer of two that a run-length lookup has.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "models/scale_table/scale_table_cost.h"
#include "tests/fidelity/rtl_blocks.h"

namespace mambasic::models {
namespace {

using test::kEnds;
using test::Parts;
using test::Point;

std::vector<Point> points() {
    std::ifstream file(MAMBASIC_SOURCE "/tests/fidelity/rtl_points.csv");
    std::vector<Point> all;
    std::string line;
    while (std::getline(file, line)) {
        if (line.rfind('#', 0) == 0 || line.rfind("library,", 0) == 0) continue;
        std::istringstream fields(line);
        Point point;
        std::getline(fields, point.library, ',');
        std::getline(fields, point.block, ',');
        char comma = 0;
        fields >> point.ends >> comma >> point.flip_flops >> comma >> point.minimum_um2 >> comma >>
            point.fast_um2;
        EXPECT_TRUE(fields) << line;
        all.push_back(point);
    }
    return all;
}

const Technology& card_of(const std::string& library) {
    static std::map<std::string, Technology> cards;
    const auto found = cards.find(library);
    if (found != cards.end()) return found->second;
    const std::string file = MAMBASIC_SOURCE "/hw_config/tech/" + library + ".yaml";
    return cards.emplace(library, Technology::parse(YamlMap::from_file(file))).first->second;
}

const Banded& cell(const Technology& card, Primitive primitive) {
    return card.area_um2[static_cast<std::size_t>(primitive)];
}

Banded cells_um2(const Technology& card, const Parts& parts) {
    Banded sum;
    for (const test::Count& part : parts) sum += cell(card, part.primitive) * part.count;
    return sum;
}

// Synthesis of the whole block shares and merges gates across primitives, or pays for the load that
// one puts on the other: up to so much off the nearer end of what it gave.
constexpr double kSharing = 1.15;
constexpr double kRounding = 0.01;  // um2: the points have two decimals

TEST(Rtl, PrimitivesAddUpToWhatSynthesisOfTheBlockGave) {
    const std::map<std::string, test::Description> blocks = test::rtl_blocks();
    std::map<std::string, std::set<std::string>> seen;
    for (const Point& point : points()) {
        const std::string what = point.library + ", " + point.block + ", " +
                                 std::to_string(static_cast<int>(point.ends)) + " bits";
        ASSERT_EQ(blocks.count(point.block), 1U) << what;
        const Banded area = cells_um2(card_of(point.library), blocks.at(point.block)(point));
        EXPECT_GE(area.value, point.minimum_um2 / kSharing) << what;
        EXPECT_LE(area.value, point.fast_um2 * kSharing) << what;
        EXPECT_LE(area.low, point.fast_um2 + kRounding) << what << ": bands apart";
        EXPECT_GE(area.high, point.minimum_um2 - kRounding) << what << ": bands apart";
        seen[point.block].insert(point.library);
    }
    for (const auto& [name, description] : blocks) EXPECT_EQ(seen[name].size(), 2U) << name;
}

// What the models build is not what was synthesized: their counters have 18 bits whatever an end
// has, their ends and scales come from banks of SRAM. A factor of two, all the same.
constexpr double kOtherBuild = 2;

Banded built(const Technology& card, LookupKind kind, double ends) {
    ScaleTableConfig config;
    config.word_bytes = 4;
    config.range_bytes = static_cast<std::uint32_t>(ends) / 8;
    config.units = 1;
    config.parallel_comparators = static_cast<std::uint32_t>(kEnds);
    config.parallel_banks = 21;
    config.largest_bank_kib = 64;
    config.residency = TableResidency::PerLayer;
    ScaleTableShape shape;
    shape.kind = kind;
    shape.head_groups = shape.dim_groups = 4;
    shape.heads = shape.head_dim = 64;
    Banded sum;
    for (const LogicPart& part : scale_table_area(config, {{shape, 1}}).logic) {
        sum += cell(card, part.primitive) * part.count;
    }
    return sum;
}

TEST(Rtl, LookupsOfTheModelsAreAsLargeAsThoseSynthesized) {
    const std::map<std::string, LookupKind> kinds = {{"direct lookup", LookupKind::Direct},
                                                     {"sequential lookup", LookupKind::Sequential},
                                                     {"parallel lookup", LookupKind::Parallel}};
    std::size_t compared = 0;
    for (const Point& point : points()) {
        const auto kind = kinds.find(point.block);
        if (kind == kinds.end()) continue;
        const double ends = point.ends > 0 ? point.ends : 32;
        const Banded area = built(card_of(point.library), kind->second, ends);
        EXPECT_GE(area.value, point.minimum_um2 / kOtherBuild) << point.library << point.block;
        EXPECT_LE(area.value, point.fast_um2 * kOtherBuild) << point.library << point.block;
        ++compared;
    }
    EXPECT_EQ(compared, 10U) << "8 and 32 bits of two, in two libraries";
}

}  // namespace
}  // namespace mambasic::models
