#include "traces/synth/stored_table.h"

namespace mambasic::traces::synth {

GroupTable StoredTable::view() const {
    GroupTable out;
    out.shape = shape_;
    out.head_end = head_end_.data();
    out.dim_end = dim_end_.data();
    out.x_scales = x_scales_.data();
    out.state_scales = state_scales_.data();
    out.state_columns = static_cast<std::uint32_t>(state_scales_.size()) / shape_.cells();
    return out;
}

void StoredTable::add_to(Pieces& pieces, const std::string& conv, const std::string& scan) const {
    pieces.add(conv + "x_head_group_range", head_end_);
    pieces.add(conv + "x_dim_group_range", dim_end_);
    pieces.add(conv + "x_out_scales", x_scales_);
    pieces.add(scan + "ssm_state_scale", state_scales_);
}

}  // namespace mambasic::traces::synth
