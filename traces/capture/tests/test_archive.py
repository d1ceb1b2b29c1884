"""Tensors read out of torch.save's archive without torch.load: types, strides, offsets, shared storage."""

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from mambasic_capture.torch_archive import read_archive

DTYPES = [torch.int8, torch.uint8, torch.int32, torch.int64, torch.float16, torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_comes_back(dtype: torch.dtype, tmp_path: Path) -> None:
    values = torch.arange(24).reshape(4, 6).to(dtype)
    torch.save({"t": values}, tmp_path / "f")
    made = read_archive(tmp_path / "f")["t"]
    assert made.dtype == dtype and torch.equal(made, values)


def test_views_keep_their_strides_and_offsets(tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(4, 6)
    views = {"turned": base.t(), "row": base[2], "column": base[:, 3], "scalar": base[3, 5]}
    torch.save(views, tmp_path / "f")
    made = read_archive(tmp_path / "f")
    for name, view in views.items():
        assert made[name].stride() == view.stride() and torch.equal(made[name], view), name


def test_what_else_a_state_dict_has(tmp_path: Path) -> None:
    given = OrderedDict(number=0.1, none=None, empty=torch.empty(0))
    given["parameter"] = torch.nn.Parameter(torch.ones(3))
    torch.save(given, tmp_path / "f")
    made = read_archive(tmp_path / "f")
    assert made["number"] == 0.1 and made["none"] is None and made["empty"].numel() == 0
    assert torch.equal(made["parameter"], torch.ones(3))


def test_a_module_s_state_dict(tmp_path: Path) -> None:
    """It has an attribute, _metadata, which pickle builds."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    given = module.state_dict()
    torch.save(given, tmp_path / "f")
    made = read_archive(tmp_path / "f")
    assert list(made) == list(given) and made._metadata == given._metadata
    for name, value in given.items():
        assert torch.equal(made[name], value), name
