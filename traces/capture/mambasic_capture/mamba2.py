"""A Mamba2 layer in PyTorch: what calibration sees of it, and its tensors in the trace, with one scale
for all of x (kernels.md 6.2, "Mamba2 without groups"; 6.3)."""

from typing import Any, List

import torch
from torch.nn import functional

from .dims import CONV_TAPS, Dims
from .hadamard import hadamard
from .linears import Tensors, f32, f64, linear, w4_linear, w8_columns_linear
from .mamba1 import conv_bias
from .observers import MinMax, Percentile
from .quantize import half, quantize_section, quantize_tensor


def sections(dims: Dims) -> List[int]:
    """Widths of z, x, B, C and dt in in_proj's output."""
    return [dims.d_inner, dims.d_inner, dims.bc_width, dims.bc_width, dims.heads]


class Mamba2Calibration:
    """Watches a mixer's two linears; the convolution's output is made once more of in_proj's, because
    the mixer keeps it to itself."""

    def __init__(self, at: str, mixer: Any, dims: Dims) -> None:
        self._mixer = mixer
        self.dims = dims
        self.in_proj_input = MinMax(f"{at}in_proj input")
        self.in_proj_outputs = [MinMax(f"{at}in_proj output") for _ in sections(dims)]
        self.x = Percentile(f"{at}conv1d x")
        self.b, self.c = MinMax(f"{at}conv1d B"), MinMax(f"{at}conv1d C")
        self.state = Percentile(f"{at}state")
        self.out_proj_input = MinMax(f"{at}out_proj input")

    def hooks(self) -> List[Any]:
        """Handles to remove."""
        return [
            self._mixer.in_proj.register_forward_hook(self._see_in_proj),
            self._mixer.out_proj.register_forward_hook(self._see_out_proj),
        ]

    def observe_state(self, state: torch.Tensor) -> None:
        """At the end of a sample."""
        self.state.observe(half(state))

    def _see_in_proj(self, _module: Any, inputs: Any, output: torch.Tensor) -> None:
        self.in_proj_input.observe(half(inputs[0]))
        for observer, part in zip(self.in_proj_outputs, output.split(sections(self.dims), -1)):
            observer.observe(half(part))
        x, b, c = self._convolved(self.conv_input(output)).split(sections(self.dims)[1:4], -1)
        self.x.observe(half(x))
        self.b.observe(half(b))
        self.c.observe(half(c))

    def _convolved(self, rows: torch.Tensor) -> torch.Tensor:
        conv = self._mixer.conv1d
        behind = functional.pad(rows.transpose(1, 2), (CONV_TAPS - 1, 0))
        out = functional.conv1d(behind, conv.weight, conv.bias, groups=conv.weight.shape[0])
        return functional.silu(out).transpose(1, 2)

    def _see_out_proj(self, _module: Any, inputs: Any, _output: torch.Tensor) -> None:
        self.out_proj_input.observe(half(hadamard(half(inputs[0]))))

    def conv_scales(self) -> torch.Tensor:
        """Of each channel of the convolution's input."""
        widths = sections(self.dims)[1:4]
        scales = [observer.scale() for observer in self.in_proj_outputs[1:4]]
        return torch.cat([torch.full((n,), scale) for n, scale in zip(widths, scales)])

    def conv_input(self, in_proj_output: torch.Tensor) -> torch.Tensor:
        first = self.dims.d_inner
        return in_proj_output[..., first : first + self.dims.conv_channels]


def layer_tensors(at: str, mixer: Any, seen: Mamba2Calibration, bits: int) -> Tensors:
    """But for the block's norm."""
    rotated = seen.out_proj_input.scale()
    out: Tensors = {
        f"{at}had.x_H_scale": f64(rotated),
        f"{at}norm.weight": mixer.norm.weight.detach().cpu().half(),
        f"{at}norm.z_scale": f64(seen.in_proj_outputs[0].scale()),
    }
    out.update(_in_proj(f"{at}in_proj", mixer, seen, bits))
    weight = hadamard(mixer.out_proj.weight.detach().float().cpu())
    out.update(linear(f"{at}out_proj", weight, rotated, None, bits))
    out.update(_conv_tensors(f"{at}conv1d.", mixer, seen))
    out.update(_ssd_tensors(f"{at}qchunk_scan.", mixer, seen))
    return out


def _in_proj(key: str, mixer: Any, seen: Mamba2Calibration, bits: int) -> Tensors:
    weight = mixer.in_proj.weight.detach().float().cpu()
    widths = sections(seen.dims)
    scales = [observer.scale() for observer in seen.in_proj_outputs]
    if bits == 8:
        return w8_columns_linear(key, weight, seen.in_proj_input.scale(), widths, scales)
    columns = torch.cat([torch.full((n,), scale) for n, scale in zip(widths, scales)])
    return w4_linear(key, weight, seen.in_proj_input.scale(), columns)


def _conv_tensors(at: str, mixer: Any, seen: Mamba2Calibration) -> Tensors:
    widths = sections(seen.dims)[1:4]
    weights = mixer.conv1d.weight.detach().float().cpu().squeeze(1).split(widths)
    biases = conv_bias(mixer).split(widths)
    out: Tensors = {}
    weight_codes, bias_codes = [], []
    for name, weight, bias, observer in zip("xBC", weights, biases, seen.in_proj_outputs[1:4]):
        codes, scale = quantize_section(weight)
        weight_codes.append(codes)
        out[f"{at}w{name}_scale"] = f64(scale)
        codes, scale = quantize_section(bias)
        bias_codes.append(codes)
        out[f"{at}b{name}_scale"] = f64(scale)
        out[f"{at}{name}_scale"] = f64(observer.scale())
    out[f"{at}weight"] = torch.cat(weight_codes)
    out[f"{at}bias"] = torch.cat(bias_codes)
    for name, observer in (("x", seen.x), ("B", seen.b), ("C", seen.c)):
        out[f"{at}{name}_out_scales"] = f32(observer.scale()).reshape(1)
    return out


def _ssd_tensors(at: str, mixer: Any, seen: Mamba2Calibration) -> Tensors:
    out: Tensors = {
        f"{at}dt_bias": mixer.dt_bias.detach().cpu().half(),
        f"{at}dt_scale": f32(seen.in_proj_outputs[4].scale()),
        f"{at}ssm_state_scale": f32(seen.state.scale()).reshape(1),
    }
    for name in ("A_log", "D"):
        codes, scale = quantize_tensor(getattr(mixer, name).detach().float().cpu())
        out[f"{at}{name}"] = codes
        out[f"{at}{name}_scale"] = f32(scale)
    return out
