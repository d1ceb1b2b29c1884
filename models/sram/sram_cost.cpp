#include "models/sram/sram_cost.h"

#include <algorithm>
#include <array>

// Consecutive words lie in consecutive banks. A block that walks down the rows of a tensor, some
// columns side by side, meets the same few banks over and over: with B banks and rows S words
// apart, B / gcd(B, S) different ones for a column. The next columns come when these are through,
// so a walk takes as long as its busiest bank. What is read in whole rows spreads evenly.
//
// Tensors that are walked together, the operands of a scan, begin in the same bank and are taken to
// meet there in every walk. Lanes narrower than a word use it whole: how elements lie within a word
// is free.

namespace mambasic::models {

namespace {

/// Accesses to every bank.
class BankLoad {
public:
    explicit BankLoad(const SramConfig& config) : config_(config), steps_(config.banks + 1) {}

    /// Of the first `bytes` of `rows` of a part.
    void add(const SramColumns& part, std::uint64_t bytes, std::uint64_t rows, std::uint64_t skew) {
        const std::uint64_t banks = config_.banks;
        const std::uint64_t first = part.first_byte / config_.word_bytes;
        const std::uint64_t words =
            ceil_div(part.first_byte % config_.word_bytes + bytes, config_.word_bytes);
        const std::uint64_t apart = (ceil_div(part.pitch_bytes, config_.word_bytes) + skew) % banks;
        every_bank_ += rows * (words / banks);
        // Every so many rows one begins in the same bank again.
        for (std::uint64_t r = 0; r < std::min(rows, banks); ++r) {
            add_run((first + r * apart) % banks, words % banks, ceil_div(rows - r, banks));
        }
    }

    std::uint64_t busiest() const {
        std::uint64_t most = 0;
        std::uint64_t accesses = every_bank_;
        for (std::size_t b = 0; b < config_.banks; ++b) {
            accesses += steps_[b];
            most = std::max(most, accesses);
        }
        return most;
    }

private:
    // To each of `count` banks from `bank` on, around the end.
    void add_run(std::uint64_t bank, std::uint64_t count, std::uint64_t times) {
        const std::uint64_t end = bank + count;
        steps_[bank] += times;
        if (end > config_.banks) steps_[0] += times;
        steps_[end > config_.banks ? end - config_.banks : end] -= times;
    }

    const SramConfig& config_;
    std::vector<std::uint64_t> steps_;  // accesses more than in the bank before, modulo 2^64
    std::uint64_t every_bank_ = 0;      // whole rounds over all banks
};

using Parts = std::vector<SramColumns>;

// Side by side in a walk: the lanes, and what else their words hold.
std::uint64_t columns_at_once(const SramConfig& config, const SramWalk& walk, const Parts& parts) {
    std::uint64_t most = walk.lanes;
    for (const SramColumns& part : parts) {
        const std::uint64_t wanted = ceil_div(part.bytes * walk.lanes, part.columns);
        const std::uint64_t words = ceil_div(wanted, config.word_bytes);
        most = std::max(most, words * config.word_bytes * part.columns / part.bytes);
    }
    return std::min(most, parts.front().columns);
}

struct Share {
    std::uint64_t size = 0;
    std::uint64_t times = 0;
};

// As many whole ones as there are, and what is left.
std::array<Share, 2> shares(std::uint64_t all, std::uint64_t whole) {
    return {Share{whole, all / whole}, Share{all % whole, 1}};
}

// Of parts that are read or written together, with as many rows and columns each.
std::uint64_t walk_cycles(const SramConfig& config, const SramWalk& walk, const Parts& parts,
                          std::uint64_t skew) {
    const std::uint64_t rows = parts.front().rows;
    const std::uint64_t columns = parts.front().columns;
    if (rows == 0 || columns == 0) return 0;
    const std::uint64_t rows_at_once = walk.rows == 0 ? rows : std::min(rows, walk.rows);
    std::uint64_t cycles = 0;
    for (const Share& down : shares(rows, rows_at_once)) {
        for (const Share& across : shares(columns, columns_at_once(config, walk, parts))) {
            BankLoad load(config);
            for (const SramColumns& part : parts) {
                load.add(part, ceil_div(part.bytes * across.size, columns), down.size, skew);
            }
            if (across.size > 0) cycles += down.times * across.times * load.busiest();
        }
    }
    return walk.sweeps * cycles;
}

// Of a direction's bytes those that come in whole rows.
std::uint64_t even_bytes(std::uint64_t bytes, const SramWalk& walk, const Parts& parts) {
    if (walk.lanes == 0) return bytes;
    std::uint64_t walked = 0;
    for (const SramColumns& part : parts) walked += part.rows * part.bytes * walk.sweeps;
    return bytes - std::min(bytes, walked);
}

// What a block reads it reads together.
Cycles reading(const SramConfig& config, const SramWalk& walk, const SramLayout& layout) {
    if (walk.lanes == 0 || layout.read.empty()) return {0};
    return {walk_cycles(config, walk, layout.read, layout.row_skew_banks)};
}

// Tensors that it writes it writes one after another.
Cycles writing(const SramConfig& config, const SramWalk& walk, const SramLayout& layout) {
    Cycles cycles;
    if (walk.lanes == 0) return cycles;
    for (const SramColumns& part : layout.written) {
        cycles += {walk_cycles(config, walk, {part}, layout.row_skew_banks)};
    }
    return cycles;
}

}  // namespace

Cycles sram_port_cycles(const SramConfig& config, std::uint64_t read_bytes,
                        std::uint64_t write_bytes) {
    const std::uint64_t width = config.bytes_per_cycle();
    if (config.ports_per_bank == 1) return {ceil_div(read_bytes + write_bytes, width)};
    return {std::max(ceil_div(read_bytes, width), ceil_div(write_bytes, width))};
}

Cycles sram_walk_cycles(const SramConfig& config, const SramTraffic& traffic,
                        const SramLayout& layout) {
    const SramTraffic& t = traffic;
    const std::uint64_t read = even_bytes(t.activation_read_bytes, t.read_walk, layout.read);
    const std::uint64_t written =
        even_bytes(t.activation_write_bytes, t.write_walk, layout.written);
    const Cycles reads = reading(config, t.read_walk, layout);
    const Cycles writes = writing(config, t.write_walk, layout);
    if (config.ports_per_bank == 1) return sram_port_cycles(config, read, written) + reads + writes;
    return std::max(sram_port_cycles(config, read, 0) + reads,
                    sram_port_cycles(config, 0, written) + writes);
}

MemoryPart sram_part(const SramConfig& config, const std::string& name) {
    constexpr std::uint32_t kByteBits = 8;
    return {name,
            static_cast<double>(config.banks),
            static_cast<double>(config.capacity_kib) / config.banks,
            config.ports_per_bank,
            kByteBits * config.word_bytes,
            true};
}

}  // namespace mambasic::models
