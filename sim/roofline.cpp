#include "sim/roofline.h"

#include "models/dram/dram_cost.h"

namespace mambasic::sim {

using models::Event;

namespace {

constexpr std::uint64_t kOperationsPerMac = 2;

}  // namespace

std::uint64_t operations_of(const models::Counts& counts) {
    std::uint64_t operations = 0;
    for (const Event e : {Event::Int8Mac, Event::Int4Mac, Event::Fp32Fma}) {
        operations += kOperationsPerMac * counts[e];
    }
    for (const Event e : {Event::Int32Add, Event::Fp32Add, Event::Fp32Mul, Event::Fp32Div,
                          Event::Exp, Event::Softplus, Event::Silu, Event::Rsqrt}) {
        operations += counts[e];
    }
    return operations;
}

reports::Peaks peaks_of(const ChipConfig& chip, bool int4_weights) {
    const models::GemmConfig& gemm = chip.gemm;
    std::uint64_t macs = std::uint64_t{gemm.rows} * gemm.cols;
    if (int4_weights) macs *= gemm.int4_macs_per_mac;
    return {kOperationsPerMac * macs,
            models::stream_timing(chip.dram, chip.clock_ghz).peak_bytes_per_cycle};
}

}  // namespace mambasic::sim
