// Random numbers that are the same on every machine: element i of a named stream is a hash of
// (seed, name, i), so draws need no order, and a normal deviate is a sum of integers, so no
// mathematical library decides its bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mambasic::traces::synth {

class Draws {
public:
    Draws(std::uint64_t seed, const std::string& stream);

    std::uint64_t bits(std::uint64_t index) const { return mix(key_ + index * kStep); }
    /// [0, 1), 24 bits.
    float uniform(std::uint64_t index) const;
    /// Mean 0, variance 1, within +-4.9: eight 16-bit uniforms added (Irwin-Hall), which takes the
    /// body of a normal and leaves out its farthest tail.
    float normal(std::uint64_t index) const;

    /// out[i] = gain * normal(i).
    void fill_normal(std::vector<float>& out, float gain) const;
    /// out[i] uniform in [-gain, gain).
    void fill_uniform(std::vector<float>& out, float gain) const;

private:
    static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio, odd
    static std::uint64_t mix(std::uint64_t x);

    std::uint64_t key_;
};

}  // namespace mambasic::traces::synth
