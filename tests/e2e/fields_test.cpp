// `mambasic explain` knows every field and every column that the program writes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/program.h"
#include "tests/e2e/timeline_reader.h"

namespace mambasic::e2e {
namespace {

using Names = std::set<std::string>;

// "report.json totals.cycles", with an explanation.
Names explained() {
    const Json document = Json::parse(mambasic({"explain", "fields", "--json"}).out);
    Names names;
    for (const Json& field : document.at("fields")) {
        const std::string path = field.at("path");
        EXPECT_GE(field.at("what").get<std::string>().size(), 4U) << path;
        names.insert(field.at("document").get<std::string>() + " " + path);
    }
    return names;
}

// Names below `counts` are those of the primitives that a block has: the data of that field.
void add_paths(const Json& value, const std::string& prefix, Names& paths) {
    if (value.is_array()) {
        for (const Json& item : value) add_paths(item, prefix, paths);
    }
    if (!value.is_object()) return;
    for (const auto& [key, child] : value.items()) {
        paths.insert(prefix + key);
        if (key != "counts") add_paths(child, prefix + key + ".", paths);
    }
}

Names paths_of(const std::string& document, const std::string& file) {
    Names paths;
    add_paths(Json::parse(read_file(file)), document + " ", paths);
    return paths;
}

Words cells_of(const std::string& line) {
    Words cells{""};
    for (const char c : line) {
        if (c == ',') {
            cells.emplace_back();
        } else {
            cells.back() += c;
        }
    }
    return cells;
}

void expect_known(const Names& known, const Names& written) {
    EXPECT_FALSE(written.empty());
    for (const std::string& name : written) EXPECT_EQ(known.count(name), 1U) << name;
}

TEST(Fields, OfReportsAreExplained) {
    const Folder folder;
    const Names known = explained();
    mambasic({"run", "tiny", "--trace", tiny_prefill(), "--out", folder.path("run")});
    expect_known(known, paths_of("report.json", folder.path("run/report.json")));
    mambasic({"check", "--chip", "tiny", "--trace", tiny_prefill(), "--quality", "--out",
              folder.path("check")});
    expect_known(known, paths_of("report.json", folder.path("check/report.json")));
    mambasic({"check", "--chip", "tiny", "--trace", tiny_prefill(), "--set",
              "nonlinear.exp.kind=table", "--out", folder.path("table")});
    const Names differing = paths_of("report.json", folder.path("table/report.json"));
    EXPECT_EQ(differing.count("report.json check.tensors.first.got_hex"), 1U);
    EXPECT_EQ(differing.count("report.json unit_errors.max_ulp"), 1U);
    expect_known(known, differing);
}

TEST(Fields, OfComparisonsAreExplained) {
    const Folder folder;
    const Names known = explained();
    mambasic({"compare", "tiny", "--trace", tiny_prefill(), "--schemes", "quamba1,se8", "--out",
              folder.path("out")});
    expect_known(known, paths_of("compare.json", folder.path("out/compare.json")));
    Names columns;
    for (const std::string& cell :
         cells_of(lines_of(read_file(folder.path("out/compare.csv"))).at(0))) {
        columns.insert("compare.csv " + cell);
    }
    EXPECT_GT(columns.size(), 40U);
    expect_known(known, columns);
    mambasic({"experiment", "four-modes", "tiny", "--trace", tiny_prefill(), "--out",
              folder.path("modes")});
    expect_known(known, paths_of("four-modes.json", folder.path("modes/four-modes.json")));
}

TEST(Fields, OfScalesAreExplained) {
    const Folder folder;
    mambasic({"scales", "--trace", tiny_prefill(), "--csv", folder.path("s.csv")});
    Names columns;
    for (const std::string& cell : cells_of(lines_of(read_file(folder.path("s.csv"))).at(0))) {
        columns.insert("scales.csv " + cell);
    }
    EXPECT_GT(columns.size(), 20U);
    expect_known(explained(), columns);
}

// What an event's arguments are called depends on what the event is.
void add_event(const Json& event, Names& names) {
    const std::string ph = event.at("ph");
    const std::string counter = "timeline.json counter " + event.at("name").get<std::string>();
    if (ph == "C") names.insert(counter);
    if (event.at("name") == "thread_name") {
        names.insert("timeline.json track " + event["args"]["name"].get<std::string>());
    }
    for (const auto& [key, value] : event.items()) names.insert("timeline.json traceEvents." + key);
    for (const auto& [key, value] : event.at("args").items()) {
        if (ph == "X") names.insert("timeline.json slice " + key);
        if (ph == "M") names.insert("timeline.json name " + key);
        if (ph == "C") names.insert(counter + "." + key);
    }
}

void add_timeline(const Timed& run, Names& names) {
    for (const Json& event : run.timeline.at("traceEvents")) add_event(event, names);
    Json rest = run.timeline;
    rest["traceEvents"] = Json::array();
    add_paths(rest, "timeline.json ", names);
}

// Both ways: what is in none of these timelines is no field.
TEST(Fields, OfTimelinesAreExplainedAndNoOthers) {
    const Folder folder;
    Names written;
    const Words mamba1 = {"tiny", "--trace", tiny_prefill(), "--scheme", "w4a5-se-4x4"};
    const Words mamba2 = {"edge-32x32", "--trace", sample("tiny2-decode")};
    add_timeline(time_with(folder, mamba1, {"--timeline", "all"}), written);
    add_timeline(time_with(folder, mamba1, {"--timeline", "20us:31us"}), written);
    add_timeline(time_with(folder, mamba2, {"--timeline", "all"}), written);
    Names known;
    for (const std::string& name : explained()) {
        if (name.rfind("timeline.json", 0) == 0) known.insert(name);
    }
    EXPECT_EQ(known, written);
    EXPECT_NE(mambasic({"explain", "dram GB/s"}).out.find("1 us"), std::string::npos);
    EXPECT_EQ(lines_of(mambasic({"explain", "timeline.json"}).out).size(), known.size());
}

bool is_rule(const std::string& line) {
    return line.rfind("  -", 0) == 0 && line.find_first_not_of(" -") == std::string::npos;
}

std::string cell_at(const std::string& line, std::size_t first, std::size_t end) {
    if (first >= line.size()) return "";
    const std::string cell = line.substr(first, end - first);
    const std::size_t begin = cell.find_first_not_of(' ');
    return begin == std::string::npos ? ""
                                      : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin);
}

// A line of the head has blanks wherever the rule has them; prose above a table has not.
bool is_head(const std::string& line, const std::string& rule) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool between = i >= rule.size() || rule[i] == ' ';
        if (between && line[i] != ' ') return false;
    }
    return !line.empty();
}

// Words one below the other, from the lines above the rule.
std::string header(const Words& lines, std::size_t rule, std::size_t first, std::size_t end) {
    std::string text;
    for (std::size_t at = rule; at-- > 0 && is_head(lines[at], lines[rule]);) {
        const std::string cell = cell_at(lines[at], first, end);
        if (!cell.empty()) text.insert(0, cell + (text.empty() ? "" : " "));
    }
    return text;
}

Names headers_of(const std::string& text) {
    const Words lines = lines_of(text);
    Names found;
    for (std::size_t rule = 0; rule < lines.size(); ++rule) {
        if (!is_rule(lines[rule])) continue;
        const std::string& line = lines[rule];
        for (std::size_t at = line.find('-'); at < line.size(); at = line.find('-', at)) {
            const std::size_t end = std::min(line.find(' ', at), line.size());
            found.insert(header(lines, rule, at, end));
            at = end;
        }
    }
    return found;
}

TEST(Fields, ColumnsOfTablesAreExplained) {
    const std::string trace = tiny_prefill();
    const std::vector<Words> commands = {
        {"run", "tiny", "--trace", trace, "--set", "nonlinear.exp.kind=table"},
        {"compare", "tiny", "--trace", trace, "--schemes", "quamba1,se8"},
        {"check", "--chip", "tiny", "--trace", trace, "--quality"},
        {"check", "--chip", "tiny", "--trace", trace, "--set", "nonlinear.exp.kind=table"},
        {"scales", "--trace", trace},
        {"trace", "info", trace, "--tensors"},
        {"explain", "area"}};
    Names all;
    for (const Words& words : commands) {
        const Names headers = headers_of(mambasic(words).out);
        EXPECT_FALSE(headers.empty()) << testing::PrintToString(words);
        all.insert(headers.begin(), headers.end());
    }
    EXPECT_GT(all.size(), 60U);
    for (const std::string& name : all) {
        const Outcome outcome = mambasic({"explain", name});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_NE(outcome.out.find("table "), std::string::npos) << name << "\n" << outcome.out;
    }
}

TEST(Fields, AreFoundByTheirEndAndSuggested) {
    EXPECT_EQ(mambasic({"explain", "totals.cycles"}).out,
              "totals.cycles (report.json)\n  from the first transfer to the end of the last, by "
              "the chip's one clock\n");
    const std::string both = mambasic({"explain", "scheme"}).out;
    EXPECT_NE(both.find("scheme.groups"), std::string::npos);
    EXPECT_NE(both.find("Of the same name, in what the program writes\n"), std::string::npos);
    EXPECT_EQ(mambasic({"explain", "total.cycle"}).err,
              "mambasic explain: no key 'total.cycle', did you mean 'totals.cycles'?\n");
}

}  // namespace
}  // namespace mambasic::e2e
