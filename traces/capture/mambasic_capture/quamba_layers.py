"""Keys of a Quamba checkpoint, taken out one by one and laid out as a trace has them."""

from dataclasses import dataclass
from typing import List

import torch

from .linears import Tensors
from .quamba_checkpoint import Checkpoint

_I8, _I32, _F16, _F32 = torch.int8, torch.int32, torch.float16, torch.float32


def linear(checkpoint: Checkpoint, key: str, bits: int, by_column: bool = False) -> Tensors:
    """W8: upstream names the transpose, [K, N] with strides (1, K), of what a trace names [N, K]."""
    out: Tensors = {}
    if bits == 4:
        out[f"{key}.weight"] = checkpoint.of_dims(f"{key}.weight", 2, _I32)
        out[f"{key}.s_group"] = checkpoint.of_dims(f"{key}.s_group", 2, _F16)
        out[f"{key}.s_channel"] = checkpoint.of_dims(f"{key}.s_channel", 2, _F32)
        out[f"{key}.input_scale"] = checkpoint.scalar(f"{key}.input_scale")
        checkpoint.drop(f"{key}.workspace")
        return out
    weight = checkpoint.of_dims(f"{key}.weight", 2, _I8)
    out[f"{key}.weight"] = weight.t().contiguous()
    out[f"{key}.a"] = checkpoint.scalar(f"{key}.a").reshape(1, 1)
    if by_column:
        out[f"{key}.b"] = checkpoint.tensor(f"{key}.b", _F32).reshape(1, -1)
        return out
    out[f"{key}.b"] = checkpoint.scalar(f"{key}.b").reshape(1, 1)
    out[f"{key}.alpha"] = checkpoint.number(f"{key}.alpha")
    return out


def mamba1_layer(checkpoint: Checkpoint, at: str, bits: int) -> Tensors:
    out = _norm(checkpoint, at)
    mixer = f"{at}mixer."
    for name, width in (("in_proj", bits), ("x_proj", bits), ("dt_proj", 8), ("out_proj", bits)):
        out.update(linear(checkpoint, mixer + name, width))
    _take_tensors(checkpoint, out, mixer, {"conv1d.weight": 2, "conv1d.bias": 1}, _I8)
    scan = {"selective_scan.dt_bias": 1, "selective_scan.A_log": 2, "selective_scan.D": 1}
    _take_tensors(checkpoint, out, mixer, scan, _I8)
    for name in ("weight", "bias", "input", "output"):
        _take_number(checkpoint, out, f"{mixer}conv1d.{name}_scale")
    _take_number(checkpoint, out, f"{mixer}had.x_H_scale")
    for name in ("dt_bias", "A", "D", "u", "dt", "B", "C", "z", "ssm_state"):
        key = f"{mixer}selective_scan.{name}_scale"
        out[key] = checkpoint.scalar(key)
    return out


def mamba2_layer(checkpoint: Checkpoint, at: str, bits: int) -> Tensors:
    out = _norm(checkpoint, at)
    mixer = f"{at}mixer."
    out.update(linear(checkpoint, f"{mixer}in_proj", bits, by_column=True))
    out.update(linear(checkpoint, f"{mixer}out_proj", bits))
    _take_tensors(checkpoint, out, mixer, {"conv1d.weight": 2, "conv1d.bias": 1}, _I8)
    _take_tensors(checkpoint, out, mixer, {"qchunk_scan.A_log": 1, "qchunk_scan.D": 1}, _I8)
    _take_tensors(checkpoint, out, mixer, {"qchunk_scan.dt_bias": 1, "norm.weight": 1}, _F16)
    for name in ("x", "B", "C", "wx", "wB", "wC", "bx", "bB", "bC"):
        _take_number(checkpoint, out, f"{mixer}conv1d.{name}_scale")
    for name in ("norm.z_scale", "had.x_H_scale"):
        _take_number(checkpoint, out, mixer + name)
    for name in ("A_log_scale", "D_scale", "dt_scale"):
        out[f"{mixer}qchunk_scan.{name}"] = checkpoint.scalar(f"{mixer}qchunk_scan.{name}")
    _take_table(checkpoint, out, mixer)
    checkpoint.drop(f"{mixer}norm.output_scale")  # None: its output is FP16
    return out


def _norm(checkpoint: Checkpoint, at: str) -> Tensors:
    out: Tensors = {f"{at}norm.weight": checkpoint.of_dims(f"{at}norm.weight", 1, _F16)}
    _take_number(checkpoint, out, f"{at}norm.output_scale")
    return out


def _take_number(checkpoint: Checkpoint, out: Tensors, key: str) -> None:
    out[key] = checkpoint.number(key)


def _take_tensors(
    checkpoint: Checkpoint, out: Tensors, at: str, dims: "dict[str, int]", dtype: torch.dtype
) -> None:
    for name, count in dims.items():
        out[at + name] = checkpoint.of_dims(at + name, count, dtype)


def _take_table(checkpoint: Checkpoint, out: Tensors, mixer: str) -> None:
    """One scale is of shape [1] in a trace, whatever upstream has. The copies that the SSD reads are
    left out once they are seen to be copies."""
    conv, scan = f"{mixer}conv1d.", f"{mixer}qchunk_scan."
    for name, dims in (("x_head_group_range", 2), ("x_dim_group_range", 3)):
        if checkpoint.has(conv + name):
            out[conv + name] = checkpoint.of_dims(conv + name, dims, _I32)
            checkpoint.drop_copy(scan + name, out[conv + name])
    for name, copy in (("x_out", "x_scales"), ("B_out", "B_scale"), ("C_out", "C_scale")):
        scales = checkpoint.tensor(f"{conv}{name}_scales", _F32)
        out[f"{conv}{name}_scales"] = scales.reshape(1) if scales.numel() == 1 else scales
        checkpoint.drop_copy(scan + copy, scales)
    states = checkpoint.tensor(f"{scan}ssm_state_scale", _F32)
    out[f"{scan}ssm_state_scale"] = states.reshape(1) if states.numel() == 1 else states


@dataclass
class Head:
    """Embedding, final norm and LM head, where all are quantized; else the embedding alone."""

    tensors: Tensors
    embedding: torch.Tensor
    scales: "torch.Tensor | None"

    @property
    def whole(self) -> bool:
        return bool(self.tensors)

    def look_up(self, tokens: torch.Tensor) -> torch.Tensor:
        """What the first layer takes in: FP16 of code times scale (kernels.md 5)."""
        rows = self.embedding[tokens]
        if self.scales is None:
            return rows.half()
        if rows.dtype == _I32:
            rows = unpacked(rows)
        return (rows.float() * self.scales[tokens].float()[..., None]).half()


NIBBLE_OF = (0, 2, 4, 6, 1, 3, 5, 7)  # nibble t of a word is of element 8 j + this


def unpacked(words: torch.Tensor) -> torch.Tensor:
    """Codes less 8 of a packed embedding."""
    out: List[torch.Tensor] = [torch.empty(0)] * 8
    for nibble, element in enumerate(NIBBLE_OF):
        out[element] = ((words >> (4 * nibble)) & 15) - 8
    return torch.stack(out, -1).reshape(*words.shape[:-1], -1)


def head(checkpoint: Checkpoint, bits: int) -> Head:
    """Upstream quantizes embedding and LM head only when told to; a trace of the layers alone needs
    neither."""
    key = "backbone.embedding."
    embedding = checkpoint.of_dims(f"{key}weight", 2, _I8, _I32, _F16)
    scales = None
    if embedding.dtype != _F16:
        scales = checkpoint.of_dims(f"{key}scales", 1, _F16)
        if len(scales) != len(embedding):
            what = f"has {len(scales)} rows, must have {len(embedding)}"
            raise checkpoint.wrong(f"{key}scales", what)
    lm_head = f"lm_head.{'s_channel' if bits == 4 else 'a'}"
    fits = embedding.dtype == (_I32 if bits == 4 else _I8)
    if scales is None or not fits or not checkpoint.has(lm_head):
        checkpoint.drop_below("lm_head.")
        checkpoint.drop_below("backbone.norm_f.")
        return Head({}, embedding, scales)
    out = linear(checkpoint, "lm_head", bits)
    out["backbone.norm_f.weight"] = checkpoint.of_dims("backbone.norm_f.weight", 1, _F16)
    _take_number(checkpoint, out, "backbone.norm_f.output_scale")
    out[f"{key}weight"], out[f"{key}scales"] = embedding, scales
    return Head(out, embedding, scales)
