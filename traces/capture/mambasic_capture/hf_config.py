"""Reads config.json of a Hugging Face Mamba or Mamba2 model before anything is built of it: a size that is
no number, or is larger than the weights, would otherwise fail somewhere inside transformers."""

import json
import math
import os
from pathlib import Path
from typing import Any, Dict, Optional

from .errors import CaptureError, first_line

FAMILIES = ("mamba", "mamba2")
MAX_CHUNK = 1 << 16  # as in a trace

_COUNTS = {
    "mamba": ("hidden_size", "num_hidden_layers", "vocab_size", "state_size", "time_step_rank"),
    "mamba2": (
        *("hidden_size", "num_hidden_layers", "vocab_size", "state_size"),
        *("num_heads", "head_dim", "n_groups", "chunk_size"),
    ),
}
_NUMBERS = ("layer_norm_epsilon", "expand")
_TRUTHS = ("tie_word_embeddings", "use_conv_bias", "use_bias", "residual_in_fp32")
_WEIGHTS = (".safetensors", ".bin")
_REQUIRED = ("hidden_size", "num_hidden_layers", "vocab_size", "state_size")


def check_config(folder: str) -> None:
    """Raises CaptureError for what is no model of these families, or has a value of another type."""
    path = Path(folder) / "config.json"
    if not os.path.isfile(path):
        raise CaptureError(f"{folder}: has no config.json; name the folder of a saved model")
    config = _read(path)
    kind = config.get("model_type")
    if kind not in FAMILIES:
        shown = f"is a {_shown(kind)} model" if "model_type" in config else "has no model_type"
        raise CaptureError(f"{path}: {shown}; valid are mamba and mamba2")
    for key in _REQUIRED:
        if key not in config:
            raise CaptureError(f"{path}: has no {key}")
    for key in _COUNTS[kind]:
        _require_count(path, config, key)
    for key in _NUMBERS:
        _require_number(path, config, key)
    for key in _TRUTHS:
        if not isinstance(config.get(key, True), bool):
            raise CaptureError(f"{path}: {key} is {_shown(config[key])}, must be true or false")
    _require_inner(path, config)
    _require_weights(folder, config)


def _read(path: Path) -> Dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CaptureError(f"{path}: cannot be read: {first_line(error)}") from error
    if not isinstance(config, dict):
        raise CaptureError(f"{path}: must hold an object")
    return config


def _shown(value: Any) -> str:
    longest = 40
    text = json.dumps(value)
    return text if len(text) <= longest else text[:longest] + "..."


def _require_count(path: Path, config: Dict[str, Any], key: str) -> None:
    count = config.get(key, 1)
    if key == "time_step_rank" and count == "auto":
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise CaptureError(f"{path}: {key} is {_shown(count)}, must be a whole number above 0")
    if key == "chunk_size" and count > MAX_CHUNK:
        raise CaptureError(f"{path}: {key} is {count}, must be at most {MAX_CHUNK}")


def _require_number(path: Path, config: Dict[str, Any], key: str) -> None:
    number = config.get(key, 1)
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    if not is_number or not 0 < number < math.inf:
        raise CaptureError(f"{path}: {key} is {_shown(number)}, must be a number above 0")


def _require_inner(path: Path, config: Dict[str, Any]) -> None:
    """transformers' own Mamba takes it from the file, all else from expand."""
    wanted = int(config.get("expand", 2) * config["hidden_size"])
    inner = config.get("intermediate_size", wanted)
    if inner != wanted or isinstance(inner, bool):
        raise CaptureError(
            f"{path}: intermediate_size is {_shown(inner)}, must be expand times hidden_size, {wanted}"
        )


def _bytes_of_weights(folder: str) -> Optional[int]:
    sizes = [
        entry.stat().st_size
        for entry in os.scandir(folder)
        if entry.name.endswith(_WEIGHTS) and entry.is_file()
    ]
    return sum(sizes) if sizes else None


def _require_weights(folder: str, config: Dict[str, Any]) -> None:
    """Of the largest matrices alone, at a byte or more an element: else memory would run out first."""
    held = _bytes_of_weights(folder)
    if held is None:
        raise CaptureError(f"{folder}: has no weights, no *.safetensors or *.bin")
    width = config["hidden_size"]
    inner = int(config.get("expand", 2) * width)
    rank = config.get("time_step_rank", 0) if config["model_type"] == "mamba" else 0
    states = config["state_size"] if config["model_type"] == "mamba" else 0
    heads = config.get("num_heads", 0) if config["model_type"] == "mamba2" else 0
    of_layer = 3 * inner * width + inner * (states + (0 if rank == "auto" else rank)) + heads
    asked = config["vocab_size"] * width + config["num_hidden_layers"] * of_layer
    if asked > held:
        raise CaptureError(
            f"{folder}: config.json asks for {asked} weights or more, the files hold {held} bytes"
        )
