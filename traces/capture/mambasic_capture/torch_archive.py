"""Reads what torch.save wrote, making tensors and plain values and calling nothing else. torch.load does
not do: its `weights_only` knew no Python floats before 2.0, and a Quamba checkpoint has them; without it
a file may run code."""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, Sequence, Tuple

import torch

_DTYPES = {
    "ByteStorage": torch.uint8,
    "CharStorage": torch.int8,
    "IntStorage": torch.int32,
    "LongStorage": torch.int64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
}


def _rebuild_tensor(
    storage: torch.Tensor, offset: int, shape: Sequence[int], strides: Sequence[int], *_rest: Any
) -> torch.Tensor:
    return torch.as_strided(storage, tuple(shape), tuple(strides), offset)


def _rebuild_parameter(data: torch.Tensor, *_rest: Any) -> torch.Tensor:
    return data


_CALLS = {
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("collections", "OrderedDict"): OrderedDict,  # a state dict has an attribute of its own
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(archive.open(f"{folder}/data.pkl"))
        self._archive = archive
        self._folder = folder
        self._storages: Dict[str, torch.Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if (module, name) in _CALLS:
            return _CALLS[module, name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no tensor needs")

    def persistent_load(self, pid: Tuple[str, torch.dtype, str, str, int]) -> torch.Tensor:
        """A storage, as a flat tensor; several tensors may share one."""
        _kind, dtype, key, _device, _count = pid
        if key not in self._storages:
            content = bytearray(self._archive.read(f"{self._folder}/data/{key}"))
            empty = torch.empty(0, dtype=dtype)
            self._storages[key] = torch.frombuffer(content, dtype=dtype) if content else empty
        return self._storages[key]


def read_archive(path: Path) -> Any:
    """Raises whatever a damaged archive leads to."""
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("it is no archive that torch.save wrote")
        return _Unpickler(archive, pickles[0][: -len("/data.pkl")]).load()
