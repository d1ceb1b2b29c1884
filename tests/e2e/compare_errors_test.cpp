// What goes wrong in a comparison: one line that names the scheme, and nothing left behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/e2e/compare_case.h"
#include "tests/reports/schema_walker.h"

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
    EXPECT_NE(outcome.out.find("\n  quamba2-per-channel did not run; stderr tells why\n"),
              std::string::npos)
        << outcome.out;
    EXPECT_EQ(outcome.out.find(why), std::string::npos) << "at a terminal it would stand twice";
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

// The trace has quamba2's scales: beside one that cannot run they are recorded all the same.
TEST(CompareErrors, WhatDoesNotRunHasNoSayInTheScalesOfOthers) {
    const Folder results;
    const Words small = {"--set", "scale_table.capacity_kib=9"};
    Words words = compare_words(grouped_decode(), "quamba2-per-channel,quamba2", small);
    words.insert(words.end(), {"--out", results.path("out")});
    EXPECT_EQ(mambasic(words).status, 2);
    const Json rows = Json::parse(read_file(results.path("out/compare.json")))["schemes"];
    EXPECT_EQ(rows, compared(grouped_decode(), "quamba2", small).json()["schemes"]);
    EXPECT_EQ(rows[0]["scales"], "recorded");
}

TEST(CompareErrors, FilesHaveNoFoldersInTheReport) {
    const Folder folder;
    const std::string chip = folder.add("small.yaml", "extends: " MAMBASIC_SOURCE
                                                      "/hw_config/chips/tiny.yaml\n"
                                                      "scale_table: {capacity_kib: 5}\n");
    const Outcome outcome =
        mambasic({"compare", chip, "--trace", grouped_prefill(), "--schemes",
                  "quamba1,quamba2-per-channel", "--timing-only", "--out", folder.path("out")});
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    const std::string why =
        "small.yaml:2:29: scale_table.capacity_kib: the tables need 35 KiB, the chip has 5; raise "
        "scale_table.capacity_kib to 35";
    EXPECT_EQ(outcome.err, "scheme quamba2-per-channel: " + folder.path(why) + "\n");
    Json json = Json::parse(read_file(folder.path("out/compare.json")));
    EXPECT_EQ(json["refused"][0]["why"], why);
    json["provenance"].erase("command");  // which is to be pasted
    for (const std::string& text : {json.dump(), read_file(folder.path("out/compare.csv"))}) {
        EXPECT_EQ(text.find(folder.path("small")), std::string::npos) << text;
    }
}

// The figures beside it are those of a comparison without it.
TEST(CompareErrors, AFileWithAMistakeHindersNoOther) {
    const Folder folder;
    const std::string broken =
        folder.add("broken.yaml", "name: broken\ngroups: one\nlookup: walk\n");
    const Outcome outcome = mambasic(compare_words(grouped_prefill(), broken + ",quamba1,quamba2",
                                                   {"--out", folder.path("out")}));
    EXPECT_EQ(outcome.status, 2);
    const std::string why = "broken.yaml:3:9: lookup: ";
    EXPECT_EQ(outcome.err.rfind("scheme broken.yaml: " + folder.path(why), 0), 0U) << outcome.err;
    EXPECT_NE(outcome.out.find("\n  broken.yaml did not run; stderr tells why\n"),
              std::string::npos);
    const Json json = Json::parse(read_file(folder.path("out/compare.json")));
    EXPECT_EQ(json["refused"][0]["scheme"], "broken.yaml");
    EXPECT_EQ(json["refused"][0]["scheme_sha256"], nullptr);
    EXPECT_EQ(json["refused"][0]["why"].get<std::string>().rfind(why, 0), 0U);
    EXPECT_EQ(json["schemes"], compared(grouped_prefill(), "quamba1,quamba2").json()["schemes"]);
    std::ifstream file(MAMBASIC_SOURCE "/reports/compare.schema.json");
    EXPECT_EQ(reports::SchemaWalker(Json::parse(file)).fault(json), "");
}

TEST(CompareErrors, AFileWithAMistakeAloneIsAllThatIsSaid) {
    const Folder folder;
    const std::string broken = folder.add("broken.yaml", "name: broken\n");
    expect_refused(compare_words(grouped_prefill(), broken, {}), "broken.yaml:");
}

TEST(CompareErrors, TheTraceIsNamedAsTheUserNamesIt) {
    for (const std::string schemes : {"quamba2", "quamba1"}) {
        const std::string error = error_of(
            compare_words(grouped_decode(), schemes, {"--set", "gemm.int4_weights=false"}));
        EXPECT_NE(error.find(": " + grouped_decode() + " has 4-bit weights"), std::string::npos)
            << error;
    }
}

TEST(CompareErrors, ADifferenceOutweighsARefusal) {
    const Words words = {"--set", "nonlinear.exp.kind=table",
                         "--set", "nonlinear.exp.table_entries=16",
                         "--set", "scale_table.capacity_kib=5"};
    for (const std::string schemes :
         {"quamba2-lite,quamba2-per-channel", "quamba2-per-channel,quamba2-lite"}) {
        const Outcome outcome = mambasic(compare_words(grouped_prefill(), schemes, words));
        EXPECT_EQ(outcome.status, 1);
        EXPECT_EQ(lines_of(outcome.err).size(), 2U) << outcome.err;
        Words accepted = words;
        accepted.emplace_back("--approximate");
        EXPECT_EQ(mambasic(compare_words(grouped_prefill(), schemes, accepted)).status, 2);
    }
}

TEST(CompareErrors, TheNextStepIsOfASchemeThatRan) {
    const Outcome outcome =
        mambasic(compare_words(grouped_prefill(), "quamba1,quamba2,quamba2-per-channel",
                               {"--set", "scale_table.capacity_kib=5"}));
    EXPECT_NE(outcome.out.find(" --scheme quamba2 --out F "), std::string::npos) << outcome.out;
}

TEST(CompareErrors, WhereNoneFitsEachIsNamed) {
    const Folder results;
    Words words = compare_words(grouped_prefill(), "quamba2-per-channel,quamba2-8x8",
                                {"--set", "scale_table.capacity_kib=1"});
    words.insert(words.end(), {"--out", results.path("out")});
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(results.entries(), Words());
    const Words lines = lines_of(outcome.err);
    ASSERT_EQ(lines.size(), 2U) << outcome.err;
    EXPECT_EQ(lines[0].rfind("scheme quamba2-per-channel: --set scale_table.", 0), 0U) << lines[0];
    EXPECT_EQ(lines[1].rfind("scheme quamba2-8x8: --set scale_table.", 0), 0U) << lines[1];
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
    const std::string mine = folder.add("mine.yaml",
                                        "name: quamba1\ngroups: one\nlookup: register\ncode: "
                                        "int8\nobserver: minmax\nobserves: float\n");
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
    const std::string many = folder.add("many.yaml",
                                        "name: many\ngroups: 400x2\nlookup: sequential\ncode: "
                                        "int8\nobserver: minmax\nobserves: float\n");
    const std::string error = error_of(compare_words(grouped_decode(), many, {"--timing-only"}));
    EXPECT_EQ(error.rfind("scheme many: " + many + ":2:9: groups: the network has", 0), 0U)
        << error;
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
    EXPECT_EQ(digits(cells.at(10)), mismatches + " differ");
    EXPECT_TRUE(accuracy_rows(differs.out).empty()) << "golden's accuracy would not be this chip's";
    words.emplace_back("--approximate");
    const Outcome accepted = mambasic(words);
    EXPECT_EQ(accepted.status, 0);
    EXPECT_EQ(accepted.err, "");
    EXPECT_EQ(accepted.out, differs.out);
}

}  // namespace
}  // namespace mambasic::e2e
