"""The orthonormal Hadamard transform of kernels.md 4.2, in float: for the offline rotation of
weights and for what the observer of out_proj's input sees."""

import torch

from .dims import transform_factor

_H12_ROWS = (
    "+-++++++++++ --+-+-+-+-+- +++-++----++ +---+--+-++- +++++-++---- +-+---+--+-+ "
    "++--+++-++-- +--++---+--+ ++----+++-++ +--+-++---+- ++++----+++- +-+--+-++---"
).split()
_P20_POSITIVE = {0, 2, 3, 8, 10, 12, 13, 14, 15, 18}  # (column - row) mod 19 of the circulant part


def _p20() -> torch.Tensor:
    out = -torch.ones(20, 20)
    out[:, 0] = 1
    for row in range(19):
        for column in range(19):
            if (column - row) % 19 in _P20_POSITIVE:
                out[row + 1, column + 1] = 1
    return out


def factor_matrix(factor: int) -> torch.Tensor:
    """H1, H12 or H40."""
    if factor == 12:
        return torch.tensor([[1.0 if sign == "+" else -1.0 for sign in row] for row in _H12_ROWS])
    if factor == 40:
        part = _p20()
        return torch.cat([torch.cat([part, part], 1), torch.cat([part, -part], 1)], 0)
    return torch.ones(1, 1)


def hadamard(values: torch.Tensor) -> torch.Tensor:
    """Transforms the last dimension; index = c * 2^k + i."""
    width = values.shape[-1]
    factor = transform_factor(width)
    length = width // factor
    out = values.reshape(-1, factor, length)
    stride = 1
    while stride < length:
        pairs = out.reshape(out.shape[0], factor, length // (2 * stride), 2, stride)
        low, high = pairs[..., 0, :], pairs[..., 1, :]
        out = torch.stack([low + high, low - high], dim=-2).reshape(-1, factor, length)
        stride *= 2
    matrix = factor_matrix(factor).to(values)
    return (matrix @ out).reshape(values.shape) / width**0.5
