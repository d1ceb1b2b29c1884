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

TEST(CompareErrors, AFailingSchemeIsNamed) {
    const Words small = {"--set", "scale_table.capacity_kib=1"};
    const std::string error =
        error_of(compare_words(grouped_prefill(), "quamba1,quamba2-per-channel,quamba2", small));
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
    expect_refused(compare_words(t, ",", {}), "--schemes: a name between the commas is missing");
    expect_refused({"compare", "tiny", "--trace", t}, "--schemes: is missing");
    expect_refused({"compare", "tiny", "--schemes", "quamba1"}, "--trace: is missing");
    expect_refused(compare_words(t, "quamba1", {"--jobs", "0"}),
                   "--jobs: '0' must be an integer from 1 to 1024");
    expect_refused({"compre"}, "unknown verb 'compre', did you mean 'compare'?");
}

TEST(CompareErrors, WhatATraceCannotGiveIsSaid) {
    expect_refused(compare_words(tiny_prefill(), "quamba1,quamba2", {}),
                   "scheme quamba2: " + tiny_prefill() + ": it has one scale for all channels");
    expect_refused(compare_words(shapes_only(), "quamba1", {}),
                   "holds shapes only; add --timing-only");
    expect_refused(compare_words(grouped_prefill(), "quamba2-lite", {"--layers", "1:2"}),
                   "--layers: golden begins at the trace's first layer");
    const Folder folder;
    const std::string many =
        folder.add("many.yaml", "name: many\ngroups: 400x2\nlookup: sequential\n");
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
    EXPECT_EQ(digits(cells.at(11)), mismatches + " differ");
    EXPECT_EQ(cells.at(9), "-") << "golden's SQNR would not be this chip's";
    EXPECT_EQ(cells.at(10), "-");
    words.emplace_back("--approximate");
    const Outcome accepted = mambasic(words);
    EXPECT_EQ(accepted.status, 0);
    EXPECT_EQ(accepted.err, "");
    EXPECT_EQ(accepted.out, differs.out);
}

}  // namespace
}  // namespace mambasic::e2e
