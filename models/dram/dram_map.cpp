#include "models/dram/dram_map.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "models/common/error.h"
#include "models/common/nearest.h"

namespace mambasic::models {

namespace {

const std::vector<std::string> kNames = {"ch", "ra", "pc", "bg", "ba", "ro", "co"};

std::uint32_t log2_of(std::uint32_t power) {
    std::uint32_t bits = 0;
    while ((1U << bits) < power) ++bits;
    return bits;
}

std::uint32_t low_bits(std::uint64_t value, std::uint32_t bits) {
    return static_cast<std::uint32_t>(value & ((std::uint64_t{1} << bits) - 1));
}

constexpr std::uint32_t kTheRest = ~0U;

/// Bits that a token like "co2" asks for; kTheRest for "co", 0 for what is no number.
std::uint32_t bits_asked(const std::string& digits) {
    constexpr std::size_t kLongest = 2;
    if (digits.empty()) return kTheRest;
    const bool number = std::all_of(digits.begin(), digits.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
    return number && digits.size() <= kLongest ? static_cast<std::uint32_t>(std::stoul(digits)) : 0;
}

}  // namespace

DramMap::Bits DramMap::widths(const DramOrganization& o) {
    Bits bits{};
    bits[Channel] = log2_of(o.channels);
    bits[Rank] = log2_of(o.ranks);
    bits[Pseudo] = log2_of(o.pseudo_channels);
    bits[Group] = log2_of(o.bank_groups);
    bits[Bank] = log2_of(o.banks);
    bits[Row] = log2_of(o.rows);
    bits[Column] = log2_of(o.columns());
    return bits;
}

std::string DramMap::read(const std::string& mapping, const DramOrganization& organization,
                          std::vector<Piece>& pieces) {
    constexpr std::size_t kNameLength = 2;
    Bits left = widths(organization);
    std::array<bool, kCount> whole{};  // its field without a number was seen
    std::istringstream words(mapping);
    for (std::string word; words >> word;) {
        const auto name = std::find(kNames.begin(), kNames.end(), word.substr(0, kNameLength));
        if (name == kNames.end()) {
            return "'" + word + "' is no field" + suggestion(word.substr(0, kNameLength), kNames);
        }
        const auto field = static_cast<Field>(name - kNames.begin());
        const std::uint32_t asked = bits_asked(word.substr(kNameLength));
        if (asked == 0) return "'" + word + "' has no number of bits";
        if (asked == kTheRest) {
            if (whole[field]) return "'" + word + "' stands there twice without a number";
            whole[field] = true;
        } else {
            if (asked > left[field]) return "'" + word + "' has more bits than there are";
            left[field] -= asked;
        }
        pieces.push_back({field, asked, 0, 0});
    }
    for (std::size_t f = 0; f < kCount; ++f) {
        if (!whole[f] && left[f] > 0) {
            return std::to_string(left[f]) + " bits of '" + kNames[f] + "' have no place";
        }
    }
    for (Piece& piece : pieces) {
        if (piece.bits == kTheRest) piece.bits = left[piece.field];
    }
    std::reverse(pieces.begin(), pieces.end());
    return "";
}

std::string DramMap::problem(const std::string& mapping, const DramOrganization& organization) {
    std::vector<Piece> pieces;
    return read(mapping, organization, pieces);
}

DramMap::DramMap(const DramConfig& config)
    : offset_bits_(log2_of(config.organization.burst_bytes)),
      widths_(widths(config.organization)),
      flips_(config.controller.mapping_xor == DramMapXor::Column),
      groups_(config.organization.bank_groups),
      banks_(config.organization.banks) {
    const std::string problem = read(config.controller.mapping, config.organization, pieces_);
    MAMBASIC_CHECK(problem.empty(), "a mapping that was not checked: " + problem);
    place_bits(pieces_);
}

void DramMap::place_bits(std::vector<Piece>& pieces) {
    std::uint32_t from = 0;
    Bits taken{};
    for (Piece& piece : pieces) {
        piece.from = from;
        piece.to = taken[piece.field];
        from += piece.bits;
        taken[piece.field] += piece.bits;
    }
    const auto none = [](const Piece& piece) { return piece.bits == 0; };
    pieces.erase(std::remove_if(pieces.begin(), pieces.end(), none), pieces.end());
}

// Streams that meet in a bank at one column meet in different banks at the next.
void DramMap::flip(Bits& value) const {
    std::uint32_t column = value[Column];
    for (const Field field : {Rank, Pseudo, Group, Bank, Row}) {
        value[field] ^= low_bits(column, widths_[field]);
        column >>= widths_[field];
    }
}

DramPlace DramMap::place(std::uint64_t address) const {
    Bits value{};
    const std::uint64_t number = address >> offset_bits_;
    for (const Piece& piece : pieces_) {
        value[piece.field] |= low_bits(number >> piece.from, piece.bits) << piece.to;
    }
    if (flips_) flip(value);
    DramPlace place;
    place.channel = value[Channel];
    place.unit = value[Rank] | value[Pseudo];  // only one of them has bits
    place.group = place.unit * groups_ + value[Group];
    place.bank = place.group * banks_ + value[Bank];
    place.row = value[Row];
    place.column = value[Column];
    return place;
}

}  // namespace mambasic::models
