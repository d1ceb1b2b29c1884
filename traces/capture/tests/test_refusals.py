"""What cannot be captured is told in one line with status 2, and nothing is written."""

import json
import shutil
from pathlib import Path
from typing import Any, List

import pytest
from mambasic_capture.cli import main


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
        ("mamba2", {"time_step_limit": [0.0, 0.1]}, "time_step_limit is 0.0, 0.1"),
        ("mamba", {"model_type": "gpt2"}, "is a 'gpt2' model; valid are mamba and mamba2"),
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
        (["--tokens", "1,2", "--length", "3"], "2 tokens are too few for 1 sequences of 3"),
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


def test_weights_that_are_cut_off(models: Any, capsys: Any, tmp_path: Path) -> None:
    model = changed(models["mamba"], tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    words = ["hf", str(model), "--tokens", "1", "--out", str(tmp_path / "t")]
    assert "cannot be loaded" in refused(capsys, tmp_path, words)


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
