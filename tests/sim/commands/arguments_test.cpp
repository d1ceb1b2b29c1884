#include "sim/commands/arguments.h"

#include <gtest/gtest.h>

#include <boost/program_options/value_semantic.hpp>
#include <filesystem>
#include <functional>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

Arguments parse(const std::vector<std::string>& words) {
    po::options_description options;
    auto add = options.add_options();
    add("chip", po::value<std::string>(), "");
    add("trace", po::value<std::string>(), "");
    add("tokens", po::value<std::string>(), "");
    add("outliers", po::value<std::string>(), "");
    add("layers", po::value<std::string>(), "");
    add("set", po::value<std::vector<std::string>>(), "");
    add("timing-only", po::bool_switch(), "");
    return {"run", options, {"chip"}, words};
}

std::string error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "(no error)";
}

std::string error_of(const std::vector<std::string>& words) {
    return error_of([&] { parse(words); });
}

TEST(Arguments, TakesWordsFlagsAndRepeatedOptions) {
    const Arguments a =
        parse({"tiny", "--trace=t", "--set", "a=1", "--timing-only", "--set", "b=2"});
    EXPECT_EQ(a.text("chip"), "tiny");
    EXPECT_EQ(a.text("trace"), "t");
    EXPECT_EQ(a.list("set"), (std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_TRUE(a.has("timing-only"));
    EXPECT_FALSE(parse({}).has("timing-only"));
    EXPECT_TRUE(parse({}).list("set").empty());
    EXPECT_EQ(parse({}).text_or("trace", "other"), "other");
}

TEST(Arguments, WrongWordsNameTheNearestRightOne) {
    EXPECT_EQ(error_of({"--tokns", "3"}),
              "mambasic run: unknown option '--tokns', did you mean '--tokens'?");
    EXPECT_EQ(error_of({"a", "b"}),
              "mambasic run: too many words; it takes 1 before options, see mambasic run --help");
    EXPECT_EQ(error_of([] { Arguments("check", po::options_description(), {}, {"tiny"}); }),
              "mambasic check: too many words; it takes options only, see mambasic check --help");
    EXPECT_NE(error_of({"--trace"}).find("'--trace'"), std::string::npos) << error_of({"--trace"});
    EXPECT_EQ(error_of({"--trace", "a", "--trace", "b"}), "mambasic run: --trace is given twice");
}

TEST(Arguments, AnOptionIsNeverGuessedFromItsBeginning) {
    EXPECT_EQ(error_of({"--tra", "t"}),
              "mambasic run: unknown option '--tra', did you mean '--trace'?");
}

TEST(Arguments, AMissingOptionSaysWhereToLook) {
    EXPECT_EQ(error_of([] { parse({}).text("trace"); }),
              "mambasic run: --trace: is missing; see mambasic run --help");
    EXPECT_EQ(error_of([] { parse({}).text("chip"); }),
              "mambasic run: CHIP: is missing; see mambasic run --help");
}

TEST(Arguments, IntegersAreWholeAndInRange) {
    EXPECT_EQ(parse({"--tokens", "12"}).integer("tokens", 1, 12), 12U);
    EXPECT_EQ(parse({}).integer_or("tokens", 1, 12, 7), 7U);
    for (const char* word : {"0", "13", "3x", "x3", "-1", "1.0", "99999999999", " 3"}) {
        EXPECT_EQ(
            error_of([&] {
                parse({"--tokens", word}).integer("tokens", 1, 12);
            }),
            "mambasic run: --tokens: '" + std::string(word) + "' must be an integer from 1 to 12");
    }
}

TEST(Arguments, NumbersAreFiniteAndInRange) {
    EXPECT_EQ(parse({"--outliers", "0.25"}).number_or("outliers", 0, 1, 0), 0.25);
    EXPECT_EQ(parse({}).number_or("outliers", 0, 1, 0.5), 0.5);
    for (const char* word : {"nan", "inf", "1.01", "0.1y", "-0.1"}) {
        EXPECT_EQ(
            error_of([&] {
                parse({"--outliers", word}).number_or("outliers", 0, 1, 0);
            }),
            "mambasic run: --outliers: '" + std::string(word) + "' must be a number from 0 to 1");
    }
}

TEST(Arguments, RangesRunForward) {
    EXPECT_EQ(parse({"--layers", "2:5"}).range("layers"), std::make_pair(2U, 5U));
    EXPECT_FALSE(parse({}).range("layers"));
    for (const char* word : {"2", "2:", ":2", "3:3", "4:2", "a:b", "1:2:3"}) {
        EXPECT_EQ(error_of([&] {
                      parse({"--layers", word}).range("layers");
                  }),
                  "mambasic run: --layers: '" + std::string(word) +
                      "' must be FIRST:END with FIRST < END, as in 0:4 for layers 0 to 3");
    }
}

TEST(Arguments, ChoicesSuggest) {
    const std::vector<std::string> choices = {"prefill", "decode"};
    EXPECT_EQ(parse({"--trace", "decode"}).choice("trace", choices), "decode");
    EXPECT_EQ(error_of([&] {
                  parse({"--trace", "decod"}).choice("trace", choices);
              }),
              "mambasic run: --trace: unknown value 'decod', did you mean 'decode'?");
}

TEST(Arguments, TheCommandOfAReportCanBePastedWhereItWasStarted) {
    const std::string here = std::filesystem::current_path().string();
    const Arguments a = parse({here + "/my chips/chip.yaml", "--trace", "../t.safetensors",
                               "--timing-only", "--set", "dram.name=a b", "--tokens", "3"});
    EXPECT_EQ(a.command({"chip", "trace", "layers", "set", "timing-only"}),
              "mambasic run 'my chips/chip.yaml' --trace ../t.safetensors --set 'dram.name=a b' "
              "--timing-only");
    EXPECT_EQ(parse({"edge-32x32", "--trace", here + "/-t"}).command({"chip", "trace"}),
              "mambasic run edge-32x32 --trace ./-t");
    const std::string elsewhere = std::filesystem::path(here).parent_path() / "t";
    EXPECT_EQ(parse({"edge-32x32", "--trace", elsewhere}).command({"trace"}),
              "mambasic run --trace ../t");
}

}  // namespace
}  // namespace mambasic::sim
