// Damaged configuration files: whatever the damage, the answer is a chip or one line that names a
// place. A crash, another exception or a hang fails the test.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "models/common/error.h"
#include "sim/chip_config.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// Bytes that mean something to YAML come up more often than by chance.
std::string damage(std::string text, std::mt19937& random) {
    const std::string special = ":-{}[]&*!|>'\"%@`#,?~ \n\t0.x";
    for (std::uint64_t edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
        const std::size_t at = random() % text.size();
        switch (random() % 5) {
            case 0:
                text[at] = special[random() % special.size()];
                break;
            case 1:
                text[at] = static_cast<char>(random() % 256);
                break;
            case 2:
                text.erase(at, 1 + random() % 40);
                break;
            case 3:
                text.insert(at, text.substr(random() % text.size(), random() % 60));
                break;
            default:
                text.resize(at);
        }
    }
    return text;
}

class ConfigFuzz : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        home_ =
            fs::path(testing::TempDir()) / ("config_fuzz_" + fs::path(GetParam()).stem().string());
        fs::remove_all(home_);
        fs::copy(MAMBASIC_HW_CONFIG, home_, fs::copy_options::recursive);
    }
    void TearDown() override { fs::remove_all(home_); }
    fs::path home_;
};

TEST_P(ConfigFuzz, EndsInAChipOrInOneLine) {
    const fs::path victim = home_ / GetParam();
    const std::string original = read(victim);
    ASSERT_FALSE(original.empty());
    std::mt19937 random(3);
    int refused = 0;
    for (int round = 0; round < 150; ++round) {
        std::ofstream(victim, std::ios::binary) << damage(original, random);
        try {
            ChipConfig::load((home_ / "chips/tiny.yaml").string(), {});
        } catch (const models::UserError& e) {
            const std::string line = e.what();
            ASSERT_EQ(line.find('\n'), std::string::npos) << line;
            ASSERT_NE(line.find(".yaml:"), std::string::npos) << line;
            ASSERT_LT(line.size(), 2000U);
            ++refused;
        }
    }
    EXPECT_GT(refused, 30);
    EXPECT_LT(refused, 150);
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigFuzz,
                         testing::Values("base.yaml", "chips/tiny.yaml", "tech/tsmc7-class.yaml",
                                         "dram/ddr4-3200.yaml"));

TEST(ConfigFuzz, OverridesEndInAChipOrInOneLine) {
    const std::string chip = std::string(MAMBASIC_HW_CONFIG) + "/chips/tiny.yaml";
    std::mt19937 random(4);
    for (int round = 0; round < 300; ++round) {
        const std::string set = damage("gemm.vector_adder_tree_width=8", random);
        try {
            ChipConfig::load(chip, {set});
        } catch (const models::UserError& e) {
            const std::string line = e.what();
            ASSERT_EQ(line.find('\n'), std::string::npos) << line;
            ASSERT_EQ(line.rfind("--set ", 0), 0U) << line;
        }
    }
}

}  // namespace
}  // namespace mambasic::sim
