// A row of codes of the SSM input as bytes: ssm.md 8.8.
// Not here: the formats of 32 bits, whose words are the numbers themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "traces/x_code.h"

namespace mambasic::golden {

/// Bytes of a row of `channels` codes; std::invalid_argument for a format of 32 bits, and for a
/// list of flags where a channel's number has no 16 bits.
std::uint64_t x_row_bytes(const traces::XCode& code, std::size_t channels);

struct XRow {
    std::vector<std::int8_t> codes;
    std::vector<std::int8_t> flags;  // 0 or 1; empty where the format has none

    bool operator==(const XRow& o) const { return codes == o.codes && flags == o.flags; }
};

/// std::invalid_argument where a list has no room for all flags.
std::vector<std::uint8_t> pack_x_row(const traces::XCode& code, const XRow& row);

/// std::invalid_argument where the bytes are not those of such a row.
XRow unpack_x_row(const traces::XCode& code, std::size_t channels,
                  const std::vector<std::uint8_t>& bytes);

}  // namespace mambasic::golden
