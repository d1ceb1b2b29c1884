#include "models/hadamard/hadamard_cost.h"

#include "models/common/error.h"

// A row lies in the buffer and is worked on in place, `lanes` elements a cycle. Pass i needs
// results of pass i - 1 from anywhere in the row, so its first element enters after the last one
// of the pass before has left the pipeline: a pass takes ceil(width / lanes) + pipeline cycles.
// Butterfly: every lane adds or subtracts one pair. Matrix factor of order m: pass j adds (or
// subtracts) term j to all sums, which is the left-to-right order that fixes the bits. The first
// pass reads the row from SRAM, the last one scales, quantizes and writes it back.

namespace mambasic::models {

namespace {
constexpr std::uint64_t kFloat = 4;
}

std::uint64_t hadamard_passes(std::uint64_t width) {
    MAMBASIC_CHECK(width > 0, "a Hadamard transform of width 0");
    std::uint64_t odd = width;
    while (odd % 2 == 0) odd /= 2;
    // The factors in use are 1, 12 = 3 * 4 and 40 = 5 * 8.
    const std::uint64_t factor = odd == 3 ? 12 : (odd == 5 ? 40 : odd);
    std::uint64_t butterflies = 0;
    for (std::uint64_t rest = width / factor; rest > 1; rest /= 2) ++butterflies;
    return butterflies + (factor > 1 ? factor : 0);
}

bool hadamard_fits(const HadamardConfig& config, std::uint64_t width) {
    return width * kFloat <= std::uint64_t{config.buffer_kib} * 1024;
}

Cycles hadamard_cycles(const HadamardConfig& config, const HadamardShape& shape) {
    if (shape.rows == 0) return {0};
    return {shape.rows * hadamard_passes(shape.width) *
            (ceil_div(shape.width, config.lanes) + config.pipeline_cycles)};
}

SramTraffic hadamard_traffic(const HadamardShape& shape) {
    constexpr std::uint64_t kHalf = 2;
    const std::uint64_t elements = shape.rows * shape.width;
    return {0, elements * kHalf, elements};
}

StoreTraffic hadamard_buffer_traffic(const HadamardShape& shape) {
    if (shape.rows == 0) return {};
    const std::uint64_t between = hadamard_passes(shape.width) - 1;
    const std::uint64_t bytes = shape.rows * shape.width * kFloat * between;
    return {bytes, bytes};
}

MemoryPart hadamard_buffer(const HadamardConfig& config) {
    // A bank a lane would be tiny; four lanes share one, as wide as their four words.
    constexpr std::uint32_t kLanesPerBank = 4;
    constexpr std::uint32_t kFloatBits = 32;
    const auto banks = static_cast<double>(ceil_div(config.lanes, kLanesPerBank));
    return {"row buffer", banks, config.buffer_kib / banks, 2, kFloatBits * kLanesPerBank};
}

AreaParts hadamard_area(const HadamardConfig& config) {
    const double lanes = config.lanes;
    AreaParts area;
    area.logic = {{"adders", Primitive::Fp32Adder, lanes},
                  {"scale multipliers", Primitive::Fp32Multiplier, lanes},
                  {"quantizers", Primitive::QuantizeUnit, lanes},
                  {"FP16 converters", Primitive::HalfConverter, lanes}};
    area.memory = {hadamard_buffer(config)};
    return area;
}

}  // namespace mambasic::models
