#include "traces/tensor.h"

#include <functional>
#include <numeric>
#include <stdexcept>

namespace mambasic::traces {

std::size_t bytes_of(DType dtype) {
    switch (dtype) {
        case DType::I8:
        case DType::U8:
            return 1;
        case DType::F16:
            return 2;
        case DType::I32:
        case DType::F32:
            return 4;
        case DType::I64:
        case DType::F64:
            return 8;
    }
    throw std::logic_error("no such dtype");
}

const char* name_of(DType dtype) {
    switch (dtype) {
        case DType::I8:
            return "I8";
        case DType::U8:
            return "U8";
        case DType::I32:
            return "I32";
        case DType::I64:
            return "I64";
        case DType::F16:
            return "F16";
        case DType::F32:
            return "F32";
        case DType::F64:
            return "F64";
    }
    throw std::logic_error("no such dtype");
}

std::uint64_t Tensor::elements() const {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

}  // namespace mambasic::traces
