#include "traces/synth/draws.h"

#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

// FNV-1a, to turn a stream's name into a number.
std::uint64_t hash_name(const std::string& name) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return hash;
}

std::uint32_t sum_of_halfwords(std::uint64_t x) {
    return static_cast<std::uint32_t>((x & 0xFFFF) + ((x >> 16) & 0xFFFF) + ((x >> 32) & 0xFFFF) +
                                      (x >> 48));
}

}  // namespace

// The output function of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t Draws::mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

Draws::Draws(std::uint64_t seed, const std::string& stream)
    : key_(mix(seed + kStep) ^ mix(hash_name(stream))) {}

float Draws::uniform(std::uint64_t index) const {
    return static_cast<float>(bits(index) >> 40) * 0x1p-24F;
}

float Draws::normal(std::uint64_t index) const {
    // 8 halfwords: mean 8 * 65535 / 2, variance 8 * (65536^2 - 1) / 12; 0x1.3988e2p-16 is one over
    // its root. The sum stays below 2^24, so it is exact as FP32.
    constexpr float kMean = 262140.0F;
    constexpr float kInverseDeviation = 0x1.3988e2p-16F;
    const std::uint32_t sum =
        sum_of_halfwords(bits(2 * index)) + sum_of_halfwords(bits(2 * index + 1));
    return (static_cast<float>(sum) - kMean) * kInverseDeviation;
}

void Draws::fill_normal(std::vector<float>& out, float gain) const {
#pragma omp parallel for schedule(static) if (out.size() >= kWorthThreads)
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = gain * normal(i);
}

void Draws::fill_uniform(std::vector<float>& out, float gain) const {
#pragma omp parallel for schedule(static) if (out.size() >= kWorthThreads)
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = gain * (2.0F * uniform(i) - 1.0F);
}

}  // namespace mambasic::traces::synth
