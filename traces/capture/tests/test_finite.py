"""A model whose numbers are not finite in FP16 is refused: no scale fits them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest
import torch
from mambasic_capture.cli import main
from mambasic_capture.errors import CaptureError
from mambasic_capture.hf_run import Recording
from test_refusals import refused
from transformers import AutoModelForCausalLM

LARGE = 5e3  # standard deviation of weights that FP16 still holds


def stretch(weight: torch.Tensor) -> None:
    weight.mul_(LARGE / weight.std())


def with_weight(model: Path, name: str, change: Callable[[torch.Tensor], Any], folder: Path) -> str:
    """A copy of a model in which one tensor is another."""
    copy = AutoModelForCausalLM.from_pretrained(model)
    with torch.no_grad():
        change(copy.get_parameter(name))
    copy.save_pretrained(folder / "model")
    return str(folder / "model")


@pytest.mark.parametrize("value", [float("nan"), -float("inf"), 1e9])
@pytest.mark.parametrize("family", ["mamba", "mamba2"])
@pytest.mark.parametrize("tensor", ["mixer.in_proj.weight", "mixer.A_log", "mixer.conv1d.bias"])
def test_weights(
    tensor: str, family: str, value: float, models: Any, capsys: Any, tmp_path: Path
) -> None:
    name = f"backbone.layers.1.{tensor}"
    spoil = lambda weight: weight.view(-1)[3].fill_(value)
    model = with_weight(models[family], name, spoil, tmp_path)
    words = ["hf", model, "--tokens", "1,2", "--out", str(tmp_path / "t")]
    assert f"{name}: holds NaN or what FP16 cannot" in refused(capsys, tmp_path, words)


@pytest.mark.parametrize("family", ["mamba", "mamba2"])
def test_what_calibration_sees(family: str, models: Any, capsys: Any, tmp_path: Path) -> None:
    """Weights that are finite, and sums of them that are not."""
    name = "backbone.layers.1.mixer.in_proj"
    model = with_weight(models[family], f"{name}.weight", stretch, tmp_path)
    words = ["hf", model, "--tokens", "1,2,3,4", "--out", str(tmp_path / "t")]
    assert f"{name} output: holds NaN or what FP16 cannot" in refused(capsys, tmp_path, words)


def test_what_goes_into_the_trace(models: Any, capsys: Any, tmp_path: Path) -> None:
    """No observer watches what out_proj makes."""
    at = "backbone.layers.0.mixer."
    louder = with_weight(models["mamba"], f"{at}D", lambda d: d.mul_(1000), tmp_path / "louder")
    model = with_weight(Path(louder), f"{at}out_proj.weight", stretch, tmp_path)
    words = ["hf", model, "--tokens", "1,2,3,4", "--out", str(tmp_path / "t")]
    assert main(words) == 0
    (tmp_path / "t").unlink()
    capsys.readouterr()
    printed = refused(capsys, tmp_path, [*words, "--layers", "1:2"])
    assert "trace.input.hidden: holds NaN or what FP16 cannot" in printed


def test_a_state_to_start_from() -> None:
    """A code of NaN would be some number."""
    ran = object.__new__(Recording)
    ran.in_proj_outputs = {0: torch.zeros(1, 4, 8)}
    ran.cache = SimpleNamespace(ssm_states=[torch.full((1, 8, 2), float("nan"))])
    scale = SimpleNamespace(scale=lambda: 1.0)
    seen = SimpleNamespace(conv_input=lambda x: x, conv_scales=lambda: torch.ones(8), state=scale)
    with pytest.raises(CaptureError, match="state of layer 0: holds NaN"):
        ran.states(0, seen)
