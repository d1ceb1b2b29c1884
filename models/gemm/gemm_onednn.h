// Exact int8 products by oneDNN, where it is installed and proves exact on this CPU.
#pragma once

#include <cstdint>

namespace mambasic::models::onednn {

struct Product {
    std::int64_t m = 0;
    std::int64_t n = 0;
    std::int64_t k = 0;
    const std::int8_t* x = nullptr;  // m rows, x_stride apart
    std::int64_t x_stride = 0;
    const std::int8_t* weight = nullptr;  // n rows of k
    bool keep_weight = false;             // the caller promises that the weight stays as it is
    std::int32_t* acc = nullptr;          // m rows of n
};

/// False, with acc undefined, when oneDNN has no implementation for the shape or the one it picks
/// failed the proof: its int8 kernels for CPUs without VNNI add products in saturating 16 bits.
bool multiply(const Product& product);

/// Drops the packed weights that multiply() kept.
void release_weights();

}  // namespace mambasic::models::onednn
