// Codes of the SSM input once more, through double: what ssm.md 8 says, as it says it.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "golden/x_code.h"

namespace mambasic::golden {

inline traces::XCode code_of(traces::XFormat format, float factor = 0) {
    traces::XCode code;
    code.format = format;
    code.factor = factor;
    return code;
}

inline traces::XCode dual4(bool skewed) {
    traces::XCode code = code_of(traces::XFormat::Dual4);
    code.skewed = skewed;
    return code;
}

inline traces::XCode dual4_by_threshold(bool skewed) {
    traces::XCode code = dual4(skewed);
    code.rule = traces::FlagRule::Threshold;
    return code;
}

/// One of each format that has codes, and of each kind of 4 bits.
inline std::vector<traces::XCode> all_codes() {
    using traces::XFormat;
    return {code_of(XFormat::Int8),
            code_of(XFormat::Int8Sim),
            code_of(XFormat::Dual8, 3),
            code_of(XFormat::Dual8, 8),
            code_of(XFormat::Uniform8, 4),
            code_of(XFormat::Int5),
            dual4(false),
            dual4(true),
            dual4_by_threshold(false),
            dual4_by_threshold(true)};
}

/// Of finite y. A quotient of two floats in double, rounded to float, is the float division.
inline XElement oracle_x(const traces::XCode& code, const XChannel& channel, float y) {
    using traces::XFormat;
    const bool four = code.format == XFormat::Dual4;
    const int levels = four ? 16 : code.format == XFormat::Int5 ? 32 : 256;
    const int low = four && code.skewed ? -1 : -levels / 2;
    const int high = low + levels - 1;
    const auto rounded = [y](float scale) {
        const double quotient = static_cast<double>(y) / static_cast<double>(scale);
        return std::llround(static_cast<double>(static_cast<float>(quotient)));
    };
    const long long r = rounded(channel.low);
    bool flag = false;
    if (four && code.rule == traces::FlagRule::Threshold) {
        flag = std::abs(y) > channel.threshold;
    } else if (code.dual()) {
        flag = r > high || (r < low && !code.skewed);
    }
    const long long coded = flag ? rounded(channel.high) : r;
    const long long held = std::min<long long>(high, std::max<long long>(low, coded));
    return {static_cast<std::int8_t>(held), flag, held != coded};
}

}  // namespace mambasic::golden
