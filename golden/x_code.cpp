#include "golden/x_code.h"

#include <cmath>
#include <stdexcept>

#include "golden/arithmetic.h"

namespace mambasic::golden {
namespace {

using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XScales;

void require_scales(const XCode& code, const XScales& scales) {
    const bool by_threshold = code.format == XFormat::Dual4 && code.rule == FlagRule::Threshold;
    if ((code.own_scales() && scales.low == nullptr) ||
        (code.format == XFormat::Dual4 && scales.high == nullptr) ||
        (by_threshold && scales.threshold == nullptr)) {
        throw std::invalid_argument("the layer has no scales for its code of x");
    }
}

float times_factor(const XCode& code, float scale) {
    const float high = scale * code.factor;
    if (!(code.factor > 1.0F) || !std::isfinite(high)) {
        throw std::invalid_argument("the factor of a code of x is finite and above 1");
    }
    return high;
}

XChannel own_channel(const XScales& scales, std::size_t cell) {
    XChannel channel;
    channel.low = channel.decoded_low = scales.low[cell];
    channel.high = channel.decoded_high = scales.high == nullptr ? 0.0F : scales.high[cell];
    channel.threshold = scales.threshold == nullptr ? 0.0F : scales.threshold[cell];
    return channel;
}

XChannel int8_channel(const XCode& code, float coding, float decoding) {
    XChannel channel;
    channel.low = coding;
    channel.decoded_low = decoding;
    if (code.format == XFormat::Dual8) {
        channel.high = times_factor(code, coding);
        channel.decoded_high = times_factor(code, decoding);
    } else if (code.format == XFormat::Uniform8) {
        channel.decoded_low = times_factor(code, decoding);
    }
    return channel;
}

/// Whether a code with room for it has its flag.
bool is_flagged(const XCode& code, const XLevels& levels, const XChannel& channel, float y) {
    if (code.format == XFormat::Dual4 && code.rule == FlagRule::Threshold) {
        return std::fabs(y) > channel.threshold;
    }
    const float quotient = y / channel.low;
    const bool above = quotient >= levels.high + 0.5F;  // rounds to more than the last code
    const bool below = quotient <= levels.low - 0.5F;
    return above || (below && !code.skewed);
}

}  // namespace

XLevels x_levels(const XCode& code) {
    switch (code.format) {
        case XFormat::Dual4:
            return code.skewed ? XLevels{-1.0F, 14.0F} : XLevels{-8.0F, 7.0F};
        case XFormat::Int5:
            return {-16.0F, 15.0F};
        default:
            return {-128.0F, 127.0F};
    }
}

std::vector<XChannel> x_channels(const XCode& code, const XScales& scales, const XInt8Scales& int8,
                                 std::size_t channels) {
    require_scales(code, scales);
    std::vector<XChannel> all(channels);
    for (std::size_t e = 0; e < channels; ++e) {
        if (code.own_scales()) {
            all[e] = own_channel(scales, int8.groups == nullptr ? 0 : int8.groups->cell[e]);
        } else if (int8.groups != nullptr) {
            all[e] = int8_channel(code, int8.groups->x(e), int8.groups->x(e));
        } else {
            all[e] = int8_channel(code, int8.coding, int8.decoding);
        }
    }
    return all;
}

XElement encode_x(const XCode& code, const XChannel& channel, float y, bool room) {
    const XLevels levels = x_levels(code);
    const bool flag = room && code.dual() && is_flagged(code, levels, channel, y);
    const float quotient = y / (flag ? channel.high : channel.low);
    return {arith::quantize_rha(quotient, levels.low, levels.high), flag,
            arith::saturates_rha(quotient, levels.low, levels.high)};
}

XCounts encode_x_row(const XCode& code, const std::vector<XChannel>& channels, const float* y,
                     std::int8_t* codes, std::int8_t* flags) {
    const std::uint64_t places =
        code.sparse_percent == 0 ? channels.size() : code.slots(channels.size());
    XCounts counts;
    for (std::size_t e = 0; e < channels.size(); ++e) {
        const XElement element = encode_x(code, channels[e], y[e], counts.flagged < places);
        codes[e] = element.code;
        if (flags != nullptr) {
            flags[e] = element.flag ? 1 : 0;
        }
        counts.flagged += element.flag ? 1 : 0;
        counts.saturated += element.saturated ? 1 : 0;
    }
    return counts;
}

}  // namespace mambasic::golden
