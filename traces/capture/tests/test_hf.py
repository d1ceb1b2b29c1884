"""A Hugging Face model's trace against the model itself: what golden makes of the trace must come near
what PyTorch makes of the untouched model, and nearer with more bits."""

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import torch
from conftest import dumped, listed, sqnr_db
from mambasic_capture.cli import main
from mambasic_capture.hadamard import hadamard
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

Mambasic = Callable[..., str]
FAMILIES = ("mamba", "mamba2")
# dB that a layer reaches that was given the float model's own input. Measured: 24.9 to 28.9 and 10.8 to
# 13.8; PyTorch with every activation and weight rounded to 8 bits says 25.2 where golden says 24.9.
LEAST_DB = {"w8a8": 23.0, "w4a8": 9.5}
GAIN_DB = 10.0  # of 8-bit weights over 4-bit ones
LOGITS_DB = 18.0  # through all layers, 8 bits; measured: 26.2 and 21.0


def original(folder: Path, tokens: List[int]) -> Dict[str, Any]:
    """Each mixer's output, and the logits, of the model as it was saved; not rotated."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    made: Dict[str, Any] = {}
    for index, block in enumerate(model.backbone.layers):

        def keep(_module: Any, _inputs: Any, output: Any, key: int = index) -> None:
            made[str(key)] = output.detach()

        block.mixer.register_forward_hook(keep)
    with torch.no_grad():
        made["logits"] = model(torch.tensor([tokens]), use_cache=False).logits
    return made


def capture(folder: Path, tokens: List[int], out: Path, *options: str) -> Path:
    assert main(["hf", str(folder), "--tokens", listed(tokens), "--out", str(out), *options]) == 0
    return out


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_approaches_the_float_one_as_weights_get_more_bits(
    family: str, layer: int, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    wanted = hadamard(original(models[family], tokens)[str(layer)])
    one = ["--layers", f"{layer}:{layer + 1}"]
    reached: Dict[str, float] = {}
    for precision, least in LEAST_DB.items():
        out = tmp_path / f"{precision}.safetensors"
        trace = capture(models[family], tokens, out, "--precision", precision, *one)
        made = dumped(mambasic, trace, tmp_path)[f"trace.layers.{layer}.out_proj.output"]
        reached[precision] = sqnr_db(wanted, made)
        assert reached[precision] > least
    assert reached["w8a8"] > reached["w4a8"] + GAIN_DB


@pytest.mark.parametrize("precision", ["w8a8", "w4a8"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_whole_model_is_valid_and_checks(
    family: str, precision: str, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    out = tmp_path / "t.safetensors"
    trace = capture(models[family], tokens, out, "--precision", precision)
    mambasic("trace", "validate", trace)
    assert "EQUAL" in mambasic("check", "--trace", trace)


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_come_near_the_float_models(
    family: str, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    wanted = original(models[family], tokens)["logits"][:, -1:]
    made = dumped(mambasic, capture(models[family], tokens, tmp_path / "t.safetensors"), tmp_path)
    assert sqnr_db(wanted, made["trace.lm_head.output"]) > LOGITS_DB


@pytest.mark.parametrize("family", FAMILIES)
def test_outputs_approach_the_float_model_as_x_gets_more_bits(
    family: str, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    wanted = hadamard(original(models[family], tokens)["0"])
    trace = capture(models[family], tokens, tmp_path / "t.safetensors")
    narrow = tmp_path / "int5.safetensors"
    mambasic("calibrate", "--trace", trace, "--scheme", "int5", "--out", narrow)
    reached = []
    for scheme, of in (("int5", narrow), ("quamba1", trace), ("fp32-ssm-input", trace)):
        made = dumped(mambasic, of, tmp_path, "--scheme", scheme)
        reached.append(sqnr_db(wanted, made["trace.layers.0.out_proj.output"]))
    assert reached[0] + 1 < reached[1] < reached[2], reached


@pytest.mark.parametrize("family", FAMILIES)
def test_a_table_of_scales_is_made_of_a_captured_trace(
    family: str, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    trace = capture(models[family], tokens, tmp_path / "t.safetensors", "--sequences", "2")
    grouped = tmp_path / "grouped.safetensors"
    mambasic("trace", "group", trace, "--groups", "4x4", "--out", grouped)
    assert "EQUAL" in mambasic("check", "--trace", grouped)


@pytest.mark.parametrize("family", FAMILIES)
def test_decode_goes_on_from_the_states_of_the_prompt(
    family: str, models: Any, tokens: List[int], mambasic: Mambasic, tmp_path: Path
) -> None:
    wanted = hadamard(original(models[family], tokens)["0"])[:, 40:]
    trace = capture(
        models[family], tokens, tmp_path / "t.safetensors", "--phase", "decode", "--prompt", "40"
    )
    mambasic("trace", "validate", trace)
    assert "EQUAL" in mambasic("check", "--trace", trace)
    made = dumped(mambasic, trace, tmp_path)["trace.layers.0.out_proj.output"]
    assert sqnr_db(wanted, made) > 15


def test_float_outputs_are_the_models(models: Any, tokens: List[int], tmp_path: Path) -> None:
    wanted = original(models["mamba"], tokens)
    trace = capture(models["mamba"], tokens, tmp_path / "t.safetensors", "--float-outputs")
    kept = load_file(trace)
    for layer in ("0", "1"):  # weights are rounded to FP16, hence not the same
        made = kept[f"trace.extra.float.layers.{layer}.out_proj.output"]
        assert sqnr_db(hadamard(wanted[layer]), made) > 55


def test_the_same_model_gives_the_same_bytes(
    models: Any, tokens: List[int], tmp_path: Path
) -> None:
    one = capture(models["mamba2"], tokens, tmp_path / "a.safetensors")
    two = capture(models["mamba2"], tokens, tmp_path / "b.safetensors")
    assert one.read_bytes() == two.read_bytes()
