// `mambasic explain area` is the sum that a report shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

struct Figures {
    double value = 0;
    double low = 0;
    double high = 0;
};

struct PartLine {
    std::string block;
    double count = 0;
    Figures each_um2;
    Figures mm2;
    bool logic = false;
};

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream text(line);
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

double figure(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), ','), text.end());
    return std::stod(text);
}

Figures figures(const std::vector<std::string>& words, std::size_t at) {
    return {figure(words[at]), figure(words[at + 1]), figure(words[at + 2])};
}

struct Explained {
    std::string total;                   // "area 1.23 mm2 (...)"
    std::map<std::string, Figures> sum;  // by block
    std::vector<PartLine> parts;
};

// A block's line begins in the table's first column, that of a part of it two further on.
Explained explained(const Words& words) {
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    Explained out;
    std::string block;
    for (const std::string& line : lines_of(outcome.out)) {
        if (line.rfind("area ", 0) == 0) out.total = line.substr(5);
        const std::vector<std::string> text = words_of(line);
        const std::size_t n = text.size();
        const bool of_table = line.rfind("  ", 0) == 0 && line.find("---") == std::string::npos;
        if (!of_table || text.front() == "part") continue;
        if (line[2] != ' ') {
            block = text.front();
            out.sum[block] = figures(text, n - 3);
            continue;
        }
        out.parts.push_back({block, figure(text[n - 7]), figures(text, n - 6), figures(text, n - 3),
                             line.find(" KiB") == std::string::npos});
    }
    return out;
}

const Words kExplain = {"explain", "area", "--chip", "tiny", "--model", "tiny2-g2", "--scheme"};

Words with(Words words, const std::string& last) {
    words.push_back(last);
    return words;
}

TEST(ExplainArea, IsTheAreaOfTheReport) {
    const std::string grouped = trace("area-grouped", {"--model", "tiny2-g2", "--phase", "prefill",
                                                       "--tokens", "21", "--shapes-only"});
    for (const char* scheme : {"quamba1", "quamba2", "quamba2-parallel", "w4a5-se-4x4"}) {
        const Folder folder;
        const Outcome run = mambasic({"run", "tiny", "--trace", grouped, "--scheme", scheme,
                                      "--timing-only", "--quiet", "--out", folder.path("")});
        ASSERT_EQ(run.status, 0) << run.err;
        const Explained area = explained(with(kExplain, scheme));
        EXPECT_NE(read_file(folder.path("report.txt")).find(area.total), std::string::npos)
            << scheme << ": " << area.total;
        EXPECT_GT(area.total.size(), 0U);
        std::size_t blocks = 0;
        const Json report = Json::parse(read_file(folder.path("report.json")));
        for (const Json& block : report["blocks"]) {
            const double mm2 = block["area_mm2"]["value"];
            const std::string name = block["name"];
            if (mm2 == 0) continue;
            ASSERT_EQ(area.sum.count(name), 1U) << name;
            EXPECT_NEAR(area.sum.at(name).value, mm2, 0.006 * mm2) << scheme << ", " << name;
            ++blocks;
        }
        EXPECT_EQ(blocks, area.sum.size()) << scheme;
    }
}

// Three digits are shown: half a unit of the last is half a percent at most.
TEST(ExplainArea, PartsAreCountsTimesCellsAndAddUpToTheirBlock) {
    const Explained area = explained(with(kExplain, "w4a5-se-4x4"));
    EXPECT_GT(area.parts.size(), 40U);
    std::map<std::string, double> sum;
    for (const PartLine& part : area.parts) {
        const double used = part.logic ? 0.65 : 1;
        const double mm2 = part.count * part.each_um2.value / used / 1e6;
        EXPECT_NEAR(part.mm2.value, mm2, 0.02 * mm2) << part.block;
        EXPECT_LE(part.mm2.low, part.mm2.value);
        EXPECT_LE(part.mm2.value, part.mm2.high);
        sum[part.block] += part.mm2.value;
    }
    EXPECT_EQ(sum.size(), area.sum.size());
    for (const auto& [block, mm2] : sum) {
        EXPECT_NEAR(mm2, area.sum.at(block).value, 0.01 * mm2) << block;
    }
}

TEST(ExplainArea, WrongWordsAreRefused) {
    const auto refused = [](const Words& words, const std::string& why) {
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
        EXPECT_TRUE(outcome.out.empty()) << outcome.out;
    };
    refused({"explain", "gemm.rows", "--scheme", "quamba2"}, "only with the key 'area'");
    refused({"explain", "area", "--model", "mamba-130"}, "did you mean 'mamba-130m'?");
    refused({"explain", "area", "--scheme", "quamba3"}, "did you mean");
    refused({"explain", "area", "--chip", "edge-32x3"}, "did you mean");
}

}  // namespace
}  // namespace mambasic::e2e
