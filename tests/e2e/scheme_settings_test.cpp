// --set on a scheme, and what refusals and notes say of schemes: whoever pastes it gets a run.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

Words timing(const std::string& scheme, const Words& settings) {
    Words words = {"run", "tiny", "--trace", tiny_prefill(), "--timing-only", "--scheme", scheme};
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return words;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// What a shell makes of the words behind `begin` in a line, up to `end`.
Words pasted(const std::string& line, const std::string& begin, const std::string& end) {
    const std::size_t at = line.find(begin);
    if (at == std::string::npos) return {};
    const std::size_t first = at + begin.size();
    const std::string text = line.substr(first, line.find(end, first) - first);
    Words words{""};
    bool quoted = false;
    for (const char c : text) {
        if (c == '\'') {
            quoted = !quoted;
        } else if (c == ' ' && !quoted) {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    return words;
}

Json report_of(Words words) {
    const Folder folder;
    words.insert(words.end(), {"--out", folder.path("out")});
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(read_file(folder.path("out/report.json")));
}

TEST(SchemeSettings, AKeyThatAnotherAsksForCanBeSet) {
    const Json changed =
        report_of(timing("w4a5-se", {"scheme.flags=sparse", "scheme.sparse_percent=2"}));
    const Json shipped = report_of(timing("w4a5-se-sparse", {}));
    EXPECT_EQ(changed["totals"], shipped["totals"]);
    EXPECT_NE(changed["totals"], report_of(timing("w4a5-se", {}))["totals"]);
}

// int5.yaml is w4a5-se.yaml without the keys of dual4.
TEST(SchemeSettings, WhatAKeyMakesIdleIsLeftOutWithANote) {
    const Words words = timing("w4a5-se", {"scheme.code=int5", "scheme.name=int5"});
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_TRUE(has(outcome.err, "leaves out: levels, flag_rule, quantile, factor, flags\n"))
        << outcome.err;
    EXPECT_EQ(report_of(words)["provenance"]["scheme_sha256"],
              report_of(timing("int5", {}))["provenance"]["scheme_sha256"]);
    const Outcome hybrid = mambasic(timing("hybrid", {"scheme.layers.0%.observer=mse"}));
    EXPECT_EQ(hybrid.status, 0);
    EXPECT_TRUE(has(hybrid.err, "leaves out: layers.0%.alpha, layers.0%.sigma\n")) << hybrid.err;
}

TEST(SchemeSettings, AKeySetByHandThatNothingReadsIsAnError) {
    const Outcome outcome =
        mambasic(timing("quamba1", {"scheme.observer=mse", "scheme.alpha=0.9"}));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err.rfind("--set scheme.alpha=0.9: alpha: nothing here reads it", 0), 0U)
        << outcome.err;
}

// A --set has no part in what was wrong before it.
TEST(SchemeSettings, AnIdleKeyOfTheFileStaysAnError) {
    const Folder folder;
    const std::string idle =
        folder.add("idle.yaml",
                   "name: idle\ngroups: one\nlookup: register\ncode: int8\nobserver: minmax\n"
                   "observes: float\nfactor: 4\n");
    const Outcome outcome = mambasic(timing(idle, {"scheme.observes=codes"}));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(has(outcome.err, "idle.yaml:7:9: factor: nothing here reads it")) << outcome.err;
}

TEST(SchemeSettings, WhatIsMissingIsAskedForAtOnce) {
    for (const char* setting : {"scheme.code=dual4", "scheme.code=dual8", "scheme.code=rotated8"}) {
        const Outcome asks = mambasic(timing("quamba1", {setting}));
        EXPECT_EQ(asks.status, 2);
        EXPECT_EQ(lines_of(asks.err).size(), 1U);
        Words words = timing("quamba1", {setting});
        const Words more = pasted(asks.err, "; add ", ", or other");
        ASSERT_FALSE(more.empty()) << asks.err;
        words.insert(words.end(), more.begin(), more.end());
        EXPECT_EQ(mambasic(words).status, 0) << asks.err;
    }
}

TEST(SchemeSettings, CompareSetsThemInEveryScheme) {
    const Outcome outcome = mambasic(compare_words(
        tiny_prefill(), "quamba1,se8", {"--timing-only", "--set", "scheme.observer=minmax"}));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 2U) << outcome.err;
    const Outcome one = mambasic(compare_words(tiny_prefill(), "quamba1,se8",
                                               {"--timing-only", "--set", "scheme.factor=8"}));
    EXPECT_EQ(one.status, 2);
    EXPECT_EQ(one.err.rfind("scheme quamba1.yaml: --set scheme.factor=8: factor: nothing", 0), 0U)
        << one.err;
    EXPECT_EQ(table_rows(one.out).size(), 1U) << one.out;
}

TEST(Suggestions, ACommandRunsWhenItIsPasted) {
    const Folder folder;
    std::filesystem::create_directories(folder.path("a b"));
    const std::string home = MAMBASIC_SOURCE;
    for (const char* name : {"w4a5-se", "quamba2"}) {
        const std::string file =
            folder.add("a b/h6.yaml", read_file(home + "/hw_config/schemes/" + name + ".yaml"));
        const std::string trace = folder.path("a b/it.safetensors");
        std::filesystem::copy_file(tiny_prefill(), trace,
                                   std::filesystem::copy_options::overwrite_existing);
        const Outcome refused = mambasic(
            {"run", "tiny", "--trace", trace, "--scheme", file, "--set", "scheme.observes=codes"});
        EXPECT_EQ(refused.status, 2);
        Words words = pasted(refused.err, ": mambasic ", " --out FILE");
        ASSERT_FALSE(words.empty()) << refused.err;
        EXPECT_EQ(words.back(), "scheme.observes=codes") << refused.err;
        words.insert(words.end(), {"--out", folder.path("made")});
        const Outcome made = mambasic(words);
        ASSERT_EQ(made.status, 0) << made.err;
        Words check = pasted(made.out, "\n  mambasic check ", "\n");
        check.insert(check.begin(), "check");
        EXPECT_EQ(mambasic(check).status, 0) << made.out;
    }
}

TEST(SchemeNote, ATraceThatSeveralCodesReadSaysWhichIsTaken) {
    const Words run = {"run", "tiny", "--trace", tiny_prefill(), "--timing-only"};
    const Outcome taken = mambasic(run);
    EXPECT_EQ(taken.err, "");
    const std::size_t at = taken.out.find("\n  note: no --scheme: quamba1 ran, ");
    ASSERT_NE(at, std::string::npos) << taken.out;
    const std::string note = lines_of(taken.out.substr(at + 1)).front();
    for (const char* other : {"fp32-ssm-input", "int8-sim", "se8"}) {
        EXPECT_TRUE(has(note, other)) << note;
    }
    for (const char* other : {"w4a5-se", "quamba2", "int5"}) {
        EXPECT_FALSE(has(note, other)) << note;
    }
    Words named = run;
    named.insert(named.end(), {"--scheme", "quamba1"});
    EXPECT_FALSE(has(mambasic(named).out, "no --scheme"));
}

// A trace with scales keeps them, whatever the header says of the observer.
TEST(SchemeNote, AnObserverThatChangesNothingIsTold) {
    const Words run = {"run",      "tiny",    "--trace", tiny_prefill(),
                       "--scheme", "quamba1", "--set",   "scheme.observer=mse"};
    const std::string note = "\n  note: scheme quamba1: ";
    EXPECT_TRUE(has(mambasic(run).out, note + "asks for mse scales, but those of 2 of the 2"));
    Words timing = run;
    timing.emplace_back("--timing-only");
    EXPECT_TRUE(has(mambasic(timing).out,
                    note + "--set scheme.observer=mse changes nothing with --timing-only"));
    timing.erase(timing.end() - 3, timing.end() - 1);  // the setting
    EXPECT_FALSE(has(mambasic(timing).out, "changes nothing"));
}

TEST(ExplainSchemes, ListsEveryShippedScheme) {
    const Outcome listed = mambasic({"explain", "schemes"});
    EXPECT_EQ(listed.status, 0);
    const Words lines = lines_of(listed.out);
    std::size_t files = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::string(MAMBASIC_SOURCE) + "/hw_config/schemes")) {
        ++files;
        EXPECT_TRUE(has(listed.out, "\n  " + file.path().stem().string() + " ")) << file.path();
    }
    EXPECT_EQ(lines.size(), files + 1);
    const Outcome unknown = mambasic({"run", "tiny", "--trace", tiny_prefill(), "--scheme", "zzz"});
    EXPECT_TRUE(has(unknown.err, "mambasic explain schemes lists all " + std::to_string(files)))
        << unknown.err;
}

TEST(ExplainSchemes, AKeysValuesNameTheirSchemes) {
    EXPECT_TRUE(has(mambasic({"explain", "code"}).out, " dual8: se8, se8-2025\n"));
    const Outcome levels = mambasic({"explain", "levels"});
    EXPECT_TRUE(has(levels.out, " signed: w4a5-se-signed\n")) << levels.out;
    EXPECT_EQ(mambasic({"explain", "scheme.layers.0.levels"}).out, levels.out);
    EXPECT_EQ(mambasic({"explain", "scheme.layers.50%.levels"}).out, levels.out);
}

}  // namespace
}  // namespace mambasic::e2e
