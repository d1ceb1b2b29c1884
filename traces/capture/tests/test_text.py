"""A text goes through the model's own tokenizer."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import listed
from mambasic_capture.cli import main
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast

WORDS = [f"w{i}" for i in range(256)]


@pytest.fixture(name="model")
def model_fixture(models: Any, tmp_path: Path) -> Path:
    """With a tokenizer whose token i is the word w{i}."""
    folder = tmp_path / "model"
    shutil.copytree(models["mamba2"], folder)
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="w0"))
    words.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0").save_pretrained(folder)
    return folder


def test_a_text_gives_the_same_bytes_as_its_tokens(model: Path, tmp_path: Path) -> None:
    tokens = [5, 77, 200, 5, 31]
    text = tmp_path / "text"
    text.write_text(" ".join(WORDS[token] for token in tokens))
    ids = tmp_path / "ids"
    ids.write_text("\n".join(map(str, tokens)))
    sources = {"a": ["--text", text], "b": ["--tokens", listed(tokens)], "c": ["--tokens", ids]}
    made = []
    for name, source in sources.items():
        out = tmp_path / name
        assert main(["hf", str(model), *map(str, source), "--out", str(out)]) == 0
        made.append(out.read_bytes())
    assert made[0] == made[1] == made[2]


def test_scales_are_of_the_text_to_calibrate_on(model: Path, tmp_path: Path) -> None:
    """What runs stays what it is; scales of B grow with the tokens that are seen."""
    text = tmp_path / "text"
    text.write_text(" ".join(WORDS))
    scales = []
    for out, more in ((tmp_path / "a", []), (tmp_path / "b", ["--calibrate", str(text)])):
        assert main(["hf", str(model), "--tokens", "1,2", "--out", str(out), *more]) == 0
        made = load_file(out)
        assert made["trace.tokens"].tolist() == [[1, 2]]
        scales.append(made["backbone.layers.0.mixer.conv1d.B_scale"].item())
    assert scales[1] > scales[0]


def test_samples_are_as_many_and_as_long_as_asked_for(model: Path, tmp_path: Path) -> None:
    """The first 2 samples of 3 tokens are the first 6 tokens, in pieces."""
    tokens = list(range(1, 31))
    made = []
    for name, given in (("a", tokens), ("b", tokens[:6])):
        out = tmp_path / name
        words = ["hf", str(model), "--tokens", listed(given), "--length", "2", "--out", str(out)]
        assert main([*words, "--samples", "2", "--sample-tokens", "3"]) == 0
        made.append(out.read_bytes())
    assert made[0] == made[1]
