// What the codes that one scale makes look like.
#pragma once

#include <cstdint>

namespace mambasic::traces::synth {

struct CodeUse {
    std::uint64_t elements = 0;
    /// Held by clamp at the lowest code, and at the highest (golden/spec/ssm.md 8); a code that is
    /// merely the last one is not. SiLU's small negative values are below where codes are skewed,
    /// which clips nothing that stands out.
    std::uint64_t below = 0;
    std::uint64_t above = 0;
    int least = 0;  // of the codes that occur; both 0 where none does
    int greatest = 0;

    void add(int code, bool held);
    void add(const CodeUse& other);
    std::uint64_t saturated() const { return below + above; }
};

}  // namespace mambasic::traces::synth
