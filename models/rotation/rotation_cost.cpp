#include "models/rotation/rotation_cost.h"

#include "models/hadamard/hadamard_cost.h"

// hadamard: a row goes through the passes of models/hadamard, which says what they take; when the
// last one is over, its elements are divided and rounded. On the way back the first pass multiplies
// by the scale of the codes, and the last one by the factor, in both.
// dense: a round gives each lane as many sums as its fma has stages, and takes a term of each in
// turn, so that it is never waited for: width * stages cycles. Codes are made while the next round
// runs.

namespace mambasic::models {

namespace {

constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kHalf = 2;

HadamardShape rows_of(const RotationShape& shape) { return {shape.rows, shape.width}; }

HadamardConfig passes_of(const RotationConfig& config) {
    return {config.butterfly_lanes, config.pipeline_cycles, config.buffer_kib};
}

Cycles turn_cycles(const RotationConfig& config, const RotationShape& shape) {
    if (shape.rows == 0) return {0};
    if (shape.kind == RotationKind::Hadamard) {
        return hadamard_cycles(passes_of(config), rows_of(shape));
    }
    const RotationRounds rounds = rotation_rounds(config, shape);
    return {rounds.rows * rounds.outputs * shape.width * config.recurrence_ii_cycles +
            config.pipeline_cycles};
}

/// Elements that a tile reads of its rows.
std::uint64_t terms_read(const RotationConfig& config, const RotationShape& shape) {
    const bool dense = shape.kind == RotationKind::Dense;
    return shape.rows * shape.width * (dense ? rotation_rounds(config, shape).outputs : 1);
}

std::uint64_t matrix_bytes_read(const RotationConfig& config, const RotationShape& shape) {
    if (shape.kind == RotationKind::Hadamard) return 0;
    return rotation_rounds(config, shape).rows * shape.count * shape.width * kHalf;
}

}  // namespace

bool rotation_fits(const RotationConfig& config, std::uint64_t width) {
    return hadamard_fits(passes_of(config), width);
}

Cycles rotate_cycles(const RotationConfig& config, const RotationShape& shape) {
    if (shape.rows == 0) return {0};
    const bool dense = shape.kind == RotationKind::Dense;
    const std::uint64_t row = ceil_div(shape.width, config.quantize_lanes) + config.quantize_cycles;
    const std::uint64_t codes = dense ? config.quantize_cycles : shape.rows * row;
    return {turn_cycles(config, shape).count + codes};
}

Cycles unrotate_cycles(const RotationConfig& config, const RotationShape& shape) {
    return turn_cycles(config, shape);
}

SramTraffic rotate_traffic(const RotationConfig& config, const RotationShape& shape) {
    return {matrix_bytes_read(config, shape), terms_read(config, shape) * kFloat,
            shape.rows * shape.count};
}

SramTraffic unrotate_traffic(const RotationConfig& config, const RotationShape& shape) {
    return {matrix_bytes_read(config, shape), terms_read(config, shape),
            shape.rows * shape.count * kFloat};
}

StoreTraffic rotate_buffer_traffic(const RotationShape& shape) {
    if (shape.kind == RotationKind::Dense) return {};
    StoreTraffic traffic = unrotate_buffer_traffic(shape);
    traffic.read_bytes += shape.rows * shape.width * kFloat;
    traffic.write_bytes += shape.rows * shape.width * kFloat;
    return traffic;
}

StoreTraffic unrotate_buffer_traffic(const RotationShape& shape) {
    if (shape.kind == RotationKind::Dense) return {};
    return hadamard_buffer_traffic(rows_of(shape));
}

MemoryPart rotation_buffer(const RotationConfig& config) {
    return hadamard_buffer(passes_of(config));
}

RotationNeeds rotation_needs(const XUses& uses) {
    RotationNeeds needs;
    for (const XUse& use : uses) {
        if (!use.code.rotated()) continue;
        (use.code.dense ? needs.dense : needs.hadamard) = true;
    }
    return needs;
}

AreaParts rotation_area(const RotationConfig& config, const RotationNeeds& needs) {
    constexpr double kBits = 32;
    AreaParts area;
    const auto add = [&area](const char* name, Primitive primitive, double count) {
        area.logic.push_back({name, primitive, count});
    };
    if (needs.hadamard) {
        add("adders", Primitive::Fp32Adder, config.butterfly_lanes);
        add("scale multipliers", Primitive::Fp32Multiplier, config.butterfly_lanes);
        area.memory = {rotation_buffer(config)};
    }
    if (needs.dense) {
        const double lanes = config.fma_lanes;
        add("fma lanes", Primitive::Fp32Fma, lanes);
        add("FP16 converters", Primitive::HalfConverter, lanes);
        add("sums", Primitive::RegisterBit, kBits * lanes * config.recurrence_ii_cycles);
        // A term a cycle serves all lanes.
        add("code multiplier", Primitive::CodeMultiplierBit, kInt8Bits);
    }
    if (needs.hadamard || needs.dense) {
        add("dividers", Primitive::Fp32Divider, config.quantize_lanes);
        add("quantizers", Primitive::QuantizeUnit, config.quantize_lanes);
    }
    return area;
}

}  // namespace mambasic::models
