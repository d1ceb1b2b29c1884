#include "traces/words.h"

#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

namespace mambasic::traces {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> out;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, separator);) out.push_back(part);
    if (!text.empty() && text.back() == separator) out.emplace_back();
    return out;
}

std::string decimal(float value) {
    std::array<char, 64> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

bool read_decimal(const std::string& text, float& out) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    return error == std::errc() && stop == end && std::isfinite(out);
}

}  // namespace mambasic::traces
