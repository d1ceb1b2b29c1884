#include "traces/x_code_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "traces/layer_runs.h"
#include "traces/words.h"

namespace mambasic::traces {

namespace {

using Words = std::vector<std::string>;

struct Name {
    const char* text;
    XFormat format;
    bool dense = false;
};

// Without further words.
constexpr std::array<Name, 6> kPlain{{{"int8", XFormat::Int8},
                                      {"fp32", XFormat::Fp32},
                                      {"int8-sim", XFormat::Int8Sim},
                                      {"int5", XFormat::Int5},
                                      {"rotated8-hadamard", XFormat::Rotated8},
                                      {"rotated8-dense", XFormat::Rotated8, true}}};

const char* const kSparse = "sparse";

bool read_factor(const std::string& word, float& out) {
    return word.rfind('x', 0) == 0 && read_decimal(word.substr(1), out) && out > 1 &&
           out <= kLargestXFactor;
}

bool read_percent(const std::string& word, std::uint32_t& out) {
    constexpr std::uint32_t kAll = 100;
    const std::string prefix = kSparse;
    if (word.rfind(prefix, 0) != 0) return false;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + prefix.size(), end, out);
    return error == std::errc() && stop == end && out >= 1 && out <= kAll;
}

bool read_levels(const std::string& word, XCode& out) {
    out.skewed = word == "skewed";
    return out.skewed || word == "signed";
}

bool read_rule(const std::string& word, XCode& out) {
    out.rule = word == "threshold" ? FlagRule::Threshold : FlagRule::Overflow;
    return word == "threshold" || word == "overflow";
}

bool read_dual4(const Words& words, XCode& out) {
    out.format = XFormat::Dual4;
    if (words.size() < 3 || words.size() > 4) return false;
    return read_levels(words[1], out) && read_rule(words[2], out) &&
           (words.size() == 3 || read_percent(words[3], out.sparse_percent));
}

bool read_dual8(const Words& words, XCode& out) {
    out.format = XFormat::Dual8;
    if (words.size() < 2 || words.size() > 3) return false;
    return read_factor(words[1], out.factor) &&
           (words.size() == 2 || read_percent(words[2], out.sparse_percent));
}

bool read_uniform8(const Words& words, XCode& out) {
    out.format = XFormat::Uniform8;
    return words.size() == 2 && read_factor(words[1], out.factor);
}

}  // namespace

std::string spell(const XCode& code) {
    std::string out;
    for (const Name& name : kPlain) {
        if (code.format == name.format && code.dense == name.dense) return name.text;
    }
    if (code.format == XFormat::Dual4) {
        out = std::string("dual4-") + (code.skewed ? "skewed" : "signed") +
              (code.rule == FlagRule::Threshold ? "-threshold" : "-overflow");
    } else {
        out = (code.format == XFormat::Dual8 ? "dual8-x" : "uniform8-x") + decimal(code.factor);
    }
    if (code.sparse_percent > 0) {
        out += std::string("-") + kSparse + std::to_string(code.sparse_percent);
    }
    return out;
}

bool read_x_code(const std::string& text, XCode& out) {
    out = {};
    for (const Name& name : kPlain) {
        out.format = name.format;
        out.dense = name.dense;
        if (text == name.text) return true;
    }
    out.dense = false;
    const Words words = split(text, '-');
    const std::string kind = words.empty() ? "" : words.front();
    if (kind == "dual4") return read_dual4(words, out);
    if (kind == "dual8") return read_dual8(words, out);
    return kind == "uniform8" && read_uniform8(words, out);
}

const char* name_of(XProjInput input) {
    switch (input) {
        case XProjInput::Copy:
            return "copy";
        case XProjInput::Requantized:
            return "requantized";
        case XProjInput::Codes:
            return "codes";
    }
    throw std::logic_error("no such input of x_proj");
}

std::string spell_x_codes(const std::vector<XCode>& codes) {
    Words words(codes.size());
    std::transform(codes.begin(), codes.end(), words.begin(), spell);
    return spell_words(words);
}

bool read_x_codes(const std::string& text, std::size_t layers, std::vector<XCode>& out) {
    Words words;
    out.clear();
    return read_words(text, layers, words) &&
           std::all_of(words.begin(), words.end(), [&out](const std::string& word) {
               return read_x_code(word, out.emplace_back());
           });
}

}  // namespace mambasic::traces
