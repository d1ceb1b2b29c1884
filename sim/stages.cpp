#include "sim/stages.h"

#include <algorithm>

namespace mambasic::sim {

namespace {

using P = models::Primitive;
using Series = std::vector<P>;
using Stages = std::vector<Stage>;

Series joined(Series series, const Series& more) {
    series.insert(series.end(), more.begin(), more.end());
    return series;
}

// A binary tree over `width` terms.
Series tree(std::uint32_t width) {
    Series levels;
    for (std::uint32_t terms = 1; terms < width; terms *= 2) levels.push_back(P::Fp32Adder);
    return levels;
}

// What a sum of products adds one behind the other.
Series sum_of_products(const models::Reduction& sum, std::uint32_t chained) {
    if (sum.tree_width == 0) return Series(chained, P::Fp32Fma);
    return joined({P::Fp32Multiplier}, tree(sum.tree_width));
}

P running_sum(const models::Reduction& sum) {
    return sum.tree_width == 0 ? P::Fp32Fma : P::Fp32Adder;
}

void add_gemm(const models::GemmConfig& c, Stages& out) {
    const bool packed = c.int4_macs_per_mac == 2;
    out.push_back({"gemm", "MAC", {packed ? P::PackedMacPe : P::Int8MacPe}, 1});
    out.push_back({"gemm", "adder tree, one level", {P::Int32Adder}, 1});
    out.push_back({"gemm.epilogue_latency_cycles",
                   "epilogue",
                   {P::Fp32Multiplier, P::Fp32Multiplier, P::QuantizeUnit},
                   c.epilogue_latency_cycles});
}

void add_norm(const models::NormConfig& c, Stages& out) {
    out.push_back({"norm.sum_ii_cycles", "running sum", {running_sum(c.sum)}, c.sum_ii_cycles});
    out.push_back({"norm.pipeline_cycles", "first pass",
                   joined({P::HalfConverter, P::Fp32Adder}, sum_of_products(c.sum, 1)),
                   c.pipeline_cycles});
    out.push_back({"norm.pipeline_cycles",
                   "second pass",
                   {P::Fp32Multiplier, P::Fp32Multiplier, P::Fp32Divider, P::QuantizeUnit},
                   c.pipeline_cycles});
}

void add_gated_norm(const models::GatedNormConfig& c, Stages& out) {
    out.push_back({"gated_norm.sum_ii_cycles",
                   "running sum",
                   {running_sum(c.sum)},
                   c.sum_ii_cycles,
                   UsedBy::Mamba2});
    out.push_back({"gated_norm.pipeline_cycles", "first pass",
                   joined({P::CodeMultiplierBit, P::Fp32Multiplier}, sum_of_products(c.sum, 1)),
                   c.pipeline_cycles, UsedBy::Mamba2});
    out.push_back({"gated_norm.pipeline_cycles",
                   "second pass",
                   {P::Fp32Multiplier, P::Fp32Multiplier, P::HalfConverter},
                   c.pipeline_cycles,
                   UsedBy::Mamba2});
}

// Prefill sums integers and has one fma behind them; decode adds a scaled tap after the other.
void add_conv(const models::ConvConfig& c, Stages& out) {
    constexpr std::size_t kTaps = 4;
    const Series behind = {P::Fp32Divider, P::QuantizeUnit};
    out.push_back({"conv.pipeline_cycles", "prefill", joined({P::Int8MacPe, P::Fp32Fma}, behind),
                   c.pipeline_cycles});
    out.push_back({"conv.pipeline_cycles", "decode",
                   joined(joined({P::CodeMultiplierBit}, Series(kTaps, P::Fp32Fma)), behind),
                   c.pipeline_cycles});
}

void add_scale_table(const models::ScaleTableConfig& c, Stages& out) {
    out.push_back({"scale_table.lookup_cycles",
                   "lookup",
                   {P::ComparatorBit, P::LookupControl, P::MuxBit},
                   std::max(c.lookup_cycles, 1U)});
}

void add_dequant_mux(const models::DequantMuxConfig& c, Stages& out) {
    out.push_back({"dequant_mux.pipeline_cycles",
                   "unpacker and multiplexer",
                   {P::PackLane, P::MuxBit},
                   std::max(c.pipeline_cycles, 1U),
                   UsedBy::OwnCodes});
    out.push_back({"dequant_mux.requantize_cycles",
                   "requantizer",
                   {P::CodeMultiplierBit, P::Fp32Divider, P::QuantizeUnit},
                   c.requantize_cycles,
                   UsedBy::Requantized});
}

void add_rotation(const models::RotationConfig& c, Stages& out) {
    const UsedBy by = UsedBy::Rotation;
    out.push_back({"rotation.pipeline_cycles", "butterfly", {P::Fp32Adder}, c.pipeline_cycles, by});
    out.push_back(
        {"rotation.pipeline_cycles", "factor", {P::Fp32Multiplier}, c.pipeline_cycles, by});
    out.push_back(
        {"rotation.recurrence_ii_cycles", "running sum", {P::Fp32Fma}, c.recurrence_ii_cycles, by});
    out.push_back({"rotation.quantize_cycles",
                   "codes",
                   {P::Fp32Divider, P::QuantizeUnit},
                   c.quantize_cycles,
                   by});
}

void add_nonlinear(const models::NonlinearConfig& c, Stages& out) {
    struct Unit {
        const char* name;
        const models::NonlinearUnit& unit;
        P exact;
    };
    for (const Unit& u :
         {Unit{"exp", c.exp, P::ExpUnit}, Unit{"softplus", c.softplus, P::SoftplusUnit},
          Unit{"silu", c.silu, P::SiluUnit}, Unit{"rsqrt", c.rsqrt, P::RsqrtUnit}}) {
        // A table or polynomial: the position in a segment, then a fma for each degree.
        const bool exact = u.unit.kind == models::UnitKind::Exact;
        const bool table = u.unit.kind == models::UnitKind::Table;
        const std::uint32_t degree = table ? 1 : u.unit.polynomial_degree;
        out.push_back({std::string("nonlinear.") + u.name + ".latency_cycles", u.name,
                       exact ? Series{u.exact}
                             : joined({P::Fp32Fma, P::Fp32Adder}, Series(degree, P::Fp32Fma)),
                       u.unit.latency_cycles});
    }
}

void add_ssm(const models::SsmConfig& c, Stages& out) {
    out.push_back({"ssm.recurrence_ii_cycles", "recurrence", {P::Fp32Fma}, c.recurrence_ii_cycles});
    const Series update = {P::CodeMultiplierBit, P::Fp32Multiplier, P::Fp32Multiplier, P::Fp32Fma};
    out.push_back(
        {"ssm.pipeline_cycles", "scan",
         joined(joined(update, sum_of_products(c.sum, c.state_lanes)), {P::Fp32Multiplier}),
         c.pipeline_cycles, UsedBy::Mamba1});
    out.push_back({"ssm.pipeline_cycles", "Mamba2's recurrence",
                   joined(update, sum_of_products(c.ssd_sum, c.state_lanes)), c.pipeline_cycles,
                   UsedBy::Mamba2});
}

}  // namespace

std::vector<Stage> stages(const ChipConfig& chip) {
    Stages out;
    add_gemm(chip.gemm, out);
    add_norm(chip.norm, out);
    add_conv(chip.conv, out);
    add_scale_table(chip.scale_table, out);
    add_dequant_mux(chip.dequant_mux, out);
    add_rotation(chip.rotation, out);
    add_nonlinear(chip.nonlinear, out);
    add_ssm(chip.ssm, out);
    add_gated_norm(chip.gated_norm, out);
    out.push_back(
        {"hadamard.pipeline_cycles", "butterfly", {P::Fp32Adder}, chip.hadamard.pipeline_cycles});
    out.push_back({"hadamard.pipeline_cycles",
                   "codes",
                   {P::Fp32Multiplier, P::QuantizeUnit},
                   chip.hadamard.pipeline_cycles});
    out.push_back({"embedding.pipeline_cycles",
                   "row",
                   {P::HalfConverter, P::CodeMultiplierBit, P::HalfConverter},
                   chip.embedding.pipeline_cycles});
    return out;
}

}  // namespace mambasic::sim
