// The codes of the SSM input: an element's code and what it stands for, and the sparse flags of a
// row. Spec: ssm.md 8.1 to 8.6; the rule of sparse flags is 8.8's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/group_scales.h"
#include "traces/x_code.h"

namespace mambasic::golden {

/// The first and the last code of a format.
struct XLevels {
    float low = 0;
    float high = 0;
};
XLevels x_levels(const traces::XCode& code);

/// The numbers of one channel. What codes and what decodes is one number, but in a Mamba1 layer
/// whose convolution and scan were given different scales.
struct XChannel {
    float low = 0;   // divides an element whose flag is 0, or that has none
    float high = 0;  // one whose flag is 1
    float threshold = 0;
    float decoded_low = 0;  // multiplies
    float decoded_high = 0;
};

/// Where the scales of int8 stand: one number, or `groups`.
struct XInt8Scales {
    float coding = 0;
    float decoding = 0;
    const GroupScales* groups = nullptr;  // where given, the others are not read
};

/// Of each of `channels` channels. std::invalid_argument where the layer lacks the scales of the
/// code, or the factor is none.
std::vector<XChannel> x_channels(const traces::XCode& code, const traces::XScales& scales,
                                 const XInt8Scales& int8, std::size_t channels);

struct XElement {
    std::int8_t code = 0;
    bool flag = false;
    bool saturated = false;
};

/// Where there is no `room` for a flag, it is 0. Not for Fp32, which has no codes.
XElement encode_x(const traces::XCode& code, const XChannel& channel, float y, bool room = true);

inline float decode_x(const XChannel& channel, std::int8_t code, bool flag) {
    return (flag ? channel.decoded_high : channel.decoded_low) * static_cast<float>(code);
}

struct XCounts {
    std::uint64_t flagged = 0;
    std::uint64_t saturated = 0;
};

/// One token. Where the format has no flags, `flags` may be null.
XCounts encode_x_row(const traces::XCode& code, const std::vector<XChannel>& channels,
                     const float* y, std::int8_t* codes, std::int8_t* flags);

}  // namespace mambasic::golden
