// Which channel, bank, row and column an address is. Written as fields from the top bit down:
// "ro ba bg ra co ch" interleaves channels burst by burst; "ro co ba bg co2" keeps four bursts of a
// row together. A field with a number is so many of its low bits, in the order from the right; the
// one without a number has what is left. Fields of one bit pattern only (one rank) may be missing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/dram/dram_config.h"

namespace mambasic::models {

struct DramPlace {
    std::uint32_t channel = 0;
    std::uint32_t unit = 0;   // rank or pseudo channel
    std::uint32_t group = 0;  // counted over the units of the channel
    std::uint32_t bank = 0;   // counted over the groups of the channel
    std::uint32_t row = 0;
    std::uint32_t column = 0;
};

class DramMap {
public:
    /// `config` was parsed, so its mapping is sound.
    explicit DramMap(const DramConfig& config);
    DramPlace place(std::uint64_t address) const;

    /// What is wrong with a mapping of this memory; "" if nothing is.
    static std::string problem(const std::string& mapping, const DramOrganization& organization);

private:
    enum Field : std::uint8_t { Channel, Rank, Pseudo, Group, Bank, Row, Column, kCount };
    using Bits = std::array<std::uint32_t, kCount>;
    struct Piece {
        Field field = Row;
        std::uint32_t bits = 0;
        std::uint32_t from = 0, to = 0;  // lowest bit in the burst's number and in the field
    };
    static void place_bits(std::vector<Piece>& pieces);
    static Bits widths(const DramOrganization& organization);
    static std::string read(const std::string& mapping, const DramOrganization& organization,
                            std::vector<Piece>& pieces);
    void flip(Bits& value) const;

    std::uint32_t offset_bits_;
    Bits widths_;
    std::vector<Piece> pieces_;  // from bit 0 of the burst's number up
    bool flips_;
    std::uint32_t groups_, banks_;
};

}  // namespace mambasic::models
