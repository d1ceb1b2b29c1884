// One layer of either family, and the model's two ends, as jobs for a Device. Rows are (sequence,
// token) throughout. Decode steps are teacher-forced by the trace, so a layer sees all of them at
// once: only the convolution and the scan carry something from token to token, and both walk the
// tokens themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "cuda_ref/device.h"
#include "traces/mamba1.h"
#include "traces/mamba2.h"
#include "traces/trace.h"

namespace mambasic::cuda_ref {

struct CodeScales;
struct GroupScales;

struct LayerInput {
    traces::Phase phase = traces::Phase::Prefill;
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;  // of each sequence
    float epsilon = 0;
    traces::XCode x_code;
    traces::XProjInput x_proj_input = traces::XProjInput::Copy;  // Mamba1
    const std::int8_t* conv_state = nullptr;  // decode: [batch][conv channels][4]
    const std::int8_t* ssm_state = nullptr;   // decode: [batch][E][N]
};

/// What flows from layer to layer.
struct Stream {
    std::vector<Half> hidden;     // [rows][D]
    std::vector<float> residual;  // [rows][D]; empty before layer 0
};

/// The tensors of traces/FORMAT.md that a layer makes; empty where its family has no such op.
/// States are those after the last token.
struct LayerOutputs {
    std::vector<float> residual;       // norm.residual     [rows][D]
    std::vector<std::int8_t> norm;     // norm.output       [rows][D]
    std::vector<std::int8_t> in_proj;  // in_proj.output    [rows][2E], or Mamba2's z, x, B, C, dt
    std::vector<std::int8_t> conv;     // conv1d.output     [rows][conv channels]; may be empty
    std::vector<std::int8_t> x_codes;  // conv1d.codes      [rows][E]
    std::vector<std::int8_t> x_flags;  // conv1d.flags      [rows][E]
    /// What the SSM reads in place of int8 codes [rows][conv channels], where it does; it is
    /// conv1d.values in the formats of 32 bits only.
    std::vector<float> values;
    std::vector<float> convolved;         // conv1d.values of rotated codes [rows][E]
    std::vector<std::int8_t> rotated;     // rotate.output     [rows][E]
    std::vector<float> unrotated;         // unrotate.output   [rows][E]
    std::vector<std::int8_t> x_proj;      // x_proj.output     [rows][R + 2N]
    std::vector<std::int8_t> dt_proj;     // dt_proj.output    [rows][E]
    std::vector<Half> scan;               // scan.output       [rows][E]
    std::vector<Half> gated_norm;         // gated_norm.output [rows][E], Mamba2
    std::vector<std::int8_t> hadamard;    // had.output        [rows][E]
    std::vector<Half> out_proj;           // out_proj.output   [rows][D]
    std::vector<std::int8_t> conv_state;  // conv1d.state      [batch][conv channels][4]
    std::vector<std::int8_t> ssm_state;   // scan.state        [batch][E][N]
    std::vector<float> carry;             // scan.carry        [batch][E][N]
};

struct Normed {
    std::vector<float> residual;
    std::vector<std::int8_t> codes;
};

struct HeadOutputs {
    std::vector<float> residual;    // norm_f.residual  [rows][D]
    std::vector<std::int8_t> norm;  // norm_f.output    [rows][D]
    std::vector<Half> logits;       // lm_head.output   [rows][vocab]
};

struct LinearCall {
    std::uint64_t rows = 0;     // of the tensor
    std::uint64_t at_once = 0;  // rows that one call of upstream's sees: a decode step's, the batch
    bool to_seqlen_last = false;  // upstream's other form, in a prefill's in_proj and dt_proj
};

/// The epilogue of such a call (kernels.md 2.2, 2.3); the form matters to W8 only.
Epilogue epilogue_of(traces::LinearKind kind, const LinearCall& call);

/// The last four inputs of each sequence, zeros on the left of a shorter one (kernels.md 1.5).
std::vector<std::int8_t> last_conv_inputs(const Codes& x, std::uint64_t batch,
                                          std::uint64_t tokens);

/// FP32((1 / sqrt(width)) / x_H_scale), as upstream's Python passes it (kernels.md 4.2).
float hadamard_scale(std::uint64_t width, double x_h_scale);

class LayerRunner {
public:
    LayerRunner(Device& device, const traces::Dims& dims, const Options& options);

    LayerOutputs run(const traces::Mamba1Layer& layer, const LayerInput& input,
                     const Stream& stream) const;
    LayerOutputs run(const traces::Mamba2Layer& layer, const LayerInput& input,
                     const Stream& stream) const;
    std::vector<Half> embed(const traces::Head& head, const std::int32_t* tokens,
                            std::uint64_t rows) const;
    /// `batch` decides the LM head's epilogue: upstream calls it once per token.
    HeadOutputs run_head(const traces::Head& head, const Stream& stream, std::uint64_t batch,
                         float epsilon) const;

private:
    struct Place {  // shapes of one layer's call
        bool decode;
        std::uint64_t batch;
        std::uint64_t tokens;
        std::uint64_t rows;
        traces::XCode x_code;
        traces::XProjInput x_proj_input;
        LinearCall forward() const { return {rows, decode ? batch : rows, false}; }
        LinearCall seqlen_last() const { return {rows, decode ? batch : rows, !decode}; }
    };
    static Place place_of(const LayerInput& input);
    Normed normalize(const Stream& stream, const Half* weight, float output_scale,
                     float epsilon) const;
    /// What a layer has after its norm: that, the states a decode starts from, room for others.
    LayerOutputs begin(const LayerInput& input, Normed normed) const;
    std::vector<std::int8_t> linear_codes(const traces::Linear& linear, const Codes& x,
                                          const LinearCall& call) const;
    std::vector<Half> linear_values(const traces::Linear& linear, const Codes& x,
                                    const LinearCall& call) const;
    LinearJob linear_job(const traces::Linear& linear, const Codes& x,
                         const LinearCall& call) const;
    /// `job` holds input, weights and scales.
    void convolve(ConvJob job, const Place& place, LayerOutputs& out) const;
    /// Makes x's codes of the convolution's values, which become what the codes stand for.
    void code_x(const CodeScales& scales, const Place& place, LayerOutputs& out) const;
    /// Rotates the convolution's x, codes it and rotates what the codes stand for back.
    void rotate_x(const traces::XScales& scales, const Place& place, LayerOutputs& out) const;
    std::vector<std::int8_t> project_x(const traces::Mamba1Layer& layer,
                                       const std::vector<float>& conv_scales,
                                       const CodeScales& codes, const Place& place,
                                       LayerOutputs& out) const;
    std::vector<std::int8_t> project_codes(const traces::Mamba1Layer& layer,
                                           const CodeScales& codes, const Place& place,
                                           const LayerOutputs& out) const;
    /// Hadamard of `x` and out_proj, which end a layer.
    void project_out(const std::vector<Half>& x, double x_h_scale, const traces::Linear& out_proj,
                     const LinearCall& call, LayerOutputs& out) const;
    void convolve(const traces::Mamba1Layer& layer, const GroupScales& scales, const Place& place,
                  LayerOutputs& out) const;
    void convolve(const traces::Mamba2Layer& layer, const GroupScales& scales, const Place& place,
                  LayerOutputs& out) const;
    void scan_states(const traces::Mamba1Layer& layer, const GroupScales& scales,
                     const Place& place, LayerOutputs& out) const;
    void scan_states(const traces::Mamba2Layer& layer, const GroupScales& scales,
                     const Place& place, LayerOutputs& out) const;
    void normalize_gated(const traces::Mamba2Layer& layer, const LayerInput& input,
                         LayerOutputs& out) const;

    Device& device_;
    const traces::Dims dims_;
    const Options options_;
};

}  // namespace mambasic::cuda_ref
