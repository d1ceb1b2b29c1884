#include "models/common/yaml_map.h"

#include <gtest/gtest.h>

#include "models/common/nearest.h"
#include "models/common/reduction.h"
#include "models/common/yaml_scalar.h"
#include "tests/models/user_error.h"

namespace mambasic::models {
namespace {

std::string u32_error(const std::string& text) {
    return user_error([&] { map_of(text).take_u32("rows", 1, 1024, "count", "MAC rows"); });
}

std::string double_error(const std::string& text) {
    return user_error([&] { map_of(text).take_double("x", 0.5, 2, "ns", "a time"); });
}

TEST(YamlMap, IntegersAreWholeDecimalNumbers) {
    EXPECT_EQ(map_of("rows: 32").take_u32("rows", 1, 1024, "count", "MAC rows"), 32U);
    EXPECT_EQ(map_of("rows: 1").take_u32("rows", 1, 1024, "count", "MAC rows"), 1U);
    EXPECT_EQ(map_of("rows: 1024").take_u32("rows", 1, 1024, "count", "MAC rows"), 1024U);
    EXPECT_EQ(u32_error("rows: 3x"),
              "f.yaml:1:7: rows: '3x' is not an integer (MAC rows; count; 1 to 1024)");
    for (const char* bad : {"3.0", "1e3", "+3", "0x10", "1_000", "three", "1,024", "3 4"}) {
        EXPECT_NE(u32_error("rows: " + std::string(bad)).find("is not an integer"),
                  std::string::npos)
            << bad;
    }
}

TEST(YamlMap, OctalLookingNumbersAreRefused) {
    EXPECT_NE(u32_error("rows: 010").find("'010' starts with 0"), std::string::npos);
    EXPECT_NE(u32_error("rows: 00").find("starts with 0"), std::string::npos);
    EXPECT_NE(double_error("x: 01.5").find("starts with 0"), std::string::npos);
}

TEST(YamlMap, RangesHoldAtBothEnds) {
    EXPECT_EQ(u32_error("rows: 0"),
              "f.yaml:1:7: rows: '0' is outside 1 to 1024 (MAC rows; count; 1 to 1024)");
    EXPECT_NE(u32_error("rows: 1025").find("'1025' is outside 1 to 1024"), std::string::npos);
    EXPECT_NE(u32_error("rows: -3").find("'-3' is outside"), std::string::npos);
    EXPECT_NE(u32_error("rows: 99999999999999999999").find("too large"), std::string::npos);
    EXPECT_NE(double_error("x: 0.49").find("outside 0.5 to 2"), std::string::npos);
    EXPECT_NE(double_error("x: 2.01").find("outside 0.5 to 2"), std::string::npos);
}

TEST(YamlMap, NumbersAreFinite) {
    EXPECT_DOUBLE_EQ(map_of("x: 1.25e-1").take_double("x", 0, 2, "ns", "a time"), 0.125);
    EXPECT_DOUBLE_EQ(map_of("x: 2").take_double("x", 0, 2, "ns", "a time"), 2.0);
    for (const char* bad : {".nan", ".inf", "-.inf", "nan", "inf", "1.", ".5", "1e", "1e+", "0x1p3",
                            "1.5ns", "1,5", "1e5.0"}) {
        EXPECT_NE(double_error("x: " + std::string(bad)).find("is not a number"), std::string::npos)
            << bad;
    }
    EXPECT_NE(double_error("x: 1e999").find("outside what a double"), std::string::npos);
    EXPECT_NE(double_error("x: '1'").find("without quotes"), std::string::npos);
    EXPECT_NE(double_error("x: [1]").find("must be a single value"), std::string::npos);
}

TEST(YamlMap, BooleansAndChoices) {
    EXPECT_TRUE(map_of("b: true").take_bool("b", "a switch"));
    EXPECT_FALSE(map_of("b: false").take_bool("b", "a switch"));
    for (const char* bad : {"yes", "on", "True", "1"}) {
        EXPECT_NE(user_error([&] {
                      map_of("b: " + std::string(bad)).take_bool("b", "a switch");
                  }).find("is not a choice"),
                  std::string::npos);
    }
    const auto take = [](const std::string& text) {
        return map_of(text).take_enum<int>(
            "c", {{"weight_stationary", 1}, {"output_stationary", 2}}, "dataflow");
    };
    EXPECT_EQ(take("c: output_stationary"), 2);
    EXPECT_EQ(user_error([&] { take("c: weight_stationry"); }),
              "f.yaml:1:4: c: 'weight_stationry' is not a choice, did you mean "
              "'weight_stationary'? (dataflow; weight_stationary | output_stationary)");
}

TEST(YamlMap, UnknownKeysNameTheNearest) {
    const auto parse = [](const std::string& text) {
        YamlMap map = map_of(text);
        YamlMap gemm = map.take_map("gemm", "the array");
        gemm.take_u32("rows", 1, 9, "count", "MAC rows");
        gemm.take_u32("cols", 1, 9, "count", "MAC columns");
        gemm.finish();
        map.finish();
    };
    EXPECT_NO_THROW(parse("gemm:\n  rows: 2\n  cols: 3\n"));
    EXPECT_EQ(user_error([&] { parse("gemm:\n  rows: 2\n  cols: 3\n  colz: 4\n"); }),
              "f.yaml:4:3: unknown key 'colz', did you mean 'cols'?");
    EXPECT_EQ(user_error([&] { parse("gemm:\n  rows: 2\n  colz: 3\n"); }),
              "f.yaml:3:3: unknown key 'colz', did you mean 'cols'?");
    EXPECT_EQ(user_error([&] { parse("gemm:\n  rows: 2\n  cols: 3\n  bandwidth: 4\n"); }),
              "f.yaml:4:3: unknown key 'bandwidth'; valid are rows, cols");
    EXPECT_EQ(user_error([&] { parse("\ngemm:\n  rows: 2\n"); }),
              "f.yaml:2:1: 'gemm' needs key 'cols' (MAC columns; count; 1 to 9)");
    EXPECT_EQ(user_error([&] { parse("gem: 3\n"); }),
              "f.yaml:1:1: unknown key 'gem', did you mean 'gemm'?");
    EXPECT_NE(user_error([&] { parse("gemm: 3\n"); }).find("must be a mapping"), std::string::npos);
    EXPECT_NE(user_error([&] { parse("- a\n"); }).find("must be a mapping"), std::string::npos);
}

TEST(YamlMap, BandsNeedASourceAndAnOrder) {
    const auto take = [](const std::string& text) {
        return map_of("e: " + text).take_banded("e", "pJ", "energy");
    };
    const Banded band = take("{value: 2, low: 1, high: 3.5, unit: pJ, source: a table}");
    EXPECT_DOUBLE_EQ(band.value, 2);
    EXPECT_DOUBLE_EQ(band.low, 1);
    EXPECT_DOUBLE_EQ(band.high, 3.5);
    EXPECT_NO_THROW(take("{value: 2, low: 2, high: 2, source: a table}"));
    EXPECT_NE(user_error([&] { take("{value: 2, low: 1, high: 3}"); }).find("needs key 'source'"),
              std::string::npos);
    EXPECT_NE(user_error([&] {
                  take("{value: 2, low: 1, high: 3, source: ' '}");
              }).find("e.source: is empty"),
              std::string::npos);
    EXPECT_EQ(user_error([&] { take("{value: 2, low: 2.1, high: 3, source: s}"); }),
              "f.yaml:1:20: e.low: must not be above value");
    EXPECT_NE(user_error([&] {
                  take("{value: 2, low: 1, high: 1.9, source: s}");
              }).find("e.high: must not be below value"),
              std::string::npos);
    EXPECT_NE(
        user_error([&] { take("{value: -2, low: -3, high: 3, source: s}"); }).find("outside 0 to"),
        std::string::npos);
    EXPECT_NE(user_error([&] {
                  take("{value: 2, low: 1, high: 3, unit: nJ, source: s}");
              }).find("e.unit: must be pJ"),
              std::string::npos);
    EXPECT_NE(user_error([&] { take("3"); }).find("mapping of value, low, high"),
              std::string::npos);
}

TEST(YamlMap, ReductionsAreSequentialOrAPowerOfTwo) {
    const auto take = [](const std::string& text) {
        YamlMap map = map_of("sum: " + text);
        return Reduction::take(map, "sum", "order").tree_width;
    };
    EXPECT_EQ(take("sequential"), 0U);
    EXPECT_EQ(take("tree 2"), 2U);
    EXPECT_EQ(take("tree 1024"), 1024U);
    for (const char* bad : {"tree", "tree 1", "tree 12", "tree 2048", "tree x", "8", "trees 8"}) {
        EXPECT_NE(user_error([&] { take(bad); }).find("f.yaml:1:6: sum:"), std::string::npos)
            << bad;
    }
}

TEST(YamlMap, EveryTakeDocumentsItself) {
    std::vector<KeyDoc> docs;
    YamlMap map = map_of("gemm: {rows: 4}\nx: 1.50\n", &docs);
    map.take_map("gemm", "the array").take_u32("rows", 1, 9, "count", "MAC rows");
    map.take_double("x", 0, 2, "ns", "a time");
    ASSERT_EQ(docs.size(), 2U);
    EXPECT_EQ(docs[0].path, "gemm.rows");
    EXPECT_EQ(docs[0].type, "integer");
    EXPECT_EQ(docs[0].unit, "count");
    EXPECT_EQ(docs[0].range, "1 to 9");
    EXPECT_EQ(docs[0].what, "MAC rows");
    EXPECT_EQ(docs[0].value, "4");
    EXPECT_EQ(docs[0].where, "f.yaml:1:14");
    EXPECT_EQ(docs[1].value, "1.5");  // canonical, not as written
}

TEST(Nearest, FindsMisspellingsOnly) {
    EXPECT_EQ(edit_distance("rows", "rows"), 0U);
    EXPECT_EQ(edit_distance("rosw", "rows"), 1U);  // neighbours swapped
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(nearest("colz", {"rows", "cols"}), "cols");
    EXPECT_EQ(nearest("edge", {"tiny", "edge-32x32"}), "edge-32x32");
    EXPECT_EQ(nearest("zzzz", {"rows", "cols"}), "");
    EXPECT_EQ(nearest("x", {"ab", "y"}), "");  // nothing of the word is left
    EXPECT_EQ(suggestion("zzzz", {"rows", "cols"}), "; valid are rows, cols");
}

TEST(Scalars, NumbersReadBack) {
    for (const double x : {0.1, 1e-9, 123456789.0, 1.0 / 3.0, 5e300}) {
        EXPECT_EQ(parse_number(to_text(x)).value.value_or(0), x);
    }
}

}  // namespace
}  // namespace mambasic::models
