// Codes of x as ssm.md 8 defines them, one element and one bit at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/x_code/x_rows.h"

namespace mambasic::models::test {

using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

inline XCode plain(XFormat format) {
    XCode code;
    code.format = format;
    return code;
}
inline XCode dual4(bool skewed, FlagRule rule, std::uint32_t sparse = 0) {
    XCode code = plain(XFormat::Dual4);
    code.skewed = skewed;
    code.rule = rule;
    code.sparse_percent = sparse;
    return code;
}
inline XCode dual8(std::uint32_t sparse = 0) {
    XCode code = plain(XFormat::Dual8);
    code.sparse_percent = sparse;
    code.factor = 4;
    return code;
}

inline std::vector<XCode> codes_in_words() {
    return {dual4(false, FlagRule::Overflow),
            dual4(true, FlagRule::Overflow),
            dual4(false, FlagRule::Threshold),
            dual4(true, FlagRule::Threshold),
            dual4(true, FlagRule::Overflow, 5),
            dual4(false, FlagRule::Threshold, 12),
            dual8(),
            dual8(3),
            plain(XFormat::Int5)};
}

/// 8.4 to 8.6: the ends of the codes.
inline int lowest(const XCode& code) {
    if (code.format == XFormat::Dual8) return -128;
    if (code.format == XFormat::Int5) return -16;
    return code.skewed ? -1 : -8;
}
inline int highest(const XCode& code) {
    if (code.format == XFormat::Dual8) return 127;
    if (code.format == XFormat::Int5) return 15;
    return code.skewed ? 14 : 7;
}

/// The scales of one element.
struct XScalesOf {
    float int8 = 0, low = 0, high = 0, threshold = 0;
};

struct XElement {
    int code = 0;
    int flag = 0;
    bool saturated = false;
    float value = 0;  // what the SSM reads
};

/// r = rha(fl(y / scale)) held in a range; a NaN is 0.
inline XElement hold(float y, float scale, int low, int high) {
    const float quotient = y / scale;
    if (std::isnan(quotient)) return {0, 0, false, scale * 0.0F};
    const float r = std::round(quotient);
    const float held = std::min(std::max(r, static_cast<float>(low)), static_cast<float>(high));
    const int code = static_cast<int>(held);  // an integer: no -0 is decoded
    return {code, 0, held != r, scale * static_cast<float>(code)};
}

inline bool wants_flag(const XCode& code, float y, const XScalesOf& s) {
    if (!code.dual()) return false;
    if (code.rule == FlagRule::Threshold) return std::fabs(y) > s.threshold;
    const float r = std::round(y / (code.format == XFormat::Dual8 ? s.int8 : s.low));
    const bool below = r < static_cast<float>(lowest(code));
    return r > static_cast<float>(highest(code)) || (below && !code.skewed);
}

/// The row of a token, its list of flags no longer than there is room for.
inline std::vector<XElement> code_row(const XCode& code, const std::vector<float>& y,
                                      const std::vector<XScalesOf>& scales) {
    std::uint64_t room = y.size();
    if (code.sparse_percent != 0) {
        room = static_cast<std::uint64_t>(
            std::ceil(static_cast<double>(y.size() * code.sparse_percent) / 100));
    }
    std::vector<XElement> row;
    for (std::size_t c = 0; c < y.size(); ++c) {
        const bool flag = room > 0 && wants_flag(code, y[c], scales[c]);
        const float low = code.format == XFormat::Dual8 ? scales[c].int8 : scales[c].low;
        room -= flag ? 1 : 0;
        row.push_back(hold(y[c], flag ? scales[c].high : low, lowest(code), highest(code)));
        row.back().flag = flag ? 1 : 0;
    }
    return row;
}

/// 8.8, bit by bit.
class WordsByHand {
public:
    WordsByHand(const XCode& code, const std::vector<XElement>& row) : code_(code) {
        const std::size_t blocks = (row.size() + 63) / 64;
        const std::size_t each = code.format == XFormat::Dual8 ? 64 : 32;
        const bool listed = code.sparse_percent != 0;
        for (std::size_t b = 0; b < blocks; ++b) {
            std::vector<std::uint8_t> block(listed ? each : each + 8);
            for (std::size_t k = 0; k < 64; ++k) {
                const std::size_t c = 64 * b + k;
                put(block, k, c < row.size() ? row[c] : XElement{}, listed);
            }
            bytes.insert(bytes.end(), block.begin(), block.end());
        }
        if (listed) list(row);
    }
    std::vector<std::uint8_t> bytes;

private:
    void put(std::vector<std::uint8_t>& block, std::size_t k, const XElement& e, bool listed) {
        const auto set = [&](std::size_t byte, std::size_t bit) {
            block[byte] = static_cast<std::uint8_t>(block[byte] | 1U << bit);
        };
        const unsigned field = static_cast<unsigned>(code_.skewed ? e.code + 1 : e.code);
        const std::size_t bits = code_.format == XFormat::Dual8 ? 8 : 4;
        for (std::size_t i = 0; i < bits; ++i) {
            if ((field >> i & 1U) != 0) set((k * bits + i) / 8, (k * bits + i) % 8);
        }
        const bool fifth = code_.format == XFormat::Int5 ? (field >> 4 & 1U) != 0 : e.flag != 0;
        if (!listed && fifth) set(block.size() - 8 + k / 8, k % 8);
    }
    void list(const std::vector<XElement>& row) {
        const std::size_t room = (row.size() * code_.sparse_percent + 99) / 100;
        std::vector<unsigned> channels;
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (row[c].flag != 0) channels.push_back(static_cast<unsigned>(c));
        }
        channels.resize(room, 65535);
        for (const unsigned c : channels) {
            bytes.push_back(static_cast<std::uint8_t>(c % 256));
            bytes.push_back(static_cast<std::uint8_t>(c / 256));
        }
    }
    const XCode code_;
};

inline std::string shown(const XCode& c) {
    return "format " + std::to_string(static_cast<int>(c.format)) + (c.skewed ? " skewed" : "") +
           (c.rule == FlagRule::Threshold ? " threshold" : "") + " sparse " +
           std::to_string(c.sparse_percent);
}

}  // namespace mambasic::models::test
