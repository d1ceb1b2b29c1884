"""A Quamba checkpoint's trace must compute, to the bit, what the trace computes whose weights went into the
checkpoint by the specification's layout."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
import torch
from conftest import dumped, listed
from mambasic_capture.cli import main
from quamba_files import config, load_trace, state_dict, tokens_of, write_checkpoint

Mambasic = Callable[..., str]

# network, precision, scheme, layers, mixer's class, what of ssm_cfg no shape tells
SMALL: List[Tuple[str, str, str, int, str, Dict[str, Any]]] = [
    ("tiny", "w8a8", "quamba1", 2, "W8A8QMamba", {}),
    ("tiny-128", "w4a8", "quamba1", 2, "W4A8QMamba", {}),
    ("tiny2-g2", "w8a8", "quamba2", 2, "W8A8QMamba2", {"chunk_size": 8}),
    ("tiny2-g2", "w4a8", "quamba2", 2, "W4A8QMamba2", {"chunk_size": 8}),
    ("tiny2", "w8a8", "quamba1", 2, "W8A8QMamba2", {"chunk_size": 8}),
]
REAL = [
    ("mamba-130m", "w8a8", "quamba1", 1, "W8A8QMamba", {}),
    ("mamba2-130m", "w4a8", "quamba2", 1, "W4A8QMamba2", {}),
]
I8, I32, F16, F32 = torch.int8, torch.int32, torch.float16, torch.float32
NUMBER = float

# kernels.md 7.3: (type, shape, strides where they are not row by row) of one layer and the ends.
MAMBA_130M_W8A8: Dict[str, Any] = {
    "norm.weight": (F16, [768]),
    "norm.output_scale": NUMBER,
    "mixer.in_proj.weight": (I8, [768, 3072], (1, 768)),
    "mixer.conv1d.weight": (I8, [1536, 4]),
    "mixer.conv1d.bias": (I8, [1536]),
    "mixer.x_proj.weight": (I8, [1536, 80], (1, 1536)),
    "mixer.dt_proj.weight": (I8, [48, 1536], (1, 48)),
    "mixer.out_proj.weight": (I8, [1536, 768], (1, 1536)),
    "mixer.had.x_H_scale": NUMBER,
    "mixer.selective_scan.dt_bias": (I8, [1536]),
    "mixer.selective_scan.A_log": (I8, [1536, 16]),
    "mixer.selective_scan.D": (I8, [1536]),
    **{f"mixer.conv1d.{name}_scale": NUMBER for name in ("weight", "bias", "input", "output")},
    **{
        f"mixer.selective_scan.{name}_scale": (F32, [])
        for name in ("dt_bias", "A", "D", "u", "dt", "B", "C", "z", "ssm_state")
    },
}
for _linear in ("in_proj", "x_proj", "dt_proj", "out_proj"):
    MAMBA_130M_W8A8[f"mixer.{_linear}.a"] = MAMBA_130M_W8A8[f"mixer.{_linear}.b"] = (F32, [1, 1])
    MAMBA_130M_W8A8[f"mixer.{_linear}.alpha"] = NUMBER
MAMBA2_130M_W4A8: Dict[str, Any] = {
    "norm.weight": (F16, [768]),
    "norm.output_scale": NUMBER,
    "mixer.in_proj.weight": (I32, [48, 6784]),
    "mixer.in_proj.s_group": (F16, [6, 3392]),
    "mixer.in_proj.s_channel": (F32, [1, 3392]),
    "mixer.in_proj.input_scale": (F32, []),
    "mixer.in_proj.workspace": (I32, [848]),
    "mixer.conv1d.weight": (I8, [1792, 4]),
    "mixer.conv1d.bias": (I8, [1792]),
    "mixer.conv1d.x_head_group_range": (I32, [1, 4]),
    "mixer.conv1d.x_dim_group_range": (I32, [1, 4, 4]),
    "mixer.conv1d.x_out_scales": (F32, [1, 4, 4]),
    "mixer.conv1d.B_out_scales": (F32, [1]),
    "mixer.conv1d.C_out_scales": (F32, [1]),
    "mixer.qchunk_scan.B_scale": (F32, [1]),
    "mixer.qchunk_scan.C_scale": (F32, [1]),
    "mixer.qchunk_scan.x_head_group_range": (I32, [1, 4]),
    "mixer.qchunk_scan.x_dim_group_range": (I32, [1, 4, 4]),
    "mixer.qchunk_scan.x_scales": (F32, [1, 4, 4]),
    "mixer.qchunk_scan.dt_bias": (F16, [24]),
    "mixer.qchunk_scan.A_log": (I8, [24]),
    "mixer.qchunk_scan.D": (I8, [24]),
    "mixer.qchunk_scan.ssm_state_scale": (F32, [1, 4, 4, 128]),
    "mixer.norm.weight": (F16, [1536]),
    "mixer.norm.z_scale": NUMBER,
    "mixer.norm.output_scale": type(None),
    "mixer.had.x_H_scale": NUMBER,
    "mixer.out_proj.weight": (I32, [96, 1536]),
    "mixer.out_proj.s_group": (F16, [12, 768]),
    "mixer.out_proj.s_channel": (F32, [1, 768]),
    "mixer.out_proj.input_scale": (F32, []),
    "mixer.out_proj.workspace": (I32, [192]),
    **{f"mixer.qchunk_scan.{name}_scale": (F32, []) for name in ("A_log", "D", "dt")},
    **{
        f"mixer.conv1d.{name}_scale": NUMBER
        for name in ("x", "B", "C", "wx", "wB", "wC", "bx", "bB", "bC")
    },
}
ENDS_W8A8: Dict[str, Any] = {
    "backbone.embedding.weight": (I8, [50280, 768]),
    "backbone.embedding.scales": (F16, [50280]),
    "backbone.norm_f.weight": (F16, [768]),
    "backbone.norm_f.output_scale": NUMBER,
    "lm_head.weight": (I8, [768, 50288], (1, 768)),
    "lm_head.a": (F32, [1, 1]),
    "lm_head.b": (F32, [1, 1]),
    "lm_head.alpha": NUMBER,
}
ENDS_W4A8: Dict[str, Any] = {
    "backbone.embedding.weight": (I32, [50288, 96]),
    "backbone.embedding.scales": (F16, [50288]),
    "backbone.norm_f.weight": (F16, [768]),
    "backbone.norm_f.output_scale": NUMBER,
    "lm_head.weight": (I32, [48, 100608]),
    "lm_head.s_group": (F16, [6, 50304]),
    "lm_head.s_channel": (F32, [1, 50304]),
    "lm_head.input_scale": (F32, []),
    "lm_head.workspace": (I32, [12576]),
}


def described(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return type(value)
    if value.is_contiguous():
        return (value.dtype, list(value.shape))
    return (value.dtype, list(value.shape), value.stride())


@pytest.fixture(scope="module", name="synthesized")
def synthesized_fixture(
    mambasic: Mambasic, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Any], Path]:
    """A made-up model of a case, plain; each is made once."""
    made: Dict[Any, Path] = {}

    def synthesized(case: Any) -> Path:
        if case[:3] not in made:
            made[case[:3]] = synthesize(mambasic, tmp_path_factory.mktemp("plain"), case)
        return made[case[:3]]

    return synthesized


def synthesize(mambasic: Mambasic, folder: Path, case: Any) -> Path:
    network, precision, scheme, layers, _, _ = case
    out = folder / "plain.safetensors"
    words = ["--model", network, "--phase", "prefill", "--tokens", "6", "--layers", str(layers)]
    words += ["--precision", precision, "--scheme", scheme, "--record", "none", "--out", str(out)]
    mambasic("trace", "synth", *words)
    return out


def converted(checkpoint: Path, tokens: List[int], out: Path) -> Path:
    words = ["quamba", str(checkpoint), "--tokens", listed(tokens), "--out", str(out)]
    assert main(words) == 0
    return out


def require_same_bits(mambasic: Mambasic, folder: Path, one: Path, other: Path) -> None:
    wanted = dumped(mambasic, one, folder)
    made = dumped(mambasic, other, folder)
    assert wanted.keys() == made.keys()
    for name, tensor in wanted.items():
        assert torch.equal(tensor, made[name]), name


@pytest.mark.parametrize("case", SMALL + REAL, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_a_checkpoint_computes_what_its_weights_do(
    case: Any, synthesized: Any, mambasic: Mambasic, tmp_path: Path
) -> None:
    plain = synthesized(case)
    trace = load_trace(plain)
    settings = config(case[4], case[3], case[5])
    checkpoint = write_checkpoint(tmp_path / "checkpoint", state_dict(trace), settings)
    made = converted(checkpoint, tokens_of(trace), tmp_path / "made.safetensors")
    mambasic("trace", "validate", made)
    if case[5]:
        assert "chunk 8" in " ".join(mambasic("trace", "info", made).split())
    require_same_bits(mambasic, tmp_path, plain, made)


@pytest.mark.parametrize(
    "case, layer, ends",
    [(REAL[0], MAMBA_130M_W8A8, ENDS_W8A8), (REAL[1], MAMBA2_130M_W4A8, ENDS_W4A8)],
    ids=["mamba-130m", "mamba2-130m"],
)
def test_the_checkpoints_here_have_the_keys_of_the_real_ones(
    case: Any, layer: Any, ends: Any, synthesized: Any
) -> None:
    entries = state_dict(load_trace(synthesized(case)))
    wanted = {f"backbone.layers.0.{name}": what for name, what in layer.items()} | ends
    assert {name: described(value) for name, value in entries.items()} == wanted


@pytest.mark.parametrize("case", [SMALL[0], SMALL[3]], ids=["w8a8", "w4a8"])
def test_layers_alone_where_the_head_is_not_quantized(
    case: Any, synthesized: Any, mambasic: Mambasic, tmp_path: Path
) -> None:
    plain = synthesized(case)
    trace = load_trace(plain)
    entries = state_dict(trace)
    for name in [name for name in entries if name.startswith("lm_head.")]:
        del entries[name]
    entries["lm_head.weight"] = torch.zeros(256, 128, dtype=F16)
    del entries["backbone.norm_f.output_scale"]
    settings = config(case[4], case[3], case[5])
    checkpoint = write_checkpoint(tmp_path / "checkpoint", entries, settings)
    made = converted(checkpoint, tokens_of(trace), tmp_path / "made.safetensors")
    whole, layers = dumped(mambasic, plain, tmp_path), dumped(mambasic, made, tmp_path)
    assert torch.equal(load_trace(made)["trace.input.hidden"], whole["trace.embedding.output"])
    for name in layers:
        assert torch.equal(layers[name], whole[name]), name
