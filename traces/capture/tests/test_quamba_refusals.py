"""What is no checkpoint that a trace can hold is told in one line, and no code of it is run."""

from pathlib import Path
from typing import Any, Dict

import pytest
import torch
from mambasic_capture.cli import main
from quamba_files import config, load_trace, state_dict, write_checkpoint
from test_quamba import SMALL, Mambasic, synthesize


@pytest.fixture(scope="module", name="plain")
def plain_fixture(mambasic: Mambasic, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trace of Mamba2 in W4A8, with a table of scales."""
    return synthesize(mambasic, tmp_path_factory.mktemp("plain"), SMALL[3])


def spoiled(entries: Dict[str, Any], settings: Dict[str, Any], how: str) -> None:
    at = "backbone.layers.0.mixer."
    if how == "missing":
        del entries[f"{at}had.x_H_scale"]
    if how == "unknown":
        entries[f"{at}new_scale"] = 1.0
    if how == "type":
        entries[f"{at}conv1d.weight"] = entries[f"{at}conv1d.weight"].float()
    if how == "shape":
        entries[f"{at}conv1d.weight"] = entries[f"{at}conv1d.weight"][:, 0]
    if how == "none":
        entries[f"{at}conv1d.x_scale"] = None
    if how == "copy":
        entries[f"{at}qchunk_scan.B_scale"] = entries[f"{at}qchunk_scan.B_scale"] * 2
    if how == "layers":
        settings["n_layer"] = 3
    if how == "count":
        settings["n_layer"] = "two"
    if how == "hybrid":
        settings["is_hybrid"] = True
    if how == "mixer":
        settings["ssm_cfg"] = {"layer": "W4A16QMamba2"}
    if how == "no mixer":
        settings["ssm_cfg"] = {"layer": ["W4A8QMamba2"]}
    if how == "groups":
        settings["ssm_cfg"]["ngroups"] = None
    if how == "chunk":
        settings["ssm_cfg"]["chunk_size"] = "8"
    if how == "heads":
        entries[f"{at}qchunk_scan.dt_bias"] = torch.zeros(0, dtype=torch.float16)
    if how == "ranges":
        ranges = torch.zeros(4, dtype=torch.int32)
        for module in ("conv1d", "qchunk_scan"):
            entries[f"{at}{module}.x_dim_group_range"] = ranges
    if how == "rows":
        entries["backbone.embedding.scales"] = entries["backbone.embedding.scales"][:2]
    if how == "residual":
        settings["residual_in_fp32"] = False


@pytest.mark.parametrize(
    "how, words",
    [
        ("missing", "backbone.layers.0.mixer.had.x_H_scale: is missing"),
        ("unknown", "backbone.layers.0.mixer.new_scale: is not a key of this kind"),
        ("type", "conv1d.weight: is float32, must be int8"),
        ("shape", "conv1d.weight: has 1 dimensions, must have 2"),
        ("none", "conv1d.x_scale: is NoneType, must be a number"),
        ("copy", "qchunk_scan.B_scale: differs from the convolution's own"),
        ("layers", "backbone.layers.2.norm.weight: is missing"),
        ("count", "n_layer is two"),
        ("hybrid", "is_hybrid"),
        ("mixer", "ssm_cfg.layer is W4A16QMamba2; valid are W8A8QMamba"),
        ("no mixer", "ssm_cfg.layer is None; valid are W8A8QMamba"),
        ("groups", "ngroups is None, must be a whole number above 0"),
        ("chunk", "chunk_size is 8, must be a whole number above 0"),
        ("heads", "qchunk_scan.dt_bias: holds no head"),
        ("ranges", "conv1d.x_dim_group_range: has 1 dimensions, must have 3"),
        ("rows", "backbone.embedding.scales: has 2 rows, must have 256"),
        ("residual", "residual_in_fp32 is False, must be true"),
    ],
)
def test_what_is_no_such_checkpoint_is_refused(
    how: str, words: str, plain: Path, tmp_path: Path, capsys: Any
) -> None:
    trace = load_trace(plain)
    entries, settings = state_dict(trace), config("W4A8QMamba2", 2, {})
    spoiled(entries, settings, how)
    checkpoint = write_checkpoint(tmp_path / "checkpoint", entries, settings)
    out = tmp_path / "made.safetensors"
    assert main(["quamba", str(checkpoint), "--tokens", "1,2", "--out", str(out)]) == 2
    printed = capsys.readouterr().err
    assert words in printed and printed.count("\n") == 1
    assert not out.exists()


class Evil:
    """Pickles as a call."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (open, (str(self.file), "w"))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, capsys: Any) -> None:
    entries = {"backbone.norm_f.weight": Evil(tmp_path / "made")}
    folder = write_checkpoint(tmp_path / "c", entries, config("W8A8QMamba", 1, {}))
    assert main(["quamba", str(folder), "--tokens", "1", "--out", str(tmp_path / "t")]) == 2
    assert "which no tensor needs" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x80\x02c__main__\nf\n."])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path, capsys: Any) -> None:
    folder = write_checkpoint(tmp_path / "c", {}, config("W8A8QMamba", 1, {}))
    (folder / "pytorch_model.bin").write_bytes(content)
    words = ["quamba", str(folder), "--tokens", "1", "--out", str(tmp_path / "t")]
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert "cannot be read" in printed and printed.count("\n") == 1


def test_an_output_that_is_part_of_the_checkpoint(capsys: Any, tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "config.json"):
        (tmp_path / name).write_text("{}")
    for options in (["--out", "config.json"], ["--out", "t", "--record", "pytorch_model.bin"]):
        words = [word if word[0] == "-" else str(tmp_path / word) for word in options]
        assert main(["quamba", str(tmp_path), "--tokens", "1", *words]) == 2
        assert f"{words[-1]}: is read by this capture" in capsys.readouterr().err
    assert {path.read_text() for path in tmp_path.iterdir()} == {"{}"}
