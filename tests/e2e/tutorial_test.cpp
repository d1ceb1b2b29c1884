// Every command of the tutorial runs, one after the other, on the traces that come along.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Words = std::vector<std::string>;

struct Block {
    std::string language;
    Words lines;
};

std::vector<Block> blocks_of(const std::string& page) {
    std::vector<Block> blocks;
    bool inside = false;
    for (const std::string& line : lines_of(page)) {
        if (line.rfind("```", 0) == 0) {
            inside = !inside;
            if (inside) blocks.push_back({line.substr(3), {}});
        } else if (inside) {
            blocks.back().lines.push_back(line);
        }
    }
    return blocks;
}

bool begins(const std::string& line, const std::string& word) {
    return line.rfind(word + " ", 0) == 0;
}

// What PyTorch or another Python is needed for has tests of its own.
bool is_pythons(const std::string& line) {
    return begins(line, "pip") || begins(line, "python3") || begins(line, "mambasic-capture");
}

Words words_of(const std::string& line) {
    std::istringstream text(line);
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    words.erase(words.begin());
    return words;
}

TEST(Tutorial, EveryCommandRuns) {
    const Folder folder;
    std::filesystem::create_directory_symlink(MAMBASIC_SOURCE "/traces", folder.path("traces"));
    std::size_t ran = 0;
    for (const Block& block : blocks_of(read_file(MAMBASIC_SOURCE "/TUTORIAL.md"))) {
        if (block.language == "yaml") {
            std::string chip;
            for (const std::string& line : block.lines) chip += line + "\n";
            folder.add("my-chip.yaml", chip);
            continue;
        }
        for (const std::string& line : block.lines) {
            if (is_pythons(line)) continue;
            if (begins(line, "cp")) {
                const Words words = words_of(line);
                std::filesystem::copy_file(folder.path(words.at(0)), folder.path(words.at(1)));
                continue;
            }
            ASSERT_TRUE(begins(line, "mambasic")) << line;
            const Outcome outcome =
                mambasic_from({MAMBASIC_BINARY, folder.path(""), {}}, words_of(line));
            EXPECT_EQ(outcome.status, 0) << line << "\n" << outcome.err;
            ++ran;
        }
    }
    EXPECT_GE(ran, 15U);
}

}  // namespace
}  // namespace mambasic::e2e
