"""What cannot be captured is told in one line with status 2, and nothing is written."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, List

import pytest
from mambasic_capture.cli import main
from transformers import MambaModel


def refused(capsys: Any, folder: Path, words: List[str]) -> str:
    """The line; `folder` must not have gained a file."""
    before = sorted(folder.iterdir())
    assert main(words) == 2
    assert sorted(folder.iterdir()) == before
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    return printed.err


def changed(model: Path, folder: Path, **keys: Any) -> Path:
    """A copy of a model whose config.json says something else."""
    copy = folder / "model"
    shutil.copytree(model, copy)
    config = json.loads((copy / "config.json").read_text())
    config.update(keys)
    (copy / "config.json").write_text(json.dumps(config))
    return copy


@pytest.mark.parametrize(
    "family, keys, words",
    [
        ("mamba", {"hidden_act": "gelu"}, "hidden_act is gelu, must be silu"),
        ("mamba", {"use_bias": True}, "use_bias is True, must be False"),
        ("mamba", {"conv_kernel": 3}, "conv_kernel is 3, must be 4"),
        ("mamba2", {"n_groups": 2}, "n_groups is 2, must be 1"),
        ("mamba2", {"time_step_limit": [0.0, 0.1]}, "time_step_limit is [0.0, 0.1]"),
        ("mamba", {"model_type": "gpt2"}, 'is a "gpt2" model; valid are mamba and mamba2'),
        ("mamba", {"model_type": ["mamba"]}, 'is a ["mamba"] model; valid are mamba and mamba2'),
        ("mamba", {"hidden_size": "384"}, 'hidden_size is "384", must be a whole number above 0'),
        ("mamba", {"hidden_size": 192, "intermediate_size": 384}, "mismatch for backbone.emb"),
        ("mamba", {"vocab_size": 255}, "size mismatch for backbone.embeddings.weight"),
        ("mamba", {"num_hidden_layers": 0}, "num_hidden_layers is 0, must be a whole number"),
        ("mamba", {"num_hidden_layers": True}, "num_hidden_layers is true, must be a whole"),
        ("mamba", {"num_hidden_layers": 1}, "has backbone.layers.1.mixer.A_log, for which"),
        ("mamba", {"num_hidden_layers": 10**9}, "the files hold"),
        ("mamba", {"vocab_size": 1 << 62}, "the files hold"),
        ("mamba", {"time_step_rank": 1 << 40}, "the files hold"),
        ("mamba", {"state_size": None}, "state_size is null, must be a whole number above 0"),
        ("mamba", {"intermediate_size": 7}, "intermediate_size is 7, must be expand times"),
        ("mamba", {"layer_norm_epsilon": "1e-5"}, 'layer_norm_epsilon is "1e-5", must be a number'),
        ("mamba", {"layer_norm_epsilon": -1}, "layer_norm_epsilon is -1, must be a number above"),
        ("mamba", {"use_conv_bias": "x"}, 'use_conv_bias is "x", must be true or false'),
        ("mamba2", {"chunk_size": 0}, "chunk_size is 0, must be a whole number above 0"),
        ("mamba2", {"chunk_size": 1 << 30}, "chunk_size is 1073741824, must be at most 65536"),
        ("mamba2", {"head_dim": {}}, "head_dim is {}, must be a whole number above 0"),
        ("mamba2", {"time_step_limit": 3}, "time_step_limit is 3; dt is never clamped here"),
    ],
)
def test_a_model_that_the_accelerator_does_not_compute(
    family: str, keys: Any, words: str, models: Any, capsys: Any, tmp_path: Path
) -> None:
    model = changed(models[family], tmp_path, **keys)
    out = str(tmp_path / "t.safetensors")
    assert words in refused(capsys, tmp_path, ["hf", str(model), "--tokens", "1,2", "--out", out])


@pytest.mark.parametrize(
    "options, words",
    [
        (["--tokens", "1,2,300"], "token 300 is not in the vocabulary of 256"),
        (["--tokens", "1," * 2000 + "300"], "token 300 is not in the vocabulary of 256"),
        (["--tokens", "1,x"], "'x' is no token id"),
        (["--tokens", "1,2", "--length", "3"], "2 tokens are too few for 1 sequence of 3"),
        (["--tokens", ""], "0 tokens are too few"),
        (["--tokens", "1,2", "--layers", "1:3"], "the model has layers 0:2"),
        (["--tokens", "1,2", "--layers", "1"], "must be FIRST:END"),
        (["--tokens", "1,2", "--prompt", "1"], "goes with --phase decode"),
        (["--tokens", "1,2", "--phase", "decode", "--prompt", "2"], "leave none"),
        (["--text", "/no/such/file"], "/no/such/file: cannot be read"),
        (["--text", __file__], "has no tokenizer"),
        ([], "one of the arguments --text --tokens is required"),
        (["--tokens", "1", "--sequences", "0"], "must be a whole number above 0"),
    ],
)
def test_options_that_do_not_fit(
    options: List[str], words: str, models: Any, capsys: Any, tmp_path: Path
) -> None:
    out = str(tmp_path / "t.safetensors")
    command = ["hf", str(models["mamba"]), "--out", out, *options]
    assert words in refused(capsys, tmp_path, command)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "config.json: cannot be read"),
        ("{", "config.json: cannot be read"),
        ("[" * 100000, "config.json: cannot be read"),
        ("[1, 2]", "config.json: must hold an object"),
        ("{}", "config.json: has no model_type; valid are mamba and mamba2"),
        ('{"model_type": "mamba"}', "config.json: has no hidden_size"),
    ],
)
def test_a_configuration_of_nonsense(
    text: str, words: str, models: Any, capsys: Any, tmp_path: Path
) -> None:
    model = changed(models["mamba"], tmp_path)
    (model / "config.json").write_text(text)
    command = ["hf", str(model), "--tokens", "1,2", "--out", str(tmp_path / "t")]
    assert words in refused(capsys, tmp_path, command)


def test_a_folder_without_weights(models: Any, capsys: Any, tmp_path: Path) -> None:
    model = changed(models["mamba"], tmp_path)
    (model / "model.safetensors").unlink()
    command = ["hf", str(model), "--tokens", "1,2", "--out", str(tmp_path / "t")]
    assert "has no weights" in refused(capsys, tmp_path, command)


def test_what_breaks_only_when_the_model_runs(
    models: Any, capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    def fail(*_tokens: Any, **_options: Any) -> None:
        raise RuntimeError("shapes do not fit\nand more")

    monkeypatch.setattr(MambaModel, "forward", fail)
    command = ["hf", str(models["mamba"]), "--tokens", "1,2", "--out", str(tmp_path / "t")]
    line = refused(capsys, tmp_path, command)
    assert line.endswith(f"{models['mamba']}: cannot be run: shapes do not fit\n")


def contents(folder: Path) -> Any:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("link", [None, "symlink", "hard link"])
@pytest.mark.parametrize("name", ["model/config.json", "model/model.safetensors", "ids", "text"])
def test_an_output_that_is_read(
    name: str, link: Any, models: Any, capsys: Any, tmp_path: Path
) -> None:
    model = changed(models["mamba"], tmp_path)
    (tmp_path / "ids").write_text("1,2,3")
    (tmp_path / "text").write_text("some words")
    out = tmp_path / name
    if link is not None:
        out = tmp_path / "link"
        (os.symlink if link == "symlink" else os.link)(tmp_path / name, out)
    before = contents(tmp_path)
    words = ["--tokens", str(tmp_path / "ids"), "--calibrate", str(tmp_path / "text")]
    line = refused(capsys, tmp_path, ["hf", str(model), *words, "--out", str(out)])
    assert f"{out}: is read by this capture" in line
    assert contents(tmp_path) == before


def test_a_folder_that_holds_no_model(capsys: Any, tmp_path: Path) -> None:
    words = ["hf", str(tmp_path), "--tokens", "1", "--out", str(tmp_path / "t")]
    assert "has no config.json" in refused(capsys, tmp_path, words)


def test_names_that_are_too_long_for_a_file(models: Any, capsys: Any, tmp_path: Path) -> None:
    name, model, out = "x" * 5000, str(models["mamba"]), str(tmp_path / "t")
    for words in (["hf", name], ["quamba", name]):
        refused(capsys, tmp_path, [*words, "--tokens", "1", "--out", out])
    refused(capsys, tmp_path, ["hf", model, "--text", name, "--out", out])
    refused(capsys, tmp_path, ["hf", model, "--tokens", "1", "--out", name])


def test_weights_that_are_missing(models: Any, capsys: Any, tmp_path: Path) -> None:
    model = changed(models["mamba"], tmp_path, num_hidden_layers=3)
    words = ["hf", str(model), "--tokens", "1", "--out", str(tmp_path / "t")]
    assert "has no weights for backbone.layers.2" in refused(capsys, tmp_path, words)


def test_a_place_that_cannot_be_written(models: Any, capsys: Any, tmp_path: Path) -> None:
    out = str(tmp_path / "no" / "t.safetensors")
    words = ["hf", str(models["mamba"]), "--tokens", "1", "--out", out]
    assert "cannot be written" in refused(capsys, tmp_path, words)


@pytest.mark.parametrize("kept, words", [(-1000, "cannot be loaded"), (5000, "hold 5000 bytes")])
def test_weights_that_are_cut_off(
    kept: int, words: str, models: Any, capsys: Any, tmp_path: Path
) -> None:
    model = changed(models["mamba"], tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    command = ["hf", str(model), "--tokens", "1", "--out", str(tmp_path / "t")]
    assert words in refused(capsys, tmp_path, command)


@pytest.mark.parametrize(
    "kind, file, content",
    [
        ("PreTrainedTokenizerFast", "tokenizer.json", '{"added_tokens": [], "model": 5}'),
        ("LlamaTokenizer", "tokenizer.model", "no model"),  # sentencepiece may be missing, too
    ],
)
def test_a_tokenizer_that_cannot_be_read(
    kind: str, file: str, content: str, models: Any, capsys: Any, tmp_path: Path
) -> None:
    model = changed(models["mamba"], tmp_path)
    (model / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    (model / file).write_text(content)
    words = ["hf", str(model), "--text", __file__, "--out", str(tmp_path / "t")]
    assert "has no tokenizer that can be read" in refused(capsys, tmp_path, words)
