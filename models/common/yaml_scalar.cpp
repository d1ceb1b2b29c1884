#include "models/common/yaml_scalar.h"

#include <array>
#include <charconv>
#include <cmath>

namespace mambasic::models {

namespace {

std::size_t digits_at(const std::string& text, std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end - from;
}

std::size_t sign_at(const std::string& text, std::size_t from, const char* signs) {
    return from < text.size() && std::string(signs).find(text[from]) != std::string::npos ? 1 : 0;
}

// -?digits, at the start of the text; 0 where there is none.
std::size_t integer_part(const std::string& text) {
    const std::size_t sign = sign_at(text, 0, "-");
    const std::size_t digits = digits_at(text, sign);
    return digits == 0 ? 0 : sign + digits;
}

bool leading_zero(const std::string& text) {
    const std::size_t sign = sign_at(text, 0, "-");
    return digits_at(text, sign) > 1 && text[sign] == '0';
}

// (.digits)?([eE][+-]?digits)? from `at` to the end.
bool fraction_and_exponent(const std::string& text, std::size_t at) {
    if (at < text.size() && text[at] == '.') {
        const std::size_t digits = digits_at(text, at + 1);
        if (digits == 0) return false;
        at += 1 + digits;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        const std::size_t sign = sign_at(text, at + 1, "+-");
        const std::size_t digits = digits_at(text, at + 1 + sign);
        if (digits == 0) return false;
        at += 1 + sign + digits;
    }
    return at == text.size();
}

template <typename T>
ScalarResult<T> octal_looking(const std::string& text) {
    return {std::nullopt, shown(text) + " starts with 0, which YAML may read as octal"};
}

}  // namespace

ScalarResult<std::int64_t> parse_integer(const std::string& text) {
    const std::size_t length = integer_part(text);
    if (length == 0 || length != text.size()) {
        return {std::nullopt, shown(text) + " is not an integer"};
    }
    if (leading_zero(text)) return octal_looking<std::int64_t>(text);
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return {std::nullopt, shown(text) + " is too large"};
    return {value, {}};
}

ScalarResult<double> parse_number(const std::string& text) {
    const std::size_t length = integer_part(text);
    if (length == 0 || !fraction_and_exponent(text, length)) {
        return {std::nullopt, shown(text) + " is not a number"};
    }
    if (leading_zero(text)) return octal_looking<double>(text);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || !std::isfinite(value)) {
        return {std::nullopt, shown(text) + " is outside what a double can hold"};
    }
    return {value, {}};
}

std::string shown(const std::string& text) {
    constexpr std::size_t kLongest = 60;
    return "'" + text.substr(0, kLongest) + (text.size() > kLongest ? "...'" : "'");
}

std::string to_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), end.ptr};
}

}  // namespace mambasic::models
