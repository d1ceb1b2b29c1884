// What the program says of itself is true: every example in it runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
    std::istringstream text(line);
    return {std::istream_iterator<std::string>(text), {}};
}

// The names of all verbs, from the first line of each in the overview: "  mambasic NAME ...".
std::vector<Words> verbs() {
    std::vector<Words> found;
    for (const std::string& line : lines_of(mambasic({}).out)) {
        if (line.rfind("  mambasic ", 0) != 0) continue;
        Words words = words_of(line);
        const bool two = words[1] == "trace" || words[1] == "experiment";
        found.emplace_back(words.begin() + 1, words.begin() + (two ? 3 : 2));
    }
    return found;
}

std::vector<Words> examples_of(Words verb) {
    verb.emplace_back("--help");
    const std::string help = mambasic(verb).out;
    std::vector<Words> found;
    for (const std::string& line : lines_of(help.substr(help.find("\nExample:\n") + 1))) {
        Words words = words_of(line);
        if (words.size() > 1 && words[0] == "mambasic") {
            found.emplace_back(words.begin() + 1, words.end());
        }
    }
    return found;
}

// Fewer tokens make the same command quick.
Words shortened(Words words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i - 1] == "--tokens") words[i] = "2";
    }
    return words;
}

// Those that make what others read go first.
std::vector<Words> every_example() {
    std::vector<Words> all;
    for (const Words& verb : verbs()) {
        const std::vector<Words> examples = examples_of(verb);
        EXPECT_FALSE(examples.empty()) << testing::PrintToString(verb);
        all.insert(all.end(), examples.begin(), examples.end());
    }
    std::stable_partition(all.begin(), all.end(), [](const Words& w) { return w[1] == "synth"; });
    return all;
}

TEST(Help, EveryVerbHasExamplesAndAllOfThemRun) {
    const Folder folder;  // as the repository's root is, where the examples are meant to run
    std::filesystem::create_directory_symlink(MAMBASIC_SOURCE "/traces", folder.path("traces"));
    const std::vector<Words> all = every_example();
    ASSERT_GE(all.size(), 12U);
    for (const Words& words : all) {
        const Outcome outcome =
            mambasic_from({MAMBASIC_BINARY, folder.path(""), {}}, shortened(words));
        EXPECT_EQ(outcome.status, 0) << testing::PrintToString(words) << outcome.err;
    }
}

// Of a verb that prints text for a shell or a reader, --json would be nothing.
bool prints_json(const Words& words) {
    static const std::set<std::string> without = {"completion", "man", "schema"};
    return without.count(words[0]) == 0;
}

TEST(Help, EveryVerbPrintsOneJsonDocumentWhereAsked) {
    const Folder folder;
    std::filesystem::create_directory_symlink(MAMBASIC_SOURCE "/traces", folder.path("traces"));
    for (Words words : every_example()) {
        if (!prints_json(words)) continue;
        words.emplace_back("--json");
        const Outcome outcome =
            mambasic_from({MAMBASIC_BINARY, folder.path(""), {}}, shortened(words));
        EXPECT_EQ(outcome.status, 0) << testing::PrintToString(words) << outcome.err;
        const auto document = nlohmann::json::parse(outcome.out, nullptr, false);
        ASSERT_TRUE(document.is_object()) << testing::PrintToString(words) << outcome.out;
        const std::string schema = document.value("schema", "");
        EXPECT_EQ(schema.rfind("mambasic-", 0), 0U) << testing::PrintToString(words);
    }
}

TEST(Help, ErrorsStayOnStderrWhereJsonIsAsked) {
    for (const Words& words :
         {Words{"run", "tiny", "--trace", "nowhere", "--json"}, Words{"explain", "zzz", "--json"},
          Words{"run", "tiny", "--trace", tiny_prefill(), "--json", "--quiet"}}) {
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    }
}

TEST(Help, JsonOnStdoutIsTheDocumentOfOut) {
    const Folder folder;
    const Outcome run =
        mambasic({"run", "tiny", "--trace", tiny_prefill(), "--out", folder.path("out"), "--json"});
    EXPECT_EQ(run.out, read_file(folder.path("out/report.json")));
    const Outcome compare = mambasic({"compare", "tiny", "--trace", tiny_prefill(), "--schemes",
                                      "quamba1,se8", "--out", folder.path("both"), "--json"});
    EXPECT_EQ(compare.out, read_file(folder.path("both/compare.json")));
}

TEST(Help, EveryVerbSuggestsTheOptionThatWasMeant) {
    for (Words words : verbs()) {
        words.emplace_back("--hepl");
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_NE(outcome.err.find("did you mean '--help'?"), std::string::npos) << outcome.err;
        EXPECT_EQ(lines_of(outcome.err).size(), 1U);
    }
}

}  // namespace
}  // namespace mambasic::e2e
