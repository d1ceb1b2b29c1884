"""The statistics of activations that Quamba1's calibration takes (kernels.md 6.1). Those of groups of
channels and of other codes are not here: `mambasic trace group` and `mambasic calibrate` make them
from a captured trace."""

import torch

from .quantize import half, require_finite

SMALLEST_MAXIMUM = 1e-5
SMALLEST_SCALE = 1e-6
CODES = 127.0
ALPHA = 0.9995  # what upstream's call sites pass
SIGMA = 0.01


class MinMax:
    """Running maximum of |x|, maximum and quotient in FP16. The name is for what cannot be observed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._maximum = 0.0

    def observe(self, values: torch.Tensor) -> None:
        require_finite(self._name, values)
        self._maximum = max(self._maximum, values.abs().max().item())

    def scale(self) -> float:
        maximum = half(torch.tensor(max(self._maximum, SMALLEST_MAXIMUM)))
        return max(half(maximum / CODES).item(), SMALLEST_SCALE)


class Percentile:
    """A quantile of each sample's |x|; the first one sets the statistic, later ones move it a bit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._statistic = torch.tensor(0.0)
        self._seen = False

    def observe(self, values: torch.Tensor) -> None:
        require_finite(self._name, values)
        seen = quantile(values.abs().float(), ALPHA)
        self._statistic = self._statistic + SIGMA * (seen - self._statistic) if self._seen else seen
        self._seen = True

    def scale(self) -> float:
        maximum = self._statistic.clamp(min=SMALLEST_MAXIMUM)
        return max((maximum / CODES).item(), SMALLEST_SCALE)


def quantile(values: torch.Tensor, share: float) -> torch.Tensor:
    """As torch.quantile, which refuses more than 2^24 values: a layer's x may have them."""
    flat = values.flatten().cpu()
    rank = torch.tensor(share) * (flat.numel() - 1)
    below = int(rank.item())
    low = flat.kthvalue(below + 1).values
    high = flat.kthvalue(min(below + 2, flat.numel())).values
    return torch.lerp(low, high, rank - below)
