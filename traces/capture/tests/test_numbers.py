"""Rounding rules and observers against numbers worked out by hand from golden/spec/kernels.md."""

from typing import Any

import pytest
import torch
from mambasic_capture.errors import CaptureError
from mambasic_capture.hadamard import hadamard
from mambasic_capture.observers import MinMax, Percentile
from mambasic_capture.quantize import (
    quantize_embedding,
    quantize_section,
    quantize_tensor,
    quantize_w4,
)


def test_a_tensor_scale_is_rounded_to_half_before_codes_are_made() -> None:
    # 1 / 127 = 0.00787401...; FP16 has 2^-17 there: 1032 * 2^-17 = 0.00787353515625.
    codes, scale = quantize_tensor(torch.tensor([1.0, -1.0, 0.0]))
    assert scale == 1032 * 2.0**-17
    assert codes.tolist() == [127, -127, 0]


def test_codes_round_half_to_even() -> None:
    # The largest magnitude makes the scale 1: 127 / 127.
    codes, scale = quantize_tensor(torch.tensor([127.0, 0.5, 1.5, -2.5]))
    assert scale == 1.0
    assert codes.tolist() == [127, 0, 2, -2]


def test_a_section_scale_stays_fp32() -> None:
    _, scale = quantize_section(torch.tensor([1.0]))
    assert scale == torch.tensor(1 / 127, dtype=torch.float32).item()


def test_zeros_have_a_scale() -> None:
    codes, scale = quantize_tensor(torch.zeros(4))
    assert scale > 0
    assert codes.tolist() == [0, 0, 0, 0]


def test_four_bit_weights() -> None:
    row = torch.zeros(1, 256)
    row[0, 0], row[0, 1], row[0, 128] = 7.5, -7.5, 3.75
    made = quantize_w4(row)
    # Steps 7.5 * 2 / 15 = 1 and 0.5. 7.5 rounds to 8, which is held to 15 - 8 = 7; -7.5 rounds to -8.
    assert made.codes[0, :3].tolist() == [15, 0, 8]
    assert made.codes[0, 128].item() == 15
    # The largest of what codes stand for is 8; 8 / 127 = 0.0629921..., in FP16 1032 * 2^-14.
    assert made.s_channel.item() == 1032 * 2.0**-14
    assert made.s_group.shape == (2, 1)
    assert made.s_group[0, 0].item() == torch.tensor(2.0**14 / 1032).half().item()
    assert made.s_group[1, 0].item() == torch.tensor(2.0**13 / 1032).half().item()


def test_an_embedding_row_takes_its_signed_maximum() -> None:
    codes, scales = quantize_embedding(torch.tensor([[1.0, -2.0], [-1.0, -0.5]]), 8)
    assert scales.tolist() == [1032 * 2.0**-17] * 2  # a row without a positive entry: its magnitude
    assert codes.tolist() == [[127, -128], [-127, -64]]


def test_a_four_bit_embedding_packs_neighbours() -> None:
    codes, scales = quantize_embedding(torch.tensor([[8.0, -2.0]]), 4)
    assert scales.tolist() == [1.0]
    assert codes.tolist() == [[15 | 6 << 4]]


def test_minmax_keeps_the_largest_magnitude_in_half() -> None:
    observer = MinMax("x")
    observer.observe(torch.tensor([0.25, -1.0]))
    observer.observe(torch.tensor([0.5]))
    assert observer.scale() == 1032 * 2.0**-17


def test_percentile_starts_with_the_first_sample_and_follows_later_ones() -> None:
    # Of 0 .. 2000 the 0.9995 quantile is at rank 1999; of 0 .. 2 * 2000 at twice that.
    observer = Percentile("x")
    ramp = torch.arange(2001.0)
    observer.observe(ramp)
    assert abs(observer.scale() * 127 - 1999) < 1e-3
    observer.observe(2 * ramp)
    assert abs(observer.scale() * 127 - (1999 + 0.01 * 1999)) < 1e-2


@pytest.mark.parametrize("kind", [MinMax, Percentile])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_an_observer_takes_no_value_that_is_not_finite(kind: Any, value: float) -> None:
    observer = kind("the state")
    observer.observe(torch.ones(2))
    with pytest.raises(CaptureError, match="^the state: holds"):
        observer.observe(torch.tensor([0.5, value]))


def test_the_transform_is_orthonormal() -> None:
    for width in (16, 96, 160):
        matrix = hadamard(torch.eye(width, dtype=torch.float64))
        assert torch.allclose(matrix @ matrix.t(), torch.eye(width, dtype=torch.float64))
        assert torch.allclose(matrix.abs(), torch.full_like(matrix, width**-0.5))


def test_the_transform_of_two_to_the_k_is_sylvesters() -> None:
    matrix = torch.ones(1, 1)
    for _ in range(3):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    assert torch.allclose(hadamard(torch.eye(8)), matrix / 8**0.5)
