// What the tests of `mambasic compare` share: traces, a comparison with what it left, its table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic::e2e {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

std::string grouped_prefill();  // 2 x 2 groups in each of 2 SSD groups: quamba2-lite
std::string grouped_decode();   // 4 x 4 groups, W4A8: quamba2
std::string shapes_only();

/// Of a comparison on the chip tiny.
Words compare_words(const std::string& trace, const std::string& schemes, const Words& more);

struct Compared {
    std::string text, csv, json_text;
    Json json() const { return Json::parse(json_text); }
};

/// Expects that it succeeds and says nothing on stderr.
Compared compared(const std::string& trace, const std::string& schemes, Words more = {},
                  const Environment& environment = {});

/// The lines below the table's rule; the cells of one.
Words table_rows(const std::string& text);
Words table_cells(const std::string& line);
/// Likewise of the table of accuracy; empty where there is none.
Words accuracy_rows(const std::string& text);
std::string digits(std::string text);  // "1,234" without its commas

}  // namespace mambasic::e2e
