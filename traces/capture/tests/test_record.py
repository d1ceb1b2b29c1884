"""A recording of upstream's results, with a stand-in for upstream (fake_quamba.py)."""

import sys
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import fake_quamba
import pytest
import torch
from conftest import dumped, listed
from mambasic_capture.cli import main
from quamba_files import config, load_trace, state_dict, tokens_of, write_checkpoint

Mambasic = Callable[..., str]
CASES = {"tiny": "W8A8QMamba", "tiny2": "W8A8QMamba2"}


def checkpoint_of(mambasic: Mambasic, network: str, folder: Path) -> Tuple[Path, Dict[str, Any]]:
    plain = folder / "plain.safetensors"
    words = ["--model", network, "--phase", "prefill", "--tokens", "9", "--record", "none"]
    mambasic("trace", "synth", *words, "--out", plain)
    trace = load_trace(plain)
    settings = config(CASES[network], 2, {"chunk_size": 8})
    checkpoint = write_checkpoint(folder / "checkpoint", state_dict(trace), settings)
    return checkpoint, trace


def recorded(checkpoint: Path, trace: Dict[str, Any], folder: Path) -> Tuple[Path, Path]:
    out, reference = folder / "made.safetensors", folder / "reference.safetensors"
    words = ["quamba", str(checkpoint), "--tokens", listed(tokens_of(trace)), "--out", str(out)]
    assert main([*words, "--record", str(reference)]) == 0
    return out, reference


@pytest.mark.parametrize("network", CASES)
def test_every_tensor_is_where_the_trace_has_it(
    network: str, mambasic: Mambasic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, trace = checkpoint_of(mambasic, network, tmp_path)
    made = dumped(mambasic, tmp_path / "plain.safetensors", tmp_path)
    fake_quamba.install(monkeypatch, made)
    out, reference = recorded(checkpoint, trace, tmp_path)
    own = ("scan.carry", "norm_f.residual")  # upstream shows neither
    wanted = {name: value for name, value in made.items() if not name.endswith(own)}
    kept = load_trace(reference)
    assert kept.keys() == wanted.keys()
    for name, value in wanted.items():
        assert kept[name].dtype == value.dtype and torch.equal(kept[name], value), name
    assert "EQUAL" in mambasic("check", "--trace", out, "--against", reference)


def test_without_quamba_it_says_so(mambasic: Mambasic, tmp_path: Path, capsys: Any) -> None:
    assert "quamba" not in sys.modules
    out = tmp_path / "t"
    words = ["quamba", str(tmp_path), "--tokens", "1", "--out", str(out)]
    assert main([*words, "--record", str(tmp_path / "r")]) == 2
    assert "--record needs the quamba package" in capsys.readouterr().err


def test_the_reference_does_not_replace_the_trace(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    words = ["quamba", str(tmp_path), "--tokens", "1", "--out", str(tmp_path / "folder" / "t")]
    for same in (tmp_path / "folder" / "t", tmp_path / "link" / "t"):
        assert main([*words, "--record", str(same)]) == 2
        assert "--record and --out name the same file" in capsys.readouterr().err
