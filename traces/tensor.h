// A tensor as a file holds it: a name, a type, a shape and a view of bytes that the file owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mambasic::traces {

enum class DType { I8, U8, I32, I64, F16, F32, F64 };

std::size_t bytes_of(DType dtype);
const char* name_of(DType dtype);  // safetensors' spelling: "I8", "F16", ...

struct Tensor {
    std::string name;
    DType dtype = DType::I8;
    std::vector<std::uint64_t> shape;  // row-major, outermost first; empty for a scalar
    const std::byte* data = nullptr;   // null in a shapes-only trace

    std::uint64_t elements() const;
    std::uint64_t bytes() const { return elements() * bytes_of(dtype); }

    /// The elements as T; the caller has checked dtype and that the trace holds data.
    template <typename T>
    const T* as() const {
        return reinterpret_cast<const T*>(data);
    }
};

}  // namespace mambasic::traces
