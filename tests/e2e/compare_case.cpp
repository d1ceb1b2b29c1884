#include "tests/e2e/compare_case.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mambasic::e2e {

std::string grouped_prefill() {
    return trace("compare-prefill", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21",
                                     "--groups", "2x2", "--seed", "7"});
}

std::string grouped_decode() {
    return trace("compare-decode",
                 {"--model", "tiny2", "--phase", "decode", "--tokens", "3", "--precision", "w4a8",
                  "--groups", "4x4", "--prompt", "9", "--seed", "8"});
}

std::string shapes_only() {
    return trace("compare-shapes",
                 {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "64", "--shapes-only"});
}

Words compare_words(const std::string& trace, const std::string& schemes, const Words& more) {
    Words words = {"compare", "tiny", "--trace", trace, "--schemes", schemes};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Compared compared(const std::string& trace, const std::string& schemes, Words more,
                  const Environment& environment) {
    const Folder folder;
    more.insert(more.end(), {"--out", folder.path("out")});
    const Outcome outcome = mambasic(compare_words(trace, schemes, more), environment);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");  // no progress in a pipe
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "colour in a pipe";
    Compared out;
    out.text = outcome.out;
    out.csv = read_file(folder.path("out/compare.csv"));
    out.json_text = read_file(folder.path("out/compare.json"));
    return out;
}

// Cells are two blanks apart; none holds two but the last, which is left as it is.
Words table_cells(const std::string& line) {
    Words cells;
    std::size_t at = line.find_first_not_of(' ');
    while (at != std::string::npos && cells.size() < 11) {
        const std::size_t end = line.find("  ", at);
        cells.push_back(line.substr(at, end - at));
        at = end == std::string::npos ? end : line.find_first_not_of(' ', end);
    }
    if (at != std::string::npos) cells.push_back(line.substr(at));
    return cells;
}

Words table_rows(const std::string& text) {
    Words rows = lines_of(text);
    const auto rule = std::find_if(rows.begin(), rows.end(), [](const std::string& line) {
        return line.rfind("  -----", 0) == 0;
    });
    const auto end = std::find_if(rule, rows.end(), [](const std::string& line) {
        return line.rfind("  *", 0) == 0 || line.rfind("  check:", 0) == 0 ||
               line.rfind("  lookup energy", 0) == 0 ||
               line.find(" did not run; ") != std::string::npos;
    });
    return {rule + 1, end};
}

Words accuracy_rows(const std::string& text) {
    const std::size_t at = text.find("\nAccuracy against an FP32 SSM input\n");
    if (at == std::string::npos) return {};
    Words rows = lines_of(text.substr(at + 1));
    rows.erase(rows.begin(), std::find_if(rows.begin(), rows.end(), [](const std::string& line) {
                                 return line.rfind("  -----", 0) == 0;
                             }) + 1);
    const auto behind = [](const std::string& line) {  // the footnotes, or the end of the section
        return line.empty() || line.rfind("  logits: ", 0) == 0 || line.rfind("  conv to", 0) == 0;
    };
    rows.erase(std::find_if(rows.begin(), rows.end(), behind), rows.end());
    return rows;
}

std::string digits(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), ','), text.end());
    return text;
}

}  // namespace mambasic::e2e
