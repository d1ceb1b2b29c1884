// A linear as a checkpoint holds it: codes and scales of one of the three kinds, and the factors of
// its epilogue once the scales around it are known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "golden/arithmetic.h"
#include "traces/linear.h"
#include "traces/synth/pieces.h"
#include "traces/synth/scheme.h"
#include "traces/synth/weight_rows.h"
#include "traces/w4.h"

namespace mambasic::traces::synth {

class StoredLinear {
public:
    StoredLinear() = default;
    /// The output channels come in sections, each ending at one of `section_ends` and having an
    /// output scale of its own. W8: a weight scale too; a single section makes LinearKind::W8,
    /// several make LinearKind::W8Columns.
    StoredLinear(Precision precision, const WeightRows& rows,
                 std::vector<std::uint32_t> section_ends);
    /// One section.
    StoredLinear(Precision precision, const WeightRows& rows);
    /// Output channel i is channel order[i] of `source`, with its codes and its factors; of those
    /// of int8 outputs only the input's scale may change. `codes` are W4's as stored, else null.
    StoredLinear(const Linear& source, const W4Linear* codes, std::vector<std::uint32_t> order);

    /// int8 outputs, one output scale for each section. kernels.md 2.2, 2.3.
    void set_int8_factors(float input_scale, const std::vector<float>& output_scales);
    /// FP16 outputs.
    void set_half_factors(float input_scale);
    /// Codes and int8 outputs of one scale stay, their input has another scale; a reference scale
    /// that is not the input's own changes with it.
    void change_input_scale(float before, float after, float output_scale);

    /// Points into this object.
    Linear view() const;
    void add_to(Pieces& pieces, const std::string& prefix) const;

private:
    void quantize_w8(const WeightRows& rows);
    void quantize_w4(const WeightRows& rows);
    void reorder_codes(const W4Linear& codes, const std::vector<std::uint32_t>& order);
    void set_column(const std::vector<float>& output_scales);

    Linear linear_;                    // without its pointers
    std::vector<std::int8_t> weight_;  // [n_padded][k]; W4: expanded
    std::vector<std::uint32_t> section_ends_;
    std::vector<float> section_scales_;  // W8: of the weights
    // W4 only:
    std::vector<std::uint8_t> nibbles_;  // [n_padded][k / 2]
    std::vector<arith::Half> s_group_;   // [k / 128][n_padded]
    std::vector<float> s_channel_;       // [n_padded], no output scale folded in
    std::vector<float> column_;          // [n_padded]
};

}  // namespace mambasic::traces::synth
