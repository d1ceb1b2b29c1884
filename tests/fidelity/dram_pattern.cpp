#include "tests/fidelity/dram_pattern.h"

#include <functional>
#include <map>

namespace mambasic {

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kSpan = kKiB * kKiB * kKiB;  // that random addresses lie in
constexpr std::uint64_t kApart = 16 * kKiB * kKiB;   // from stream to stream
constexpr std::uint64_t kChunk = 4 * kKiB;           // of a DMA engine
constexpr std::uint64_t kBlock = 256;

/// The same draws everywhere: a 64-bit linear congruential generator, of which the low bits are
/// the worst.
class Draws {
public:
    std::uint64_t below(std::uint64_t end) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        constexpr unsigned kWorst = 33;
        return (state_ >> kWorst) % end;
    }

private:
    std::uint64_t state_ = 1;
};

using Burst = PatternBurst;
using At = std::function<Burst(std::uint64_t i, std::uint64_t bytes, Draws& draws)>;

/// Burst i of `streams` that take turns; the last of several is written.
Burst of_streams(std::uint64_t i, std::uint64_t bytes, std::uint64_t streams) {
    const std::uint64_t stream = i % streams;
    return {stream * kApart + i / streams * bytes, streams > 1 && stream == streams - 1};
}

Burst of_chunks(std::uint64_t i, std::uint64_t bytes) {
    const std::uint64_t chunk = i * bytes / kChunk;
    const bool write = chunk % 2 == 1;
    return {(write ? kApart : 0) + chunk / 2 * kChunk + i * bytes % kChunk, write};
}

const std::map<std::string, At>& patterns() {
    static const std::map<std::string, At> all = {
        {"sequential", [](auto i, auto bytes, auto&) { return of_streams(i, bytes, 1); }},
        {"written",
         [](auto i, auto bytes, auto&) {
             return Burst{i * bytes, true};
         }},
        {"in_turn", [](auto i, auto bytes, auto&) { return of_streams(i, bytes, 2); }},
        {"two_to_one", [](auto i, auto bytes, auto&) { return of_streams(i, bytes, 3); }},
        {"chunks", [](auto i, auto bytes, auto&) { return of_chunks(i, bytes); }},
        {"strided",
         [](auto i, auto, auto&) {
             return Burst{i * kChunk % kSpan, false};
         }},
        {"random",
         [](auto, auto bytes, auto& draws) {
             return Burst{draws.below(kSpan / bytes) * bytes, false};
         }},
        {"blocks", [block = std::uint64_t{0}](auto i, auto bytes, auto& draws) mutable {
             if (i * bytes % kBlock == 0) block = draws.below(kSpan / kBlock) * kBlock;
             return Burst{block + i * bytes % kBlock, false};
         }}};
    return all;
}

}  // namespace

std::vector<PatternBurst> dram_pattern(const std::string& name, std::uint64_t bursts,
                                       std::uint64_t burst_bytes) {
    const At at = patterns().at(name == "chase" ? "random" : name);
    Draws draws;
    std::vector<PatternBurst> all;
    for (std::uint64_t i = 0; i < bursts; ++i) all.push_back(at(i, burst_bytes, draws));
    return all;
}

}  // namespace mambasic
