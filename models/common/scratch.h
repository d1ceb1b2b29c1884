// Working memory of a kernel, on a cache line: a 64-byte vector that straddles two lines costs two
// accesses. On the heap, because the blocks run on small coroutine stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mambasic::models {

class Scratch {
public:
    explicit Scratch(std::size_t floats) : memory_(floats + kLine) {}
    float* data() {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data()) / sizeof(float);
        return memory_.data() + (kLine - address % kLine) % kLine;
    }

private:
    static constexpr std::size_t kLine = 64 / sizeof(float);
    std::vector<float> memory_;
};

}  // namespace mambasic::models
