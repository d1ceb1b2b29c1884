// Working memory of a kernel, on a cache line: a 64-byte vector that straddles two lines costs two
// accesses. On the heap, because the blocks run on small coroutine stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mambasic::models {

template <typename T>
class ScratchOf {
public:
    explicit ScratchOf(std::size_t count) : memory_(count + kLine) {}
    T* data() {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data()) / sizeof(T);
        return memory_.data() + (kLine - address % kLine) % kLine;
    }

private:
    static constexpr std::size_t kLine = 64 / sizeof(T);
    std::vector<T> memory_;
};

using Scratch = ScratchOf<float>;

}  // namespace mambasic::models
