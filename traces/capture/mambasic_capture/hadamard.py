"""The orthonormal Hadamard transform of kernels.md 4.2, in float: for the offline rotation of
weights and for what the observer of out_proj's input sees."""

import torch

from .dims import transform_factor

_H12_ROWS = (
    "+-++++++++++ --+-+-+-+-+- +++-++----++ +---+--+-++- +++++-++---- +-+---+--+-+ "
    "++--+++-++-- +--++---+--+ ++----+++-++ +--+-++---+- ++++----+++- +-+--+-++---"
).split()
_INNER = 32
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


def _sylvester(width: int) -> torch.Tensor:
    """Of a power of two, entries +1 and -1."""
    out = torch.ones(1, 1)
    while out.shape[0] < width:
        out = torch.cat([torch.cat([out, out], 1), torch.cat([out, -out], 1)], 0)
    return out


def hadamard(values: torch.Tensor) -> torch.Tensor:
    """Transforms the last dimension; index = c * 2^k + i. The 2^k are taken in two parts, each a small
    matrix product: butterflies would go over an embedding many times more often."""
    width = values.shape[-1]
    factor = transform_factor(width)
    length = width // factor
    inner = min(length, _INNER)
    out = values.reshape(-1, factor, length // inner, inner)
    for dimension, matrix in (
        (3, _sylvester(inner)),
        (2, _sylvester(length // inner)),
        (1, factor_matrix(factor)),
    ):
        if matrix.shape[0] > 1:
            rows = out.transpose(dimension, 3).contiguous()
            out = (rows @ matrix.t().to(values)).transpose(dimension, 3)
    return out.reshape(values.shape) / width**0.5
