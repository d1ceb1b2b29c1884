"""Writes checkpoints as Quamba does (golden/spec/kernels.md 7.3 and 2.3, "Packed layout"), of the plain
weights that `mambasic trace synth` makes: strided int8, packed int4, Python floats, None."""

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, List

import torch
from safetensors.torch import load_file

NIBBLES = [0, 2, 4, 6, 1, 3, 5, 7]
CHANNELS = [0, 1, 8, 9, 16, 17, 24, 25]
W8_LINEARS = (
    "in_proj.weight",
    "x_proj.weight",
    "dt_proj.weight",
    "out_proj.weight",
    "lm_head.weight",
)


def as_int32(words: torch.Tensor) -> torch.Tensor:
    """The same 32 bits."""
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32)


def packed_weight(plain: torch.Tensor) -> torch.Tensor:
    """[n][k/2] bytes to [k/16][2n] words, element by element as the specification counts them."""
    codes = torch.stack([plain & 15, plain >> 4], -1).reshape(plain.shape[0], -1).to(torch.int64)
    count, depth = codes.shape
    row = torch.arange(depth // 16)[:, None]
    column = torch.arange(2 * count)[None, :]
    block, lane, part = column // 128, column % 128 // 4, column % 4
    words = torch.zeros(depth // 16, 2 * count, dtype=torch.int64)
    for place, m in enumerate(NIBBLES):
        k = 16 * row + 4 * (lane % 4) + m % 4
        n = 64 * block + 16 * part + lane // 4 + 8 * (m // 4)
        words += codes[n.expand_as(words), k.expand_as(words)] << (4 * place)
    return as_int32(words)


def permuted_groups(plain: torch.Tensor) -> torch.Tensor:
    at = torch.arange(plain.shape[1])
    inside = at % 64
    return plain[:, at - inside + inside // 8 + 8 * (inside % 8)].contiguous()


def permuted_channels(plain: torch.Tensor) -> torch.Tensor:
    at = torch.arange(plain.shape[1])
    inside = at % 32
    within = 2 * (inside // 8) + torch.tensor(CHANNELS)[inside % 8]
    return plain[:, at - inside + within].contiguous()


def packed_embedding(plain: torch.Tensor) -> torch.Tensor:
    codes = torch.stack([plain & 15, plain >> 4], -1).reshape(plain.shape[0], -1, 8)
    words = torch.zeros(codes.shape[:2], dtype=torch.int64)
    for place, element in enumerate(NIBBLES):
        words += codes[..., element].to(torch.int64) << (4 * place)
    return as_int32(words)


def state_dict(trace: Dict[str, torch.Tensor]) -> Dict[str, Any]:
    """With upstream's keys; those of a trace that are its own are left out."""
    out: Dict[str, Any] = {}
    for key, value in trace.items():
        if not key.startswith("trace."):
            out[key] = upstreams(key, value)
    for key in list(out):
        if key.endswith("conv1d.x_out_scales") and out[key].numel() == 1:
            strip_shapes(out, key[: -len("conv1d.x_out_scales")])
        if key.endswith("s_channel"):
            linear = key[: -len("s_channel")]
            out[f"{linear}workspace"] = torch.zeros(out[key].shape[1] // 4, dtype=torch.int32)
        if key.endswith("qchunk_scan.A_log"):
            add_copies(out, key[: -len("qchunk_scan.A_log")])
    return out


def upstreams(key: str, value: torch.Tensor) -> Any:
    if value.dtype == torch.float64:
        return value.item()
    if value.dtype == torch.int8 and key.endswith(W8_LINEARS):
        return value.t()
    if value.dtype == torch.uint8:
        return packed_embedding(value) if "embedding" in key else packed_weight(value)
    if key.endswith("s_group"):
        return permuted_groups(value)
    if key.endswith("s_channel"):
        return permuted_channels(value)
    return value


def strip_shapes(out: Dict[str, Any], mixer: str) -> None:
    """Without groups upstream keeps what its observers gave: scalars."""
    for name in ("conv1d.x_out", "conv1d.B_out", "conv1d.C_out"):
        out[f"{mixer}{name}_scales"] = out[f"{mixer}{name}_scales"].reshape(())
    states = f"{mixer}qchunk_scan.ssm_state_scale"
    out[states] = out[states].reshape(())


def add_copies(out: Dict[str, Any], mixer: str) -> None:
    """What the SSD module keeps once more, and the gated norm's missing scale."""
    for name in ("x_head_group_range", "x_dim_group_range"):
        if f"{mixer}conv1d.{name}" in out:
            out[f"{mixer}qchunk_scan.{name}"] = out[f"{mixer}conv1d.{name}"]
    for name in "xBC":
        copy = "x_scales" if name == "x" else f"{name}_scale"
        out[f"{mixer}qchunk_scan.{copy}"] = out[f"{mixer}conv1d.{name}_out_scales"].clone()
    out[f"{mixer}norm.output_scale"] = None


def config(mixer: str, layers: int, ssm: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "d_model": 0,  # nobody reads it: shapes tell
        "n_layer": layers,
        "vocab_size": 50277,
        "ssm_cfg": {"layer": mixer, **ssm},
        "rms_norm": True,
        "residual_in_fp32": True,
        "fused_add_norm": True,
        "pad_vocab_size_multiple": 16,
        "tie_embeddings": False,
        "norm_cfg": {"norm": "QRMSNorm"},
        "is_hybrid": False,
    }


def write_checkpoint(folder: Path, entries: Dict[str, Any], settings: Dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    saved = OrderedDict(entries)
    saved._metadata = OrderedDict({"": {"version": 1}})  # as nn.Module.state_dict has it
    torch.save(saved, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


def tokens_of(trace: Dict[str, torch.Tensor]) -> List[int]:
    return trace["trace.tokens"].flatten().tolist()


def load_trace(path: Path) -> Dict[str, torch.Tensor]:
    return load_file(path)
