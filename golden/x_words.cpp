#include "golden/x_words.h"

#include <stdexcept>
#include <string>

namespace mambasic::golden {
namespace {

using traces::XCode;
using traces::XFormat;

constexpr std::size_t kBlock = 64;     // channels
constexpr std::size_t kFlagBytes = 8;  // of a block
constexpr unsigned kFreeSlot = 65535;
constexpr std::size_t kSlotBytes = 2;

bool in_nibbles(const XCode& code) {
    return code.format == XFormat::Dual4 || code.format == XFormat::Int5;
}
bool is_listed(const XCode& code) { return code.dual() && code.sparse_percent != 0; }
bool in_blocks(const XCode& code) { return code.own_codes(); }

std::size_t code_bytes(const XCode& code) { return in_nibbles(code) ? kBlock / 2 : kBlock; }

/// Of a block: its codes and, but for a list of flags, a bit for each.
std::size_t block_bytes(const XCode& code) {
    return code_bytes(code) + (in_blocks(code) && !is_listed(code) ? kFlagBytes : 0);
}

std::size_t block_count(std::size_t channels) { return (channels + kBlock - 1) / kBlock; }

void set_bit(std::vector<std::uint8_t>& bytes, std::size_t first, std::size_t k) {
    bytes[first + k / 8] = static_cast<std::uint8_t>(bytes[first + k / 8] | (1U << (k % 8)));
}

bool bit(const std::vector<std::uint8_t>& bytes, std::size_t first, std::size_t k) {
    return ((bytes[first + k / 8] >> (k % 8)) & 1U) != 0;
}

/// The 4 bits of a code; of int5's five the lower ones.
unsigned nibble_of(const XCode& code, int q) {
    return static_cast<unsigned>(code.skewed && code.format == XFormat::Dual4 ? q + 1 : q) & 15U;
}

/// `fifth`: int5's sign.
int code_of(const XCode& code, unsigned nibble, bool fifth) {
    const int value = static_cast<int>(nibble);
    if (code.format == XFormat::Int5) {
        return value - (fifth ? 16 : 0);
    }
    if (code.skewed) {
        return value - 1;
    }
    return value - (value > 7 ? 16 : 0);
}

/// Where channel e stands.
struct Place {
    Place(const XCode& code, std::size_t e)
        : first(e / kBlock * block_bytes(code)),
          within(e % kBlock),
          flags(first + code_bytes(code)) {}
    std::size_t first;   // byte of its block
    std::size_t within;  // its place there
    std::size_t flags;   // first byte of the block's flags
};

void put_code(const XCode& code, std::size_t e, int q, std::vector<std::uint8_t>& bytes) {
    const Place place(code, e);
    if (!in_nibbles(code)) {
        bytes[place.first + place.within] = static_cast<std::uint8_t>(q);
        return;
    }
    std::uint8_t& byte = bytes[place.first + place.within / 2];
    byte = static_cast<std::uint8_t>(byte | (nibble_of(code, q) << (place.within % 2 * 4)));
    if (code.format == XFormat::Int5 && q < 0) {
        set_bit(bytes, place.flags, place.within);
    }
}

int get_code(const XCode& code, std::size_t e, const std::vector<std::uint8_t>& bytes) {
    const Place place(code, e);
    if (!in_nibbles(code)) {
        return static_cast<std::int8_t>(bytes[place.first + place.within]);
    }
    const unsigned nibble = (bytes[place.first + place.within / 2] >> (place.within % 2 * 4)) & 15U;
    return code_of(code, nibble,
                   code.format == XFormat::Int5 && bit(bytes, place.flags, place.within));
}

void put_list(const XCode& code, const XRow& row, std::vector<std::uint8_t>& bytes) {
    std::size_t at = block_count(row.codes.size()) * block_bytes(code);
    const auto put = [&](std::size_t number) {
        if (at == bytes.size()) {
            throw std::invalid_argument("more flags than a row's list has room for");
        }
        bytes[at++] = static_cast<std::uint8_t>(number & 255U);
        bytes[at++] = static_cast<std::uint8_t>(number >> 8);
    };
    for (std::size_t e = 0; e < row.flags.size(); ++e) {
        if (row.flags[e] != 0) {
            put(e);
        }
    }
    while (at < bytes.size()) {
        put(kFreeSlot);
    }
}

void get_list(const XCode& code, const std::vector<std::uint8_t>& bytes, XRow& row) {
    std::size_t next = 0;  // numbers ascend
    for (std::size_t at = block_count(row.codes.size()) * block_bytes(code); at < bytes.size();
         at += kSlotBytes) {
        const std::size_t number = bytes[at] | (std::size_t{bytes[at + 1]} << 8);
        if (number == kFreeSlot) {
            next = kFreeSlot;  // nothing but free slots from here on
        } else if (number < next || number >= row.codes.size()) {
            throw std::invalid_argument("the channels in a list of flags do not ascend");
        } else {
            row.flags[number] = 1;
            next = number + 1;
        }
    }
}

void put_flags(const XCode& code, const XRow& row, std::vector<std::uint8_t>& bytes) {
    for (std::size_t e = 0; e < row.flags.size(); ++e) {
        if (row.flags[e] != 0) {
            const Place place(code, e);
            set_bit(bytes, place.flags, place.within);
        }
    }
}

}  // namespace

std::uint64_t x_row_bytes(const XCode& code, std::size_t channels) {
    if (code.values()) {
        throw std::invalid_argument("FP32 values are not packed");
    }
    if (is_listed(code) && channels >= kFreeSlot) {
        throw std::invalid_argument("a list of flags numbers fewer than 65535 channels");
    }
    if (!in_blocks(code)) {
        return channels;
    }
    const std::uint64_t slots = is_listed(code) ? code.slots(channels) : 0;
    return block_count(channels) * block_bytes(code) + slots * kSlotBytes;
}

std::vector<std::uint8_t> pack_x_row(const XCode& code, const XRow& row) {
    const std::size_t channels = row.codes.size();
    if (row.flags.size() != (code.dual() ? channels : 0)) {
        throw std::invalid_argument("a flag for each code of a dual format, and for no other");
    }
    std::vector<std::uint8_t> bytes(x_row_bytes(code, channels), 0);
    const std::size_t filled = in_blocks(code) ? block_count(channels) * kBlock : channels;
    for (std::size_t e = 0; e < filled; ++e) {
        put_code(code, e, e < channels ? row.codes[e] : 0, bytes);
    }
    if (is_listed(code)) {
        put_list(code, row, bytes);
    } else {
        put_flags(code, row, bytes);
    }
    return bytes;
}

XRow unpack_x_row(const XCode& code, std::size_t channels, const std::vector<std::uint8_t>& bytes) {
    if (bytes.size() != x_row_bytes(code, channels)) {
        throw std::invalid_argument("a row of codes of " + std::to_string(bytes.size()) + " bytes");
    }
    XRow row;
    for (std::size_t e = 0; e < channels; ++e) {
        row.codes.push_back(static_cast<std::int8_t>(get_code(code, e, bytes)));
    }
    row.flags.assign(code.dual() ? channels : 0, 0);
    if (is_listed(code)) {
        get_list(code, bytes, row);
        return row;
    }
    for (std::size_t e = 0; e < row.flags.size(); ++e) {
        const Place place(code, e);
        row.flags[e] = bit(bytes, place.flags, place.within) ? 1 : 0;
    }
    return row;
}

}  // namespace mambasic::golden
