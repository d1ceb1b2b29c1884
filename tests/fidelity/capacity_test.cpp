// A chip too small for one task is refused with a size that helps.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic {
namespace {

e2e::Outcome run_tiny(const std::string& trace, const std::vector<std::string>& settings) {
    std::vector<std::string> words = {"run", "tiny", "--trace", trace, "--timing-only", "--quiet"};
    for (const std::string& s : settings) {
        words.emplace_back("--set");
        words.push_back(s);
    }
    return e2e::mambasic(words);
}

class TooSmall : public testing::TestWithParam<const char*> {};

TEST_P(TooSmall, AdviceHelpsWhenFollowed) {
    const std::string key = GetParam();
    const std::regex advice("raise ([a-z_]+\\.[a-z_]+) to ([0-9]+)");
    std::string setting = key + "=4";
    e2e::Outcome outcome;
    // Each task that does not fit asks for its own size.
    for (int tries = 0; tries < 8; ++tries) {
        outcome = run_tiny(e2e::tiny_prefill(), {setting});
        if (outcome.status == 0) break;
        EXPECT_EQ(outcome.err.rfind("--set " + setting + ": " + key + ": ", 0), 0U) << outcome.err;
        std::smatch found;
        ASSERT_TRUE(std::regex_search(outcome.err, found, advice)) << outcome.err;
        EXPECT_EQ(found[1], key);
        setting = found[1].str() + "=" + found[2].str();
    }
    EXPECT_EQ(outcome.status, 0) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(, TooSmall,
                         testing::Values("activation_sram.capacity_kib", "ssm.state_store_kib"));

TEST(TooSmallMemory, OfAChipFilePointsIntoIt) {
    const e2e::Folder folder;
    const std::string chip = folder.add("small.yaml", "extends: " MAMBASIC_SOURCE
                                                      "/hw_config/chips/tiny.yaml\n"
                                                      "name: small\n"
                                                      "activation_sram: {capacity_kib: 4}\n");
    const e2e::Outcome outcome =
        e2e::mambasic({"run", chip, "--trace", e2e::tiny_prefill(), "--timing-only", "--quiet"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err.rfind(chip + ":3:33: activation_sram.capacity_kib: ", 0), 0U)
        << outcome.err;
    EXPECT_NE(outcome.err.find(" bytes of activation_sram, which has 4096; raise"),
              std::string::npos)
        << outcome.err;
}

TEST(TooSmallMemory, InDecodeAsksForFewerSequences) {
    const e2e::Outcome outcome =
        run_tiny(e2e::tiny_decode(), {"activation_sram={capacity_kib: 1, banks: 1}"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("or take a trace of fewer sequences"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(outcome.err.find("tile_tokens"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace mambasic
