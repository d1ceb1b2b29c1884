// The script of `mambasic completion bash` in bash itself, and the manual page in groff.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <set>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Names = std::set<std::string>;
using Words = std::vector<std::string>;

std::string output_of(const std::string& command) {
    std::string text;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
        text += buffer.data();
    }
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return text;
}

// What bash offers where the cursor stands behind the last word.
Names offered(const Words& words) {
    const Folder folder;
    std::string quoted;
    for (const std::string& word : words) quoted += " '" + word + "'";
    const std::string bin = std::filesystem::path(MAMBASIC_BINARY).parent_path().string();
    const std::string script =
        folder.add("script.sh", "PATH=" + bin +
                                    ":$PATH\ncd " MAMBASIC_SOURCE
                                    "\nsource <(mambasic completion bash)\nCOMP_WORDS=(" +
                                    quoted +
                                    ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                    "compopt() { :; }\n_mambasic\n"
                                    "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    const Words lines = lines_of(output_of("OMP_WAIT_POLICY=passive bash " + script));
    return {lines.begin(), lines.end()};
}

TEST(Completion, OffersVerbs) {
    EXPECT_EQ(offered({"mambasic", "ca"}), Names{"calibrate"});
    EXPECT_EQ(offered({"mambasic", "trace", "s"}), (Names{"synth", "slice"}));
    EXPECT_EQ(offered({"mambasic", "--v"}), Names{"--version"});
    const Names all = offered({"mambasic", ""});
    for (const char* verb : {"run", "compare", "check", "experiment", "trace", "help"}) {
        EXPECT_EQ(all.count(verb), 1U) << verb;
    }
}

TEST(Completion, OffersEveryOptionOfEveryVerb) {
    for (const Words& verb : {Words{"run"}, Words{"compare"}, Words{"trace", "synth"}}) {
        Words help = verb;
        help.emplace_back("--help");
        Names told = {"--help"};
        for (const std::string& line : lines_of(mambasic(help).out)) {
            if (line.rfind("  --", 0) == 0) told.insert(line.substr(2, line.find(' ', 2) - 2));
        }
        EXPECT_GT(told.size(), 8U);
        Words words = {"mambasic"};
        words.insert(words.end(), verb.begin(), verb.end());
        words.emplace_back("--");
        EXPECT_EQ(offered(words), told);
    }
}

TEST(Completion, OffersValues) {
    EXPECT_EQ(offered({"mambasic", "run", "edge"}), Names{"edge-32x32"});
    EXPECT_EQ(offered({"mambasic", "run", "tiny", "--scheme", "w4a5-se-th"}),
              Names{"w4a5-se-threshold"});
    EXPECT_EQ(offered({"mambasic", "compare", "--schemes", "quamba1,se8-2"}),
              Names{"quamba1,se8-2025"});
    EXPECT_EQ(offered({"mambasic", "run", "--set", "gemm.row"}), Names{"gemm.rows="});
    EXPECT_EQ(offered({"mambasic", "explain", "ssm.exp_u"}), Names{"ssm.exp_units"});
    EXPECT_EQ(offered({"mambasic", "trace", "synth", "--phase", ""}), (Names{"prefill", "decode"}));
    EXPECT_EQ(offered({"mambasic", "trace", "synth", "--model", "mamba-13"}), Names{"mamba-130m"});
    EXPECT_EQ(offered({"mambasic", "schema", "ch"}), Names{"chip"});
    EXPECT_EQ(offered({"mambasic", "trace", "info", "traces/samples/tiny-p"}),
              Names{"traces/samples/tiny-prefill.safetensors"});
}

// The words of an option that the script offers are those that its verb accepts.
TEST(Completion, OffersNoWordThatIsRefused) {
    struct Case {
        Words before;
        std::string option;
    };
    const std::string model = "mamba-130m";
    const Words synth = {"trace", "synth", "--model", model};
    const std::string sample = MAMBASIC_SOURCE "/traces/samples/tiny-prefill.safetensors";
    const std::vector<Case> cases = {
        {synth, "--phase"},
        {{"trace", "group", sample}, "--observer"},
        {{"schema"}, ""},
        {{"completion"}, ""},
        {{"run", "tiny", "--trace", sample, "--dram-trace", "x"}, "--dram-trace-format"}};
    for (const Case& each : cases) {
        Words words = each.before;
        if (!each.option.empty()) words.push_back(each.option);
        words.emplace_back("zzzzzzzz");
        const std::string error = mambasic(words).err;
        words.back().clear();
        words.insert(words.begin(), "mambasic");
        const Names names = offered(words);
        EXPECT_GE(names.size(), 2U);
        for (const std::string& name : names) {
            EXPECT_NE(error.find(name), std::string::npos) << name << " in " << error;
        }
    }
}

TEST(Manual, RendersWithoutWarnings) {
    const Folder folder;
    const std::string page = folder.add("mambasic.1", mambasic({"man"}).out);
    EXPECT_NE(read_file(page).find(".SS \"trace synth\""), std::string::npos);
    if (std::system("command -v groff >/dev/null") != 0) GTEST_SKIP() << "groff is not installed";
    EXPECT_EQ(output_of("groff -man -Tascii -ww -z " + page + " 2>&1"), "");
}

}  // namespace
}  // namespace mambasic::e2e
