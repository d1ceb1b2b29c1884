// Operands of the two scans, owned; shared by their tests.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/selective_scan.h"

namespace mambasic::golden {

struct ScanCase {
    ScanCase(std::size_t batch, std::size_t tokens, std::size_t channels, std::size_t states,
             std::uint32_t seed);
    /// One sequence, one channel, one state: A = -1, D = 0, and every scale 1.
    static ScanCase one_channel(std::vector<std::int8_t> u, std::vector<std::int8_t> dt,
                                std::vector<std::int8_t> b, std::vector<std::int8_t> c,
                                std::vector<std::int8_t> z);
    ScanCase(ScanCase&&) = default;  // the views follow: a moved vector keeps its storage
    ScanCase(const ScanCase&) = delete;
    ScanCase& operator=(const ScanCase&) = delete;

    std::size_t rows() const { return batch * tokens; }

    std::size_t batch = 1;
    std::size_t tokens = 1;
    std::vector<std::int8_t> u, dt, b, c, z, a_log, d, dt_bias;
    ScanParams params;
    ScanInput input;

private:
    ScanCase() = default;
    void view();
};

struct ScanResult {
    std::vector<arith::Half> y;
    std::vector<float> carry;
    std::vector<std::int8_t> state;
};

ScanResult room_for(const ScanCase& c);
ScanOutput view_of(ScanResult& result);

}  // namespace mambasic::golden
