#include "reports/page_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/comparison_writer.h"
#include "reports/json_writer.h"
#include "tests/reports/sample_comparison.h"
#include "tests/reports/sample_report.h"

namespace mambasic::reports {
namespace {

using Json = nlohmann::json;

// As a browser finds it: up to the first thing that ends a script element.
std::string data_of(const std::string& page) {
    const std::string start = "<script type=\"application/json\" id=\"data\">";
    const std::size_t at = page.find(start);
    if (at == std::string::npos) return "";
    const std::size_t from = at + start.size();
    return page.substr(from, page.find("</script", from) - from);
}

TEST(PageWriter, HoldsTheReportAsItIs) {
    const std::string json = to_json(sample_report());
    EXPECT_EQ(Json::parse(data_of(to_page(json))), Json::parse(json));
    const std::string comparison = to_json(with_a_refusal());
    EXPECT_EQ(Json::parse(data_of(to_page(comparison))), Json::parse(comparison));
}

TEST(PageWriter, NoNameCanEndTheScriptElement) {
    Report report = sample_report();
    const std::string evil = "</script><script>alert(\"1 < 2\")</script><!-- \\\" \\";
    report.provenance.trace = report.provenance.command = evil;
    report.notes = {evil, "\\", "ends in a quote\\\""};
    const std::string data = data_of(to_page(to_json(report)));
    EXPECT_EQ(data.find('<'), std::string::npos);
    EXPECT_EQ(Json::parse(data), Json::parse(to_json(report)));
}

TEST(PageWriter, BlanksInTextsStayAndOthersGo) {
    const std::string data =
        data_of(to_page("{\n  \"a b\": \"c  d \\\" e\\\\\",\n  \"f\": [1, 2]\n}\n"));
    EXPECT_EQ(data, "{\"a b\":\"c  d \\\" e\\\\\",\"f\":[1,2]}");
}

// Whatever a page is given, its policy lets it fetch nothing.
TEST(PageWriter, NamesNothingToFetch) {
    const std::string page = to_page("{}");
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
    for (const char* word : {" src=", "@import", "url(", "<link", "<iframe", "<img", "<base"}) {
        EXPECT_EQ(page.find(word), std::string::npos) << word;
    }
    EXPECT_EQ(page.find("@data@"), std::string::npos);
    EXPECT_EQ(page.find("@style@"), std::string::npos);
    EXPECT_EQ(page.find("@chart@"), std::string::npos);
    EXPECT_EQ(page.find("@script@"), std::string::npos);
}

}  // namespace
}  // namespace mambasic::reports
