// What `trace group` says to do next runs as it stands.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Words = std::vector<std::string>;

// The words behind "mambasic" in the line below Next.
std::string next_line(const std::string& said) {
    const Words lines = lines_of(said);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        if (lines[i] == "Next") return lines[i + 1].substr(std::string("  mambasic ").size());
    }
    return "";
}

Words split(const std::string& line) {
    std::istringstream text(line);
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

class GroupAdvice : public testing::TestWithParam<const char*> {};

TEST_P(GroupAdvice, RunsAsItStands) {
    const Folder folder;
    const std::string source = MAMBASIC_SOURCE "/traces/samples/tiny2-prefill.safetensors";
    const Outcome made = mambasic(
        {"trace", "group", source, "--groups", GetParam(), "--out", folder.path("g.safetensors")});
    ASSERT_EQ(made.status, 0) << made.err;
    const std::string next = next_line(made.out);
    const Outcome ran = mambasic(split(next));
    EXPECT_EQ(ran.status, 0) << next << "\n" << ran.err;
    const std::string own = std::string(" --set scheme.groups=") + GetParam();
    const bool is_usual = next.find("--scheme") == std::string::npos;
    EXPECT_EQ(next.find(own) == std::string::npos, is_usual) << next;
    const std::string groups = GetParam();
    EXPECT_EQ(is_usual, groups == "one" || groups == "4x4" || groups == "per-channel") << next;
}

INSTANTIATE_TEST_SUITE_P(Groups, GroupAdvice,
                         testing::Values("one", "1x1", "3x3", "4x4", "5x2", "per-channel"),
                         [](const auto& test) {
                             std::string name = test.param;
                             name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                             return name;
                         });

TEST(GroupNext, OfShapesAndOfASchemeRunsToo) {
    const Folder folder;
    const std::string shapes = folder.path("s.safetensors");
    const std::string out = folder.path("g.safetensors");
    ASSERT_EQ(mambasic({"trace", "synth", "--model", "mamba2-130m", "--phase", "prefill",
                        "--tokens", "8", "--layers", "2", "--shapes-only", "--out", shapes})
                  .status,
              0);
    for (const Words& how : {Words{"--groups", "3x3"}, Words{"--scheme", "w4a5-se-4x4"}}) {
        Words words = {"trace", "group", shapes, "--out", out};
        words.insert(words.end(), how.begin(), how.end());
        const Outcome made = mambasic(words);
        ASSERT_EQ(made.status, 0) << made.err;
        const Outcome ran = mambasic(split(next_line(made.out)));
        EXPECT_EQ(ran.status, 0) << made.out << ran.err;
    }
}

}  // namespace
}  // namespace mambasic::e2e
