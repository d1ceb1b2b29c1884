// report.html and compare.html: one file that holds all it needs and shows the very JSON of the
// file beside it. The page itself is in reports/page/, put together when the program is built.
#pragma once

#include <string>

namespace mambasic::reports {

extern const char* const kPageBefore;  // up to the data
extern const char* const kPageAfter;

/// `json`: the text of report.json or compare.json. Blanks between its tokens are left out.
std::string to_page(const std::string& json);

}  // namespace mambasic::reports
