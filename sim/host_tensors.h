// The numbers themselves, on the host: every tensor of the segments in work, whole and token-major.
// A segment's tensors appear when its first task runs and go when the segment that reads them is
// done, so that memory does not grow with layers or steps.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "golden/arithmetic.h"
#include "models/common/task.h"
#include "sim/run.h"
#include "sim/workload.h"

namespace mambasic::sim {

/// int8 states of one layer after one step.
struct LayerStates {
    std::vector<std::int8_t> conv;  // [B][conv channels][4]
    std::vector<std::int8_t> ssm;   // [B][E][N]
};

struct SegmentTensors {
    std::int32_t layer = 0;
    std::uint32_t step = 0;
    // What it starts from.
    const arith::Half* hidden_in = nullptr;        // [rows][D]
    const float* residual_in = nullptr;            // [rows][D]; null before the first layer
    const std::int32_t* tokens = nullptr;          // [rows], embedding only
    const SegmentTensors* before = nullptr;        // head only: where its rows come from
    std::shared_ptr<const LayerStates> states_in;  // decode
    // Where a strided input had to be gathered.
    std::vector<arith::Half> hidden_copy;
    std::vector<float> residual_copy;
    std::vector<std::int32_t> token_copy;
    // What it makes.
    std::vector<float> residual;
    std::vector<std::int8_t> norm, in_proj, x_proj, dt_proj, had;
    /// int8 codes of the convolution, zero in columns that nobody reads; empty where nobody does.
    std::vector<std::int8_t> conv;
    std::vector<std::uint8_t> x_words;  // [rows][x_row_bytes()]; empty where x is in another form
    std::vector<float> values;          // [rows][value_width()], likewise
    std::vector<std::int8_t> rotated;   // [rows][E], as all that follow where x is rotated
    std::vector<float> unrotated;
    std::vector<std::int8_t> x_codes, x_flags;  // x_words unpacked, for outputs()
    std::vector<arith::Half> scan, gated_norm;
    std::vector<float> carry;
    std::shared_ptr<LayerStates> states;
    std::vector<arith::Half> out;  // hidden rows, or logits
};

/// Numbers that the convolution gives out in FP32 for a token: of all its channels, or of x.
inline std::uint64_t value_width(const traces::Dims& dims, const traces::XCode& code) {
    return code.rotated() ? dims.d_inner : dims.conv_channels();
}

class HostTensors {
public:
    HostTensors(const Workload& work, const traces::Trace& trace, std::uint32_t first_layer);

    /// The tensors of a segment, made on first use. First uses come in program order. What they
    /// hold is the jobs' affair: nothing here reads what a segment makes, except gather_head().
    SegmentTensors& at(std::uint32_t segment, std::int32_t layer, std::uint32_t step);
    SegmentTensors& at(std::uint32_t segment) { return segments_.at(segment); }
    /// The segment is done; what the one before made is no longer read.
    void segment_done(std::uint32_t segment);

    /// Brings the last rows of the layer before the head together; once they are there.
    void gather_head(SegmentTensors& head) const;

    /// Unpacks what is packed; after the segment's last task.
    std::vector<OutputTensor> outputs(SegmentTensors& t) const;

private:
    void make_embedding(SegmentTensors& t) const;
    void make_layer(SegmentTensors& t, const SegmentTensors* before);
    void make_head(SegmentTensors& t, const SegmentTensors& before) const;
    void take_model_input(SegmentTensors& t) const;
    void take_states(SegmentTensors& t);
    void make_convolved(SegmentTensors& t) const;
    void unpack_x(SegmentTensors& t) const;
    std::vector<OutputTensor> layer_outputs(const SegmentTensors& t) const;
    void add_convolved(const SegmentTensors& t, std::vector<OutputTensor>& outputs) const;
    const models::XUse& x_use(const SegmentTensors& t) const {
        return work_.x_use(static_cast<std::uint32_t>(t.layer));
    }

    Workload work_;
    const traces::Trace& trace_;
    std::uint32_t first_layer_;
    std::map<std::uint32_t, SegmentTensors> segments_;
    std::vector<std::shared_ptr<LayerStates>> latest_;  // by layer
};

}  // namespace mambasic::sim
