#include "models/dequant_mux/dequant_mux_cost.h"

#include <algorithm>
#include <string>

#include "models/gemm/gemm_cost.h"
#include "models/x_code/x_rows.h"

// The convolution's lanes keep their pace of an element a cycle whatever the code: what an element
// takes twice stands there twice. A choice between two codes is a multiplexer in the quantizer's
// last cycle, and a word is complete when its last code is: neither shows. What decodes stands in
// front of a pipeline as wide as it is, so it shows once a tile.

namespace mambasic::models {

namespace {

constexpr double kScaleBits = 32;
constexpr double kSumBits = 32;
constexpr double kCodeBits = 8;

template <typename Predicate>
bool any(const XUses& uses, const Predicate& predicate) {
    return std::any_of(uses.begin(), uses.end(), predicate);
}

bool has_words(const XUse& use) { return use.code.own_codes(); }

void add(AreaParts& area, const std::string& name, Primitive primitive, double count) {
    if (count > 0) area.logic.push_back({name, primitive, count});
}

// What takes words apart, and makes numbers of them where it multiplies.
void add_decoders(AreaParts& area, const std::string& of, double lanes, const XUses& uses) {
    if (any(uses, has_words)) add(area, of + "unpackers", Primitive::PackLane, lanes);
    if (!any(uses, [](const XUse& use) { return use.code.dual(); })) return;
    add(area, of + "scale multiplexers", Primitive::MuxBit, kScaleBits * lanes);
    add(area, of + "high scales", Primitive::RegisterBit, kScaleBits * lanes);
}

// Elements of x that enter the array in a cycle.
double array_lanes(const GemmConfig& config) {
    const bool vector = config.one_row == OneRowMode::Vector;
    return std::max(config.rows, vector ? config.vector_adder_tree_width : 0);
}

void add_requantizers(AreaParts& area, const GemmConfig& config, const XUses& uses) {
    const double lanes = array_lanes(config);
    add_decoders(area, "requantizer ", lanes, uses);
    if (any(uses, has_words)) {
        add(area, "requantizer multipliers", Primitive::Fp32Multiplier, lanes);
        add(area, "requantizer low scales", Primitive::RegisterBit, kScaleBits * lanes);
    }
    add(area, "requantizer dividers", Primitive::Fp32Divider, lanes);
    add(area, "requantizer quantizers", Primitive::QuantizeUnit, lanes);
    add(area, "requantizer int8 scales", Primitive::RegisterBit, kScaleBits * lanes);
}

// A MAC adds its product to one of two sums and hands the other one on; both have what one had.
void add_second_sums(AreaParts& area, const GemmConfig& config) {
    const double macs = static_cast<double>(config.rows) * config.cols;
    const bool stationary_outputs = config.dataflow == Dataflow::OutputStationary;
    const bool drains = stationary_outputs && config.weight_buffer == WeightBuffer::Double;
    add(area, "second sums", Primitive::RegisterBit, kSumBits * macs * (drains ? 2 : 1));
    add(area, "sum selection", Primitive::MuxBit, 2 * kSumBits * macs);
    if (!stationary_outputs) {
        add(area, "second accumulator adders", Primitive::Int32Adder, config.cols);
        MemoryPart sums = gemm_accumulators(config);
        sums.name = "second accumulators";
        area.memory.push_back(sums);
    }
    if (config.one_row != OneRowMode::Vector) return;
    const double width = config.vector_adder_tree_width;
    const std::uint32_t trees = config.rows * config.cols / config.vector_adder_tree_width;
    add(area, "second adder trees", Primitive::Int32Adder, trees * (width - 1));
}

void add_code_products(AreaParts& area, const GemmConfig& config, const XUses& uses) {
    const bool dual = any(uses, [](const XUse& use) { return use.code.dual(); });
    add(area, "x_proj unpackers", Primitive::PackLane, array_lanes(config));
    if (dual) add_second_sums(area, config);
    add(area, "ratio multipliers", Primitive::Fp32Multiplier, config.epilogue_lanes);
    if (dual) add(area, "ratio fma", Primitive::Fp32Fma, config.epilogue_lanes);
}

template <typename Predicate>
XUses those(const XUses& uses, const Predicate& predicate) {
    XUses out;
    std::copy_if(uses.begin(), uses.end(), std::back_inserter(out), predicate);
    return out;
}

}  // namespace

// The multiplication by the scale begins the scan's own pipeline, as it does with int8.
Cycles x_decode_latency(const DequantMuxConfig& config, const XUse& use) {
    return {use.code.own_codes() ? config.pipeline_cycles : 0ULL};
}

// The sums of codes are scaled and added up in the epilogue, behind its own latency: as long.
Cycles x_proj_latency(const DequantMuxConfig& config, const XUse& use) {
    const std::uint64_t decode = use.code.own_codes() ? config.pipeline_cycles : 0;
    if (use.requantized()) return {decode + config.requantize_cycles};
    return {use.multiplied() ? decode : 0};
}

AreaParts x_quantizer_area(const ConvConfig& config, const XUses& uses) {
    std::uint64_t scales = 1;
    XOps most{1, 0, 0, 0};
    for (const XUse& use : uses) {
        const XOps ops = x_make_ops(use);
        most.divisions = std::max(most.divisions, ops.divisions);
        most.multiplications = std::max(most.multiplications, ops.multiplications);
        most.comparisons = std::max(most.comparisons, ops.comparisons);
        most.packs = std::max(most.packs, ops.packs);
        scales = std::max<std::uint64_t>(scales, conv_columns(use).count());
    }
    const double lanes = config.lanes;
    const double further = static_cast<double>(most.divisions) - 1;
    AreaParts area;
    add(area, "further dividers", Primitive::Fp32Divider, further * lanes);
    add(area, "further quantizers", Primitive::QuantizeUnit, further * lanes);
    add(area, "threshold comparators", Primitive::Int32Adder,
        static_cast<double>(most.comparisons) * lanes);
    add(area, "code multipliers", Primitive::Fp32Multiplier,
        static_cast<double>(most.multiplications) * lanes);
    if (any(uses, [](const XUse& use) { return use.code.dual(); })) {
        add(area, "code selection", Primitive::MuxBit, kCodeBits * lanes);
    }
    add(area, "packers", Primitive::PackLane, static_cast<double>(most.packs) * lanes);
    add(area, "further scales", Primitive::RegisterBit,
        (static_cast<double>(scales) - 1) * kScaleBits * lanes);
    return area;
}

AreaParts x_decoder_area(const SsmConfig& config, const XUses& uses) {
    AreaParts area;
    add_decoders(area, "", config.channel_lanes, uses);
    return area;
}

AreaParts x_proj_area(const GemmConfig& config, const XUses& uses) {
    AreaParts area;
    const XUses made = those(uses, [](const XUse& use) { return use.requantized(); });
    const XUses taken = those(uses, [](const XUse& use) { return use.multiplied(); });
    if (!made.empty()) add_requantizers(area, config, made);
    if (!taken.empty()) add_code_products(area, config, taken);
    return area;
}

}  // namespace mambasic::models
