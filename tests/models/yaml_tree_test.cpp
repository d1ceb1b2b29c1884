#include "models/common/yaml_tree.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/models/user_error.h"

namespace mambasic::models {
namespace {

std::string refusal(const std::string& text) {
    return user_error([&] { parse_yaml(text, "f.yaml"); });
}

TEST(YamlTree, KeepsPlacesCountedFromOne) {
    const auto tree = parse_yaml("a: 1\ngemm:\n  rows: 32\n  list: [x, 'y']\n", "f.yaml");
    ASSERT_EQ(tree->keys(), (std::vector<std::string>{"a", "gemm"}));
    const YamlEntry* gemm = tree->find("gemm");
    EXPECT_EQ(gemm->value->mark.text(), "f.yaml:2:1");  // a mapping is found by its key
    EXPECT_EQ(gemm->value->find("rows")->key_mark.text(), "f.yaml:3:3");
    EXPECT_EQ(gemm->value->find("rows")->value->mark.text(), "f.yaml:3:9");
    const auto& items = gemm->value->find("list")->value->items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_FALSE(items[0]->quoted);
    EXPECT_TRUE(items[1]->quoted);
}

TEST(YamlTree, RefusesDuplicateKeys) {
    EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"),
              "f.yaml:3:1: key 'a' is given twice, first at f.yaml:1:1");
    EXPECT_EQ(refusal("m: {a: 1, a: 1}"),
              "f.yaml:1:11: key 'a' is given twice, first at f.yaml:1:5");
}

TEST(YamlTree, RefusesAnchorsAliasesMergesAndTags) {
    EXPECT_NE(refusal("a: &x 1\nb: *x\n").find("f.yaml:1:4: anchors"), std::string::npos);
    EXPECT_NE(refusal("a: &x [*x]").find("anchors"), std::string::npos);
    EXPECT_NE(refusal("a:\n  <<: 3\n").find("f.yaml:2:3: merge keys"), std::string::npos);
    EXPECT_NE(refusal("a: !!int 3").find("tags are not read"), std::string::npos);
}

TEST(YamlTree, RefusesNulls) {
    EXPECT_EQ(refusal("a: 1\nb:\n"), "f.yaml:2:1: key 'b' has no value");
    EXPECT_NE(refusal("b: ~").find("key 'b' has no value"), std::string::npos);
    EXPECT_NE(refusal("b: null").find("key 'b' has no value"), std::string::npos);
    EXPECT_NE(refusal("b: [1, ]x").find("f.yaml:1:"), std::string::npos);
    EXPECT_NE(refusal("~: 1").find("a key must be a word"), std::string::npos);
    EXPECT_NE(refusal("[a]: 1").find("a key must be a word"), std::string::npos);
}

TEST(YamlTree, RefusesEmptyAndSeveralDocuments) {
    EXPECT_NE(refusal("").find("the document is empty"), std::string::npos);
    EXPECT_NE(refusal("# only a comment\n").find("the document is empty"), std::string::npos);
    EXPECT_NE(refusal("%%%:[").find(":1:1: a line that begins with % is no key"),
              std::string::npos);
    EXPECT_NE(refusal("# a\n\n %x: 1\n").find(":3:2: a line that begins"), std::string::npos);
    EXPECT_NE(refusal("a: 1\n---\nb: 2\n").find("second document"), std::string::npos);
}

TEST(YamlTree, MapsSyntaxErrorsToTheirPlace) {
    EXPECT_EQ(refusal("a: 1\nb: [1, 2\n").rfind("f.yaml:", 0), 0U);
    EXPECT_EQ(refusal("a: 1\n\tb: 2\n").rfind("f.yaml:2:", 0), 0U);
}

TEST(YamlTree, BoundsDepthAndWidth) {
    EXPECT_NE(refusal(std::string(40, '[') + "1" + std::string(40, ']')).find("nested too deeply"),
              std::string::npos);
    EXPECT_EQ(refusal(std::string(200000, '[')).rfind("f.yaml:1:", 0), 0U);
    EXPECT_EQ(refusal(std::string(200000, '{')).rfind("f.yaml:1:", 0), 0U);
    std::string wide;
    for (int i = 0; i < 1001; ++i) wide += "k" + std::to_string(i) + ": 1\n";
    EXPECT_NE(refusal(wide).find("f.yaml:1001:1: too many keys"), std::string::npos);
}

TEST(YamlTree, NeverCrashesOnBytes) {
    std::mt19937 random(7);
    const std::string alphabet = "ab:-[]{}&*!|>'\"%@`#,?~ \n\t\x01\xff\xc3\\<0";
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        const std::uint64_t length = random() % 40;
        for (std::uint64_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
        try {
            parse_yaml(text, "f.yaml");
        } catch (const UserError& e) {
            ASSERT_EQ(std::string(e.what()).rfind("f.yaml:", 0), 0U) << e.what();
            ASSERT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
        }
    }
}

TEST(YamlTree, KeysAreWords) {
    EXPECT_NE(refusal("\"a\\nb\": 1").find("a key must be a word"), std::string::npos);
    EXPECT_NE(refusal(std::string(101, 'k') + ": 1").find("a key must be a word"),
              std::string::npos);
}

TEST(YamlTree, FilesThatAreNone) {
    EXPECT_EQ(user_error([] { load_yaml("no/such.yaml"); }), "no/such.yaml:1:1: no such file");
    EXPECT_EQ(user_error([] { load_yaml("/"); }), "/:1:1: not a regular file");
    const std::string big = testing::TempDir() + "yaml_tree_test_big.yaml";
    std::ofstream(big) << std::string((1U << 20U) + 1, '#');
    EXPECT_NE(user_error([&] { load_yaml(big); }).find("larger than 1 MiB"), std::string::npos);
    std::filesystem::remove(big);
}

}  // namespace
}  // namespace mambasic::models
