#include "models/conv/conv_x.h"

#include <algorithm>

#include "models/common/scratch.h"

namespace mambasic::models {

namespace {

using traces::XCode;
using traces::XFormat;

XRange range_of(const XCode& code) {
    if (code.format == XFormat::Dual8) return {-128.0F, 127.0F};
    if (code.format == XFormat::Int5) return {-16.0F, 15.0F};
    return code.skewed ? XRange{-1.0F, 14.0F} : XRange{-8.0F, 7.0F};
}

const float* from(const float* scales, std::uint64_t channel) {
    return scales == nullptr ? nullptr : scales + channel;
}

}  // namespace

ConvRows::ConvRows(const ConvTile& tile) : tile_(tile), x_(tile.x_out) {
    if (!x_.use.code.own_codes()) return;
    const std::uint64_t elements = tile.shape.sequences * tile.shape.tokens * x_.channels;
    low_.resize(elements);
    marks_.resize(elements);
    if (x_.use.code.dual()) high_.resize(elements);
}

ConvX ConvRows::block(std::uint64_t sequence, std::uint64_t channel, std::int64_t channels) {
    ConvX out{};
    const XCode& code = x_.use.code;
    const auto of_x = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(x_.channels) - static_cast<std::int64_t>(channel), 0, channels);
    out.int8_first = x_.use.copied() ? 0 : of_x;
    out.int8_end = code.values() ? of_x : channels;
    out.counted = of_x;
    out.value_channels = code.values() ? channels : of_x;
    if (code.x_values() && out.value_channels > 0) {
        out.values = x_.values + sequence * x_.value_sequence_stride + channel;
        out.value_stride = static_cast<std::int64_t>(x_.value_stride);
        out.decoded = code.format == XFormat::Int8Sim;
        out.decoding_scale = x_.decoding_scale;
    }
    if (!code.own_codes() || of_x == 0) return out;
    out.coded = of_x;
    out.range = range_of(code);
    out.flags_below = !code.skewed;
    const bool int8_low = code.format == XFormat::Dual8;
    out.low = from(int8_low ? tile_.output_scales : x_.scales.low, channel);
    const std::uint64_t at = sequence * tile_.shape.tokens * x_.channels + channel;
    out.low_codes = low_.data() + at;
    out.marks = marks_.data() + at;
    out.code_stride = static_cast<std::int64_t>(x_.channels);
    if (!code.dual()) return out;
    out.high = from(x_.scales.high, channel);
    if (code.rule == traces::FlagRule::Threshold)
        out.threshold = from(x_.scales.threshold, channel);
    out.high_codes = high_.data() + at;
    return out;
}

XRowMade ConvRows::made(std::uint64_t row) const {
    const std::uint64_t at = row * x_.channels;
    return {low_.data() + at, high_.empty() ? nullptr : high_.data() + at, marks_.data() + at};
}

XRowTotals ConvRows::finish(bool parallel) {
    if (!x_.use.code.own_codes()) return {};
    const std::uint64_t tokens = tile_.shape.tokens;
    const auto rows = static_cast<std::int64_t>(tile_.shape.sequences * tokens);
    std::uint64_t saturated = 0;
    std::uint64_t flagged = 0;
#pragma omp parallel reduction(+ : saturated, flagged) if (parallel)
    {
        ScratchOf<std::int8_t> scratch(x_row_scratch(x_.channels));
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < rows; ++i) {
            const auto row = static_cast<std::uint64_t>(i);
            std::uint8_t* words =
                x_.words + row / tokens * x_.sequence_stride + row % tokens * x_.stride;
            const XRowTotals totals =
                x_finish_row(x_.use.code, x_.channels, made(row), scratch.data(), words);
            saturated += totals.saturated;
            flagged += totals.flagged;
        }
    }
    return {saturated, flagged};
}

}  // namespace mambasic::models
