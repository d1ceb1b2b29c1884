// Numbers as they stand in a configuration file. Stricter than YAML: no octal-looking 010, no
// trailing letters, no infinities, no NaN.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mambasic::models {

template <typename T>
struct ScalarResult {
    std::optional<T> value;
    std::string problem;  // set where value is not
};

/// A decimal integer; a leading '-' is understood so that the error can speak of the range.
ScalarResult<std::int64_t> parse_integer(const std::string& text);

/// 1, -0.5, 2e-3: digits on both sides of a point; finite.
ScalarResult<double> parse_number(const std::string& text);

/// The user's text in quotes, shortened to what fits into a line.
std::string shown(const std::string& text);

/// The shortest text that reads back as the same double.
std::string to_text(double value);

}  // namespace mambasic::models
