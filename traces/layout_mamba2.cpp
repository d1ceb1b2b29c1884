#include "traces/layout_list.h"

namespace mambasic::traces {

namespace {

void add_scale_tables(TensorList& list, std::uint32_t index, const std::string& mixer) {
    Shape cells = list.add_cells(index);
    list.add(mixer + "conv1d.B_out_scales", DType::F32, {cells[0]});
    list.add(mixer + "conv1d.C_out_scales", DType::F32, {cells[0]});
    if (list.info().table(index)) cells.push_back(list.dims().d_state);
    list.add(mixer + "qchunk_scan.ssm_state_scale", DType::F32, cells);
}

void add_arrays(TensorList& list, std::uint32_t index) {
    const Dims& dims = list.dims();
    const std::string at = weight_key(list.info(), index, "");
    const std::string mixer = at + "mixer.";
    list.add(at + "norm.weight", DType::F16, {dims.d_model});
    list.add_arrays(linear_shape(list.info(), index, "in_proj"));
    list.add(mixer + "conv1d.weight", DType::I8, {dims.conv_channels(), dims.d_conv});
    list.add(mixer + "conv1d.bias", DType::I8, {dims.conv_channels()});
    add_scale_tables(list, index, mixer);
    list.add(mixer + "qchunk_scan.dt_bias", DType::F16, {dims.heads});
    list.add(mixer + "qchunk_scan.A_log", DType::I8, {dims.heads});
    list.add(mixer + "qchunk_scan.D", DType::I8, {dims.heads});
    list.add(mixer + "norm.weight", DType::F16, {dims.d_inner});
    list.add_arrays(linear_shape(list.info(), index, "out_proj"));
}

void add_scalars(TensorList& list, std::uint32_t index) {
    const std::string at = weight_key(list.info(), index, "");
    const std::string mixer = at + "mixer.";
    const LinearShape out_proj = linear_shape(list.info(), index, "out_proj");
    list.add(at + "norm.output_scale", DType::F64, {});
    for (const char* name : {"x", "B", "C", "wx", "wB", "wC", "bx", "bB", "bC"}) {
        list.add(mixer + "conv1d." + name + "_scale", DType::F64, {});
    }
    list.add(mixer + "norm.z_scale", DType::F64, {});
    list.add(mixer + "had.x_H_scale", DType::F64, {});
    list.add_alpha(out_proj);
    list.add_scales(linear_shape(list.info(), index, "in_proj"));
    list.add_scales(out_proj);
    for (const char* name : {"A_log_scale", "D_scale", "dt_scale"}) {
        list.add(mixer + "qchunk_scan." + name, DType::F32, {});
    }
}

}  // namespace

void add_mamba2_weights(TensorList& list, std::uint32_t index) {
    add_arrays(list, index);
    add_scalars(list, index);
}

}  // namespace mambasic::traces
