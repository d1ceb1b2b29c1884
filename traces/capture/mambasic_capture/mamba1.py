"""A Mamba layer in PyTorch: what calibration sees of it, and its tensors in the trace. Which observer
watches what, and where its scale goes: kernels.md 6.2, 6.3."""

from typing import Any, Dict, List

import torch

from .dims import Dims
from .hadamard import hadamard
from .linears import Tensors, f32, f64, linear
from .observers import MinMax, Percentile
from .quantize import half, quantize_tensor


class Mamba1Calibration:
    """Watches a mixer's linears. What no module of the mixer gives is made of their inputs and
    outputs, so that the mixer may run in the slow or in the fast way."""

    def __init__(self, at: str, mixer: Any, dims: Dims) -> None:
        self._mixer = mixer
        self.dims = dims
        self.in_proj_input = MinMax(f"{at}in_proj input")
        self.in_proj_output = MinMax(f"{at}in_proj output")
        self.x = Percentile(f"{at}x_proj input")
        self.x_proj_output = MinMax(f"{at}x_proj output")
        self.dt_proj_output = MinMax(f"{at}dt_proj output")
        self.state = Percentile(f"{at}state")
        self.out_proj_input = MinMax(f"{at}out_proj input")

    def hooks(self) -> List[Any]:
        """Handles to remove."""
        return [
            self._mixer.in_proj.register_forward_hook(self._see_in_proj),
            self._mixer.x_proj.register_forward_hook(self._see_x_proj),
            self._mixer.out_proj.register_forward_hook(self._see_out_proj),
        ]

    def observe_state(self, state: torch.Tensor) -> None:
        """At the end of a sample."""
        self.state.observe(half(state))

    def _see_in_proj(self, _module: Any, inputs: Any, output: torch.Tensor) -> None:
        self.in_proj_input.observe(half(inputs[0]))
        self.in_proj_output.observe(half(output))

    def _see_x_proj(self, _module: Any, inputs: Any, output: torch.Tensor) -> None:
        self.x.observe(half(inputs[0]))
        self.x_proj_output.observe(half(output))
        time_step = output[..., : self.dims.dt_rank]  # dt_proj's bias is the scan's
        self.dt_proj_output.observe(half(time_step @ self._mixer.dt_proj.weight.t()))

    def _see_out_proj(self, _module: Any, inputs: Any, _output: torch.Tensor) -> None:
        self.out_proj_input.observe(half(hadamard(half(inputs[0]))))

    def conv_scales(self) -> torch.Tensor:
        """Of each channel of the convolution's input."""
        return torch.full((self.dims.d_inner,), self.in_proj_output.scale())

    def conv_input(self, in_proj_output: torch.Tensor) -> torch.Tensor:
        return in_proj_output[..., : self.dims.d_inner]


def layer_tensors(at: str, mixer: Any, seen: Mamba1Calibration, bits: int) -> Tensors:
    """But for the block's norm."""
    xz, x = seen.in_proj_output.scale(), seen.x.scale()
    dt_b_c, dt = seen.x_proj_output.scale(), seen.dt_proj_output.scale()
    rotated = seen.out_proj_input.scale()
    out: Tensors = {f"{at}had.x_H_scale": f64(rotated)}
    out.update(linear(f"{at}in_proj", _weight(mixer.in_proj), seen.in_proj_input.scale(), xz, bits))
    out.update(linear(f"{at}x_proj", _weight(mixer.x_proj), x, dt_b_c, bits))
    out.update(linear(f"{at}dt_proj", _weight(mixer.dt_proj), dt_b_c, dt, 8))  # in W4A8 too
    out.update(linear(f"{at}out_proj", hadamard(_weight(mixer.out_proj)), rotated, None, bits))
    out.update(_conv_tensors(f"{at}conv1d.", mixer, xz, x))
    out.update(_scan_tensors(f"{at}selective_scan.", mixer))
    scales = {"u": x, "dt": dt, "B": dt_b_c, "C": dt_b_c, "z": xz, "ssm_state": seen.state.scale()}
    for name, scale in scales.items():
        out[f"{at}selective_scan.{name}_scale"] = f32(scale)
    return out


def _weight(module: Any) -> torch.Tensor:
    return module.weight.detach().float().cpu()


def conv_bias(mixer: Any) -> torch.Tensor:
    """Zeros for a model that has none."""
    if mixer.conv1d.bias is None:
        return torch.zeros(mixer.conv1d.weight.shape[0])
    return mixer.conv1d.bias.detach().float().cpu()


def _conv_tensors(at: str, mixer: Any, input_scale: float, output_scale: float) -> Tensors:
    weight, weight_scale = quantize_tensor(_weight(mixer.conv1d).squeeze(1))
    bias, bias_scale = quantize_tensor(conv_bias(mixer))
    scales: Dict[str, float] = {
        "weight_scale": weight_scale,
        "bias_scale": bias_scale,
        "input_scale": input_scale,
        "output_scale": output_scale,
    }
    out = {f"{at}{name}": f64(value) for name, value in scales.items()}
    out.update({f"{at}weight": weight, f"{at}bias": bias})
    return out


def _scan_tensors(at: str, mixer: Any) -> Tensors:
    out: Tensors = {}
    values = {
        ("A_log", "A_scale"): mixer.A_log,
        ("D", "D_scale"): mixer.D,
        ("dt_bias", "dt_bias_scale"): mixer.dt_proj.bias,
    }
    for (name, scale_name), value in values.items():
        codes, scale = quantize_tensor(value.detach().float().cpu())
        out[f"{at}{name}"] = codes
        out[f"{at}{scale_name}"] = f32(scale)
    return out
