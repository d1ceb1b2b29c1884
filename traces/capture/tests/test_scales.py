"""Scales of a trace against the activations of the untouched model, by a route of their own: the hooks
of its modules. One sample, so that a percentile is the quantile itself. What the rotation of the residual
stream turns (norm's output) is compared after turning it."""

import math
from pathlib import Path
from typing import Any, Dict, List

import pytest
import torch
from conftest import listed
from mambasic_capture.cli import main
from mambasic_capture.hadamard import hadamard
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

CLOSE = 0.01  # weights are rounded to FP16, and so are statistics
LAST = 1


def seen(folder: Path, tokens: List[int]) -> Dict[str, Any]:
    """Inputs and outputs, "MODULE<" and "MODULE>", of the last layer's modules; and its state."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    mixer = model.backbone.layers[LAST].mixer
    made: Dict[str, Any] = {"mixer": mixer}
    for name, module in mixer.named_modules():

        def keep(_module: Any, inputs: Any, output: Any, key: str = name) -> None:
            made[f"{key}<"], made[f"{key}>"] = inputs[0].detach(), output.detach()

        module.register_forward_hook(keep)
    with torch.no_grad():
        cache = model.backbone(torch.tensor([tokens]), use_cache=True).cache_params
    made["state"] = cache.ssm_states[LAST]
    return made


def scales(folder: Path, tokens: List[int], out: Path) -> Dict[str, float]:
    """All scalars of the last layer, by the end of their names."""
    assert main(["hf", str(folder), "--tokens", listed(tokens), "--out", str(out)]) == 0
    prefix = f"backbone.layers.{LAST}."
    return {
        name[len(prefix) :]: value.item()
        for name, value in load_file(out).items()
        if name.startswith(prefix) and value.numel() == 1
    }


def largest(values: torch.Tensor) -> float:
    return values.abs().max().item() / 127


def percentile(values: torch.Tensor) -> float:
    return torch.quantile(values.abs().flatten(), 0.9995).item() / 127


def normed(given: Dict[str, Any]) -> torch.Tensor:
    """The norm's output before its weight, rotated."""
    value = given["in_proj<"]
    return hadamard(value / given["norm_weight"])


def require_close(got: Dict[str, float], wanted: Dict[str, float]) -> None:
    for name, value in wanted.items():
        assert math.isclose(got[name], value, rel_tol=CLOSE), f"{name}: {got[name]}, not {value}"


@pytest.fixture(name="norm_weights")
def norm_weights_fixture(models: Any) -> Dict[str, torch.Tensor]:
    key = f"backbone.layers.{LAST}.norm.weight"
    return {
        family: load_file(folder / "model.safetensors")[key] for family, folder in models.items()
    }


def test_of_mamba(models: Any, tokens: List[int], norm_weights: Any, tmp_path: Path) -> None:
    made = seen(models["mamba"], tokens)
    made["norm_weight"] = norm_weights["mamba"]
    xz, dt_b_c = largest(made["in_proj>"]), largest(made["x_proj>"])
    x, dt = percentile(made["x_proj<"]), largest(made["dt_proj>"] - made["mixer"].dt_proj.bias)
    state, rotated = percentile(made["state"]), largest(hadamard(made["out_proj<"]))
    require_close(
        scales(models["mamba"], tokens, tmp_path / "t.safetensors"),
        {
            "norm.output_scale": largest(normed(made)),
            "mixer.in_proj.a": largest(normed(made)) / xz,
            "mixer.conv1d.input_scale": xz,
            "mixer.conv1d.output_scale": x,
            "mixer.x_proj.a": x / dt_b_c,
            "mixer.dt_proj.a": dt_b_c / dt,
            "mixer.out_proj.a": rotated,
            "mixer.had.x_H_scale": rotated,
            "mixer.selective_scan.u_scale": x,
            "mixer.selective_scan.dt_scale": dt,
            "mixer.selective_scan.B_scale": dt_b_c,
            "mixer.selective_scan.C_scale": dt_b_c,
            "mixer.selective_scan.z_scale": xz,
            "mixer.selective_scan.ssm_state_scale": state,
            "mixer.selective_scan.D_scale": largest(made["mixer"].D.detach()),
            "mixer.selective_scan.A_scale": largest(made["mixer"].A_log.detach()),
            "mixer.selective_scan.dt_bias_scale": largest(made["mixer"].dt_proj.bias.detach()),
            "mixer.conv1d.weight_scale": largest(made["mixer"].conv1d.weight.detach()),
            "mixer.conv1d.bias_scale": largest(made["mixer"].conv1d.bias.detach()),
        },
    )


def test_of_mamba2(models: Any, tokens: List[int], norm_weights: Any, tmp_path: Path) -> None:
    made = seen(models["mamba2"], tokens)
    made["norm_weight"] = norm_weights["mamba2"]
    wide, narrow = 256, 16
    before = made["in_proj>"].split([wide, wide, narrow, narrow, 16], -1)
    conv = made["conv1d>"][..., : len(tokens)].transpose(1, 2)
    after = torch.nn.functional.silu(conv).split([wide, narrow, narrow], -1)
    weights = made["mixer"].conv1d.weight.detach().split([wide, narrow, narrow])
    wanted = {
        "norm.output_scale": largest(normed(made)),
        "mixer.in_proj.a": largest(normed(made)),
        "mixer.norm.z_scale": largest(before[0]),
        "mixer.conv1d.x_out_scales": percentile(after[0]),
        "mixer.conv1d.B_out_scales": largest(after[1]),
        "mixer.conv1d.C_out_scales": largest(after[2]),
        "mixer.qchunk_scan.dt_scale": largest(before[4]),
        "mixer.qchunk_scan.ssm_state_scale": percentile(made["state"]),
        "mixer.had.x_H_scale": largest(hadamard(made["out_proj<"])),
        "mixer.out_proj.a": largest(hadamard(made["out_proj<"])),
    }
    for i, name in enumerate("xBC"):
        wanted[f"mixer.conv1d.{name}_scale"] = largest(before[i + 1])
        wanted[f"mixer.conv1d.w{name}_scale"] = largest(weights[i])
    require_close(scales(models["mamba2"], tokens, tmp_path / "t.safetensors"), wanted)
