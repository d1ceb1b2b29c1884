#include "reports/page_writer.h"

namespace mambasic::reports {
namespace {

// In JSON a `<` stands in texts alone, where its escape means the same and ends no script element.
constexpr const char* kEscapedLess = "\\u003c";

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string embedded(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    bool in_text = false;
    bool escaped = false;  // the character before was a backslash that escapes this one
    for (const char c : json) {
        if (!in_text && is_blank(c)) continue;
        if (c == '"' && !escaped) in_text = !in_text;
        escaped = in_text && c == '\\' && !escaped;
        out += c == '<' ? std::string(kEscapedLess) : std::string(1, c);
    }
    return out;
}

}  // namespace

std::string to_page(const std::string& json) { return kPageBefore + embedded(json) + kPageAfter; }

}  // namespace mambasic::reports
