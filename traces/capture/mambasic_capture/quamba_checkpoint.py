"""A Quamba checkpoint: `pytorch_model.bin`, which holds tensors, Python floats and None, and
`config.json` (golden/spec/kernels.md 7.3). Every key is asked for by name, and a key that nobody asked
for is refused, so that a format that changed is not converted into something else."""

import json
import os
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

import torch

from .errors import CaptureError, first_line
from .torch_archive import read_archive

FILE = "pytorch_model.bin"
MIXERS = {
    "W8A8QMamba": ("mamba1", 8),
    "W4A8QMamba": ("mamba1", 4),
    "W8A8QMamba2": ("mamba2", 8),
    "W4A8QMamba2": ("mamba2", 4),
}


class Checkpoint:
    """The entries of the file, each to be taken once."""

    def __init__(self, path: Path, entries: Dict[str, Any]) -> None:
        self._path = path
        self._entries = dict(entries)

    def has(self, key: str) -> bool:
        return key in self._entries

    def tensor(self, key: str, *dtypes: torch.dtype) -> torch.Tensor:
        """Of one of these types, laid out row by row."""
        value = self._take(key)
        if not isinstance(value, torch.Tensor):
            raise self.wrong(key, f"is {type(value).__name__}, must be a tensor")
        if value.dtype not in dtypes:
            raise self.wrong(key, f"is {_name(value.dtype)}, must be {_names(dtypes)}")
        return value.detach().contiguous()

    def of_dims(self, key: str, dims: int, *dtypes: torch.dtype) -> torch.Tensor:
        value = self.tensor(key, *dtypes)
        if value.dim() != dims:
            raise self.wrong(key, f"has {value.dim()} dimensions, must have {dims}")
        return value

    def number(self, key: str) -> torch.Tensor:
        """A Python float, or a tensor of one; F64 in a trace."""
        value = self._take(key)
        if isinstance(value, torch.Tensor) and value.numel() == 1:
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, f"is {type(value).__name__}, must be a number")
        return torch.tensor(float(value), dtype=torch.float64)

    def scalar(self, key: str) -> torch.Tensor:
        """A tensor of one FP32 number, of shape []."""
        value = self.tensor(key, torch.float32)
        if value.numel() != 1:
            raise self.wrong(key, f"holds {value.numel()} numbers, must hold one")
        return value.reshape(())

    def drop(self, key: str) -> None:
        """What a trace has no use for."""
        self._entries.pop(key, None)

    def drop_copy(self, key: str, original: torch.Tensor) -> None:
        """What upstream keeps twice, and reads in both places: the two must be the same."""
        if not self.has(key):
            return
        copy = self.tensor(key, original.dtype)
        if not torch.equal(copy.reshape(-1), original.reshape(-1)):
            raise self.wrong(key, "differs from the convolution's own")

    def drop_below(self, prefix: str) -> None:
        for key in [key for key in self._entries if key.startswith(prefix)]:
            self.drop(key)

    def finish(self) -> None:
        """Refuses a key that nobody took."""
        for key in self._entries:
            raise self.wrong(key, "is not a key of this kind of checkpoint; it cannot be converted")

    def wrong(self, key: str, what: str) -> CaptureError:
        return CaptureError(f"{self._path}: {key}: {what}")

    def _take(self, key: str) -> Any:
        if key not in self._entries:
            raise self.wrong(key, "is missing")
        return self._entries.pop(key)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).replace("torch.", "")


def _names(dtypes: Sequence[torch.dtype]) -> str:
    return " or ".join(map(_name, dtypes))


def load_entries(folder: str) -> Checkpoint:
    """Without running code that the file may hold."""
    path = Path(folder) / FILE
    if not os.path.isfile(path):
        raise CaptureError(f"{folder}: has no {FILE}; name a folder that Quamba saved")
    try:
        entries = read_archive(path)
    except Exception as error:  # whatever a damaged archive leads to
        raise CaptureError(f"{path}: cannot be read: {first_line(error)}") from error
    if not isinstance(entries, dict):
        raise CaptureError(f"{path}: holds {type(entries).__name__}, must hold a state dict")
    return Checkpoint(path, entries)


def load_config(folder: str) -> Dict[str, Any]:
    path = Path(folder) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CaptureError(f"{path}: cannot be read: {first_line(error)}") from error
    if not isinstance(config, dict):
        raise CaptureError(f"{path}: must hold an object")
    _require_representable(path, config)
    return config


def mixer_of(config: Dict[str, Any]) -> Optional[str]:
    section = config.get("ssm_cfg")
    mixer = section.get("layer") if isinstance(section, dict) else None
    return mixer if isinstance(mixer, str) else None


def _require_representable(path: Path, config: Dict[str, Any]) -> None:
    if config.get("is_hybrid"):
        raise CaptureError(f"{path}: is_hybrid: layers of several precisions do not fit one trace")
    mixer = mixer_of(config)
    if mixer not in MIXERS:
        raise CaptureError(f"{path}: ssm_cfg.layer is {mixer}; valid are {', '.join(MIXERS)}")
    wanted = {"rms_norm": True, "residual_in_fp32": True, "d_intermediate": 0, "attn_layer_idx": []}
    for key, value in wanted.items():
        if config.get(key, value) != value:
            raise CaptureError(f"{path}: {key} is {config[key]}, must be {json.dumps(value)}")
