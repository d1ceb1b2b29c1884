#include "traces/layout_list.h"

namespace mambasic::traces {

void add_mamba1_weights(TensorList& list, std::uint32_t index) {
    const std::uint64_t e = list.dims().d_inner;
    const std::string at = weight_key(list.info(), index, "");
    const std::string mixer = at + "mixer.";
    const std::vector<LinearShape> linears = linear_shapes(list.info(), index);
    list.add(at + "norm.weight", DType::F16, {list.dims().d_model});
    list.add_arrays(linears[0]);
    list.add(mixer + "conv1d.weight", DType::I8, {e, list.dims().d_conv});
    list.add(mixer + "conv1d.bias", DType::I8, {e});
    list.add_arrays(linears[1]);
    list.add_arrays(linears[2]);
    list.add(mixer + "selective_scan.dt_bias", DType::I8, {e});
    list.add(mixer + "selective_scan.A_log", DType::I8, {e, list.dims().d_state});
    list.add(mixer + "selective_scan.D", DType::I8, {e});
    list.add_arrays(linears[3]);
    list.add(at + "norm.output_scale", DType::F64, {});
    list.add_alpha(linears[0]);
    for (const char* name : {"weight_scale", "bias_scale", "input_scale", "output_scale"}) {
        list.add(mixer + "conv1d." + name, DType::F64, {});
    }
    list.add_alpha(linears[1]);
    list.add_alpha(linears[2]);
    list.add(mixer + "had.x_H_scale", DType::F64, {});
    list.add_alpha(linears[3]);
    for (const LinearShape& linear : linears) list.add_scales(linear);
    for (const char* name : {"dt_bias_scale", "A_scale", "D_scale", "u_scale", "dt_scale",
                             "B_scale", "C_scale", "z_scale", "ssm_state_scale"}) {
        list.add(mixer + "selective_scan." + name, DType::F32, {});
    }
}

}  // namespace mambasic::traces
