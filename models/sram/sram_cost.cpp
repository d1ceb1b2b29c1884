#include "models/sram/sram_cost.h"

#include <algorithm>

// Consecutive words lie in consecutive banks. A block that walks down the rows of a tensor, some
// columns side by side, meets the same few banks over and over: with B banks and rows S words
// apart, B / gcd(B, S) different ones for a column. While it walks, no word of another column can
// fill the banks between, so the walk takes as long as its busiest bank; by how much that exceeds
// what all banks together could do is the conflict. A walk over the next columns begins in other
// banks and is otherwise the same, so the first one stands for all. Tensors that are walked
// together (the operands of a scan) add up where they meet the same bank.
//
// Lanes narrower than a word use it whole (how elements lie within a word is free).

namespace mambasic::models {

namespace {

/// The part of a tensor that is walked down at once: `bytes` of each of `rows`.
struct Strip {
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t walks = 0;  // over all such strips
};

Strip strip_of(const SramConfig& config, const SramColumns& part, const SramWalk& walk) {
    Strip strip;
    const std::uint64_t lanes = std::min(walk.lanes, part.columns);
    const std::uint64_t wanted = ceil_div(part.bytes * lanes, part.columns);
    strip.bytes = std::min(part.bytes, ceil_div(wanted, config.word_bytes) * config.word_bytes);
    strip.rows = walk.rows == 0 ? part.rows : std::min(part.rows, walk.rows);
    strip.walks = ceil_div(part.bytes, strip.bytes) * ceil_div(part.rows, strip.rows) * walk.sweeps;
    return strip;
}

/// Accesses to every bank.
class BankLoad {
public:
    explicit BankLoad(const SramConfig& config) : config_(config), steps_(config.banks + 1) {}

    void add(const SramColumns& part, const Strip& strip, std::uint64_t skew) {
        const std::uint64_t banks = config_.banks;
        const std::uint64_t first = part.first_byte / config_.word_bytes;
        const std::uint64_t words =
            ceil_div(part.first_byte % config_.word_bytes + strip.bytes, config_.word_bytes);
        const std::uint64_t apart = (ceil_div(part.pitch_bytes, config_.word_bytes) + skew) % banks;
        total_ += strip.rows * words;
        every_bank_ += strip.rows * (words / banks);
        // Every so many rows one begins in the same bank again.
        for (std::uint64_t r = 0; r < std::min(strip.rows, banks); ++r) {
            const std::uint64_t times = ceil_div(strip.rows - r, banks);
            add_run((first + r * apart) % banks, words % banks, times);
        }
    }

    /// Cycles of the busiest bank beyond those of all banks together.
    std::uint64_t conflicts() const {
        std::uint64_t busiest = 0;
        std::uint64_t accesses = every_bank_;
        for (std::size_t b = 0; b < config_.banks; ++b) {
            accesses += steps_[b];
            busiest = std::max(busiest, accesses);
        }
        return busiest - ceil_div(total_, config_.banks);
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
    std::uint64_t total_ = 0;
};

// What a block reads it reads together.
std::uint64_t read_conflicts(const SramConfig& config, const SramWalk& walk,
                             const SramLayout& layout) {
    if (walk.lanes == 0) return 0;
    BankLoad load(config);
    std::uint64_t walks = 0;
    for (const SramColumns& part : layout.read) {
        const Strip strip = strip_of(config, part, walk);
        load.add(part, strip, layout.row_skew_banks);
        walks = std::max(walks, strip.walks);
    }
    return walks * load.conflicts();
}

// Tensors that it writes it writes one after another.
std::uint64_t write_conflicts(const SramConfig& config, const SramWalk& walk,
                              const SramLayout& layout) {
    if (walk.lanes == 0) return 0;
    std::uint64_t cycles = 0;
    for (const SramColumns& part : layout.written) {
        BankLoad load(config);
        const Strip strip = strip_of(config, part, walk);
        load.add(part, strip, layout.row_skew_banks);
        cycles += strip.walks * load.conflicts();
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
    const std::uint64_t read = traffic.activation_read_bytes;
    const std::uint64_t written = traffic.activation_write_bytes;
    const Cycles reading{read_conflicts(config, traffic.read_walk, layout)};
    const Cycles writing{write_conflicts(config, traffic.write_walk, layout)};
    if (config.ports_per_bank == 1) {
        return sram_port_cycles(config, read, written) + reading + writing;
    }
    return std::max(sram_port_cycles(config, read, 0) + reading,
                    sram_port_cycles(config, 0, written) + writing);
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
