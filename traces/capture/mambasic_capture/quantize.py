"""Weights as a Quamba checkpoint holds them: rounding rules of kernels.md 1.7, 2.2, 2.3 and 5. Weights
are FP16 numbers, held in FP32; torch.round is half to even."""

from dataclasses import dataclass
from typing import Tuple

import torch

from .dims import W4_GROUP
from .errors import CaptureError

SMALLEST_MAXIMUM = 1e-5
SMALLEST_W4_CHANNEL = 1e-6
W4_ZERO = 8
W4_LARGEST = 15


def half(values: torch.Tensor) -> torch.Tensor:
    """Rounded to FP16, in FP32."""
    return values.to(torch.float16).to(torch.float32)


def require_finite(name: str, values: torch.Tensor) -> None:
    """Maxima lose a NaN, and infinity makes a scale of infinity."""
    if not torch.isfinite(values).all():
        raise CaptureError(f"{name}: holds NaN or what FP16 cannot; no scale fits it")


def largest(values: torch.Tensor) -> float:
    """Largest magnitude, but never so small that a scale of it vanishes."""
    return max(values.abs().max().item(), SMALLEST_MAXIMUM)


def half_scale(maximum: torch.Tensor) -> torch.Tensor:
    """maximum / 127, both in FP16."""
    return half(half(maximum) / 127)


def codes_of(values: torch.Tensor) -> torch.Tensor:
    """Rounded half to even and held to int8."""
    return values.round().clamp(-128, 127).to(torch.int8)


def quantize_tensor(values: torch.Tensor) -> Tuple[torch.Tensor, float]:
    """Codes and the one FP16 scale of a tensor."""
    scale = half_scale(torch.tensor(largest(values)))
    return codes_of(half(values / scale)), scale.item()


def quantize_section(values: torch.Tensor) -> Tuple[torch.Tensor, float]:
    """The same with an FP32 scale: a section of Mamba2's convolution."""
    scale = torch.tensor(largest(values)) / 127
    return codes_of(values / scale), scale.item()


def padded_rows(values: torch.Tensor, multiple: int) -> torch.Tensor:
    """With rows of zeros up to a multiple."""
    missing = -values.shape[0] % multiple
    return torch.nn.functional.pad(values, (0, 0, 0, missing))


@dataclass
class W4Weight:
    """codes [n][k], 0 to 15; s_group [k / 128][n]; s_channel [n]."""

    codes: torch.Tensor
    s_group: torch.Tensor
    s_channel: torch.Tensor


def quantize_w4(values: torch.Tensor) -> W4Weight:
    """Without GPTQ, which upstream has and which chooses other codes of the same meaning."""
    rows, depth = values.shape
    grouped = values.reshape(rows, depth // W4_GROUP, W4_GROUP)
    step = half(grouped.abs().amax(-1) * 2 / W4_LARGEST)
    safe = torch.where(step > 0, step, torch.ones_like(step))
    codes = half(grouped / safe[..., None]).round() + W4_ZERO
    codes = codes.clamp(0, W4_LARGEST)
    decoded = half((codes - W4_ZERO) * step[..., None])
    channel = half(decoded.abs().amax((1, 2)) / 127).clamp(min=SMALLEST_W4_CHANNEL)
    group = (step / channel[:, None]).to(torch.float16)
    return W4Weight(codes.reshape(rows, depth).to(torch.uint8), group.t().contiguous(), channel)


def pack_nibbles(codes: torch.Tensor) -> torch.Tensor:
    """Pairs of neighbours in a byte, the first in its low half."""
    return (codes[..., 0::2] | (codes[..., 1::2] << 4)).contiguous()


def row_maximum(values: torch.Tensor) -> torch.Tensor:
    """Upstream takes a row's signed maximum; a row without a positive entry gets its magnitude."""
    signed = values.amax(-1)
    return torch.where(signed > 0, signed, values.abs().amax(-1)).clamp(min=SMALLEST_MAXIMUM)


def quantize_embedding(values: torch.Tensor, bits: int) -> Tuple[torch.Tensor, torch.Tensor]:
    """Codes, as the trace holds them, and a scale for each row."""
    if bits == 8:
        scales = half_scale(row_maximum(values))
        return codes_of(half(values / scales[:, None])), scales.to(torch.float16)
    scales = half(row_maximum(values) / W4_ZERO)
    codes = half(half(values / scales[:, None]) + W4_ZERO).round().clamp(0, W4_LARGEST)
    return pack_nibbles(codes.to(torch.uint8)), scales.to(torch.float16)
