// What goes wrong in a comparison: one line that names the scheme, and nothing left behind.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

// The error, which is one line; nothing is written, neither results nor temporary traces.
std::string error_of(Words words) {
    const Folder results, temporary;
    words.insert(words.end(), {"--out", results.path("out")});
    const Outcome outcome = mambasic(words, {{"TMPDIR", temporary.path("")}});
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(results.entries(), Words());
    EXPECT_EQ(temporary.entries(), Words());
    return outcome.err;
}

void expect_refused(const Words& words, const std::string& text) {
    const std::string error = error_of(words);
    EXPECT_NE(error.find(text), std::string::npos) << error;
}

// The figures beside it are those of a comparison without it.
TEST(CompareErrors, ASchemeThatDoesNotFitHindersNoOther) {
    const Folder results;
    const Words small = {"--set", "scale_table.capacity_kib=5"};
    Words words = compare_words(grouped_prefill(), "quamba2-per-channel,quamba1,quamba2", small);
    words.insert(words.end(), {"--out", results.path("out")});
    const Outcome outcome = mambasic(words);
    const std::string why =
        "--set scale_table.capacity_kib=5: scale_table.capacity_kib: the tables need 35 KiB, the "
        "chip has 5; raise scale_table.capacity_kib to 35";
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err, "scheme quamba2-per-channel: " + why + "\n");
    EXPECT_NE(outcome.out.find("\n  quamba2-per-channel did not run: " + why + "\n"),
              std::string::npos)
        << outcome.out;
    EXPECT_EQ(table_rows(outcome.out).size(), 2U) << outcome.out;
    const Json json = Json::parse(read_file(results.path("out/compare.json")));
    EXPECT_EQ(json["refused"][0]["scheme"], "quamba2-per-channel");
    EXPECT_EQ(json["refused"][0]["why"], why);
    EXPECT_EQ(json["schemes"],
              compared(grouped_prefill(), "quamba1,quamba2", small).json()["schemes"]);
    const Words csv = lines_of(read_file(results.path("out/compare.csv")));
    ASSERT_EQ(csv.size(), 4U);
    EXPECT_EQ(csv[3].rfind("quamba2-per-channel,", 0), 0U) << csv[3];
    EXPECT_NE(csv[3].find(why), std::string::npos) << csv[3];
}

TEST(CompareErrors, TheNextStepIsOfASchemeThatRan) {
    const Outcome outcome =
        mambasic(compare_words(grouped_prefill(), "quamba1,quamba2,quamba2-per-channel",
                               {"--set", "scale_table.capacity_kib=5"}));
    EXPECT_NE(outcome.out.find(" --scheme quamba2 --out F "), std::string::npos) << outcome.out;
}

TEST(CompareErrors, WhereNoneFitsTheFirstIsNamed) {
    const std::string error =
        error_of(compare_words(grouped_prefill(), "quamba2-per-channel,quamba2-8x8",
                               {"--set", "scale_table.capacity_kib=1"}));
    EXPECT_EQ(error.rfind("scheme quamba2-per-channel: ", 0), 0U) << error;
    EXPECT_NE(error.find("scale_table.capacity_kib"), std::string::npos) << error;
}

TEST(CompareErrors, SchemesAreGivenOnceAndExist) {
    const std::string t = grouped_prefill();
    expect_refused(compare_words(t, "quamba1,quamba2-dirct", {}),
                   "quamba2-dirct: no such scheme file or name, did you mean 'quamba2-direct'?");
    expect_refused(compare_words(t, "quamba1,quamba2,quamba1", {}),
                   "--schemes: 'quamba1' is given twice");
    expect_refused(compare_words(t, "quamba1,,quamba2", {}),
                   "--schemes: a name between the commas is missing");
    expect_refused(compare_words(t, "quamba1, ,quamba2", {}),
                   "--schemes: a name between the commas is missing");
    expect_refused(compare_words(t, ",", {}), "--schemes: a name between the commas is missing");
    expect_refused(compare_words(t, "  ", {}), "--schemes: is blank");
    expect_refused({"compare", "tiny", "--trace", t}, "--schemes: is missing");
    expect_refused({"compare", "tiny", "--schemes", "quamba1"}, "--trace: is missing");
    expect_refused(compare_words(t, "quamba1", {"--jobs", "0"}),
                   "--jobs: '0' must be an integer from 1 to 1024");
    expect_refused({"compre"}, "unknown verb 'compre', did you mean 'compare'?");
}

TEST(CompareErrors, BlanksAndACommaAtTheEndAreHowPeopleWriteLists) {
    const Compared tidy = compared(grouped_prefill(), "quamba1,quamba2-lite");
    const Compared loose = compared(grouped_prefill(), " quamba1, quamba2-lite ,\n");
    EXPECT_EQ(loose.json_text, tidy.json_text);
    EXPECT_EQ(loose.text, tidy.text);
}

TEST(CompareErrors, TwoFilesOfOneNameAreBothNamed) {
    const Folder folder;
    const std::string mine =
        folder.add("mine.yaml", "name: quamba1\ngroups: one\nlookup: register\nobserver: minmax\n");
    const std::string error = error_of(compare_words(grouped_prefill(), "quamba1," + mine, {}));
    EXPECT_NE(error.find("quamba1.yaml and " + mine + " are both named 'quamba1'; change the name"),
              std::string::npos)
        << error;
    expect_refused(compare_words(grouped_prefill(), mine + "," + mine, {}),
                   "--schemes: 'quamba1' is given twice");
}

TEST(CompareErrors, WhatATraceCannotGiveIsSaid) {
    expect_refused(compare_words(shapes_only(), "quamba1", {}),
                   "holds shapes only; add --timing-only");
    expect_refused(compare_words(grouped_prefill(), "quamba2-lite", {"--layers", "1:2"}),
                   "--layers: golden begins at the trace's first layer");
    const Folder folder;
    const std::string many = folder.add(
        "many.yaml", "name: many\ngroups: 400x2\nlookup: sequential\nobserver: minmax\n");
    expect_refused(compare_words(grouped_decode(), many, {"--timing-only"}),
                   "scheme many: groups: the network has");
}

TEST(CompareErrors, AFolderThatIsNoFolderIsToldBeforeTheWork) {
    const Folder folder;
    const std::string file = folder.add("file", "");
    const Outcome outcome =
        mambasic(compare_words(grouped_prefill(), "quamba2-lite", {"--out", file}));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("is not a folder"), std::string::npos) << outcome.err;
}

TEST(CompareErrors, TemporaryTracesGoAway) {
    const Folder temporary;
    const Outcome outcome = mambasic(compare_words(grouped_prefill(), "quamba1,quamba2", {}),
                                     {{"TMPDIR", temporary.path("")}});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(temporary.entries(), Words());
}

TEST(CompareErrors, ADifferenceIsToldInTheTableAndInTheStatus) {
    const Folder folder;
    const Words approximate = {"--set", "nonlinear.exp.kind=table", "--set",
                               "nonlinear.exp.table_entries=16"};
    Words words = compare_words(grouped_prefill(), "quamba2-lite", approximate);
    words.insert(words.end(), {"--out", folder.path("out")});
    const Outcome differs = mambasic(words);
    EXPECT_EQ(differs.status, 1);
    const std::string mismatches =
        Json::parse(read_file(folder.path("out/compare.json")))["schemes"][0]["check"]["mismatches"]
            .dump();
    EXPECT_GT(std::stoul(mismatches), 0U);
    EXPECT_EQ(differs.err.rfind("scheme quamba2-lite: " + mismatches + " elements differ", 0), 0U)
        << differs.err;
    const Words cells = table_cells(table_rows(differs.out).at(0));
    EXPECT_EQ(digits(cells.at(12)), mismatches + " differ");
    EXPECT_EQ(cells.at(10), "-") << "golden's SQNR would not be this chip's";
    EXPECT_EQ(cells.at(11), "-");
    words.emplace_back("--approximate");
    const Outcome accepted = mambasic(words);
    EXPECT_EQ(accepted.status, 0);
    EXPECT_EQ(accepted.err, "");
    EXPECT_EQ(accepted.out, differs.out);
}

}  // namespace
}  // namespace mambasic::e2e
