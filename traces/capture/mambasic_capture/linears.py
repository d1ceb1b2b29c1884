"""A linear under its trace keys: one of the three kinds of FORMAT.md, "Linears"."""

from typing import Dict, Optional, Sequence

import torch

from .quantize import pack_nibbles, padded_rows, quantize_tensor, quantize_w4

Tensors = Dict[str, torch.Tensor]
W8_ROWS = 16
W4_ROWS = 64
PADDING_CHANNEL = 1e-6


def f64(value: float) -> torch.Tensor:
    """A scalar that upstream keeps as a Python float."""
    return torch.tensor(value, dtype=torch.float64)


def f32(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float32)


def w8_linear(
    key: str, weight: torch.Tensor, input_scale: float, output_scale: Optional[float]
) -> Tensors:
    """One scale for the tensor; without an output scale the output is FP16."""
    codes, scale = quantize_tensor(weight)
    quotient = input_scale if output_scale is None else input_scale / output_scale
    alpha = f32(scale) * f32(input_scale)
    if output_scale is not None:
        alpha = alpha / f32(output_scale)
    return {
        f"{key}.weight": padded_rows(codes, W8_ROWS),
        f"{key}.alpha": f64(alpha.item()),
        f"{key}.a": f32(quotient).reshape(1, 1),
        f"{key}.b": f32(scale).reshape(1, 1),
    }


def _padded_columns(values: torch.Tensor, multiple: int, padding: float) -> torch.Tensor:
    missing = -values.shape[-1] % multiple
    return torch.nn.functional.pad(values, (0, missing), value=padding)


def w8_columns_linear(
    key: str,
    weight: torch.Tensor,
    input_scale: float,
    sections: Sequence[int],
    output_scales: Sequence[float],
) -> Tensors:
    """Each section of output channels has a weight scale and an output scale of its own."""
    codes, columns = [], []
    for rows, output_scale in zip(weight.split(list(sections)), output_scales):
        section, scale = quantize_tensor(rows)
        codes.append(section)
        columns.append(torch.full((rows.shape[0],), scale / output_scale, dtype=torch.float32))
    column = _padded_columns(torch.cat(columns), W8_ROWS, columns[-1][0].item())
    return {
        f"{key}.weight": padded_rows(torch.cat(codes), W8_ROWS),
        f"{key}.a": f32(input_scale).reshape(1, 1),
        f"{key}.b": column.reshape(1, -1),
    }


def w4_linear(
    key: str, weight: torch.Tensor, input_scale: float, output_scale: Optional[torch.Tensor]
) -> Tensors:
    """The output scale of each output channel is folded into its s_channel; none: FP16 output."""
    quantized = quantize_w4(weight)
    channel = quantized.s_channel
    if output_scale is not None:
        channel = channel / output_scale
    rows = padded_rows(pack_nibbles(quantized.codes), W4_ROWS)
    return {
        f"{key}.weight": rows,
        f"{key}.s_group": _padded_columns(quantized.s_group.float(), W4_ROWS, 0.0).half(),
        f"{key}.s_channel": _padded_columns(channel, W4_ROWS, PADDING_CHANNEL).reshape(1, -1),
        f"{key}.input_scale": f32(input_scale),
    }


def linear(
    key: str, weight: torch.Tensor, input_scale: float, output_scale: Optional[float], bits: int
) -> Tensors:
    """Of one section."""
    if bits == 8:
        return w8_linear(key, weight, input_scale, output_scale)
    channels = None
    if output_scale is not None:
        channels = torch.full((weight.shape[0],), output_scale)
    return w4_linear(key, weight, input_scale, channels)
