// The README shows what the program prints, and its commands exist.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Lines = std::vector<std::string>;
using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
    std::istringstream text(line);
    return {std::istream_iterator<std::string>(text), {}};
}

// The block that shows what demo.sh prints of a trace.
Lines example(const std::string& trace) {
    const Lines all = lines_of(read_file(MAMBASIC_SOURCE "/README.md"));
    const auto first = std::find_if(all.begin(), all.end(), [&](const std::string& line) {
        return line.rfind("mambasic 0", 0) == 0 && line.find(trace) != std::string::npos;
    });
    return {first, std::find(first, all.end(), "```")};
}

// "..." stands for lines that are left out.
bool is_gap(const std::string& line) { return words_of(line) == Words{"..."}; }

TEST(Readme, ShowsWhatTheDemoPrints) {
    const std::string sample = MAMBASIC_SOURCE "/traces/samples/tiny-prefill.safetensors";
    const Outcome run = mambasic({"run", "edge-32x32", "--trace", sample});
    const Outcome check = mambasic({"check", "--trace", sample, "--chip", "edge-32x32"});
    const Lines printed = lines_of(run.out + check.out);
    auto at = printed.cbegin();
    Lines together;
    Lines shown = example("trace tiny-prefill");
    ASSERT_GT(shown.size(), 30U);
    shown.emplace_back("...");
    for (const std::string& line : shown) {
        if (!is_gap(line)) {
            together.push_back(line);
            continue;
        }
        at = std::search(at, printed.cend(), together.begin(), together.end());
        ASSERT_NE(at, printed.cend()) << "not printed: " << testing::PrintToString(together);
        at += static_cast<std::ptrdiff_t>(together.size());
        together.clear();
    }
}

// What demo.sh compares, by its own words.
TEST(Readme, ShowsWhatTheDemoCompares) {
    Words words;
    for (const std::string& line : lines_of(read_file(MAMBASIC_SOURCE "/demo.sh"))) {
        if (line.find(" compare ") == std::string::npos && words.empty()) continue;
        for (const std::string& word : words_of(line)) words.push_back(word);
    }
    ASSERT_GT(words.size(), 6U);
    words.erase(words.begin());  // the program
    words.erase(std::remove(words.begin(), words.end(), "\\"), words.end());
    const Folder folder;
    *(std::find(words.begin(), words.end(), "--out") + 1) = folder.path("out");
    const Outcome compare = mambasic_from({MAMBASIC_BINARY, MAMBASIC_SOURCE, {}}, words);
    ASSERT_EQ(compare.status, 0) << compare.err;
    const Lines printed = lines_of(compare.out);
    const Lines shown = example("trace tiny2-prefill");
    ASSERT_GT(shown.size(), 11U);
    ASSERT_LE(shown.size(), printed.size());
    EXPECT_EQ(shown, Lines(printed.begin(), printed.begin() + static_cast<long>(shown.size())));
}

// The commands in code spans and blocks, in their order; one may go on in the next line.
std::vector<Words> commands() {
    std::vector<Words> found;
    std::istringstream text(read_file(MAMBASIC_SOURCE "/README.md"));
    bool code = false;
    for (std::string piece; std::getline(text, piece, '`'); code = !code) {
        bool goes_on = false;
        for (const std::string& line : code ? lines_of(piece) : Lines()) {
            const Words words = words_of(line);
            const std::set<std::string> verbs = {"run",     "check",     "compare",   "trace",
                                                 "explain", "scales",    "calibrate", "experiment",
                                                 "schema",  "completion"};
            const bool begins = words.size() > 1 && words[0] == "mambasic";
            if (begins && verbs.count(words[1]) == 1) {
                found.emplace_back(words.begin() + 1, words.end());
                goes_on = true;
            } else if (goes_on) {
                found.back().insert(found.back().end(), words.begin(), words.end());
            }
        }
    }
    return found;
}

// Fewer tokens and layers make the same commands quick.
Words shortened(Words words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i - 1] == "--tokens") words[i] = "2";
        if (words[i - 1] == "--layers") words[i] = "1";
    }
    return words;
}

TEST(Readme, EveryCommandRuns) {
    const Folder folder;
    const std::vector<Words> all = commands();
    EXPECT_GE(all.size(), 8U);
    for (const Words& words : all) {
        const Outcome outcome =
            mambasic_from({MAMBASIC_BINARY, folder.path(""), {}}, shortened(words));
        EXPECT_EQ(outcome.status, 0) << testing::PrintToString(words) << outcome.err;
    }
    EXPECT_FALSE(read_file(folder.path("out/m130/report.json")).empty());
}

}  // namespace
}  // namespace mambasic::e2e
