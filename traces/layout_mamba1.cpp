#include "traces/layout_list.h"

namespace mambasic::traces {

namespace {

// Without a table the conv output and the state have a scalar each (add_scan_scales).
void add_table(TensorList& list, std::uint32_t index, const std::string& mixer) {
    if (!list.info().table(index)) {
        list.add_code_scales(index, {1});
        return;
    }
    Shape cells = list.add_cells(index);
    cells.push_back(list.dims().d_state);
    list.add(mixer + "selective_scan.ssm_state_scale", DType::F32, cells);
}

void add_arrays(TensorList& list, std::uint32_t index, const std::vector<LinearShape>& linears) {
    const std::uint64_t e = list.dims().d_inner;
    const std::string at = weight_key(list.info(), index, "");
    const std::string mixer = at + "mixer.";
    list.add(at + "norm.weight", DType::F16, {list.dims().d_model});
    list.add_arrays(linears[0]);
    list.add(mixer + "conv1d.weight", DType::I8, {e, list.dims().d_conv});
    list.add(mixer + "conv1d.bias", DType::I8, {e});
    add_table(list, index, mixer);
    list.add_arrays(linears[1]);
    list.add_arrays(linears[2]);
    list.add(mixer + "selective_scan.dt_bias", DType::I8, {e});
    list.add(mixer + "selective_scan.A_log", DType::I8, {e, list.dims().d_state});
    list.add(mixer + "selective_scan.D", DType::I8, {e});
    list.add_arrays(linears[3]);
}

void add_scan_scales(TensorList& list, std::uint32_t index, const std::string& scan) {
    const bool table = list.info().table(index).has_value();
    for (const char* name : {"dt_bias_scale", "A_scale", "D_scale"}) {
        list.add(scan + name, DType::F32, {});
    }
    if (!table) list.add(scan + "u_scale", DType::F32, {});
    for (const char* name : {"dt_scale", "B_scale", "C_scale", "z_scale"}) {
        list.add(scan + name, DType::F32, {});
    }
    if (!table) list.add(scan + "ssm_state_scale", DType::F32, {});
}

void add_scalars(TensorList& list, std::uint32_t index, const std::vector<LinearShape>& linears) {
    const std::string at = weight_key(list.info(), index, "");
    const std::string mixer = at + "mixer.";
    list.add(at + "norm.output_scale", DType::F64, {});
    list.add_alpha(linears[0]);
    for (const char* name : {"weight_scale", "bias_scale", "input_scale"}) {
        list.add(mixer + "conv1d." + name, DType::F64, {});
    }
    if (!list.info().table(index)) list.add(mixer + "conv1d.output_scale", DType::F64, {});
    list.add_alpha(linears[1]);
    list.add_alpha(linears[2]);
    list.add(mixer + "had.x_H_scale", DType::F64, {});
    list.add_alpha(linears[3]);
    for (const LinearShape& linear : linears) list.add_scales(linear);
    add_scan_scales(list, index, mixer + "selective_scan.");
}

}  // namespace

void add_mamba1_weights(TensorList& list, std::uint32_t index) {
    const std::vector<LinearShape> linears = linear_shapes(list.info(), index);
    add_arrays(list, index, linears);
    add_scalars(list, index, linears);
}

}  // namespace mambasic::traces
