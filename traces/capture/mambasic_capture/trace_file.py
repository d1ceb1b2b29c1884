"""Writes a trace: a safetensors file with the metadata of FORMAT.md, whole or not at all."""

import hashlib
import os
import struct
import tempfile
from pathlib import Path
from typing import Dict

import torch
from safetensors.torch import save_file

from . import __version__
from .errors import CaptureError

_UNKNOWN_HASH = "0" * 64
_BLOCK = 1 << 20
_LENGTH_BYTES = 8


def write_trace(path: Path, tensors: Dict[str, torch.Tensor], metadata: Dict[str, str]) -> None:
    """Through a temporary file beside it, so that a killed capture leaves nothing behind it."""
    notes = {
        "mambasic_trace": "1",
        "shapes_only": "false",
        "producer": f"mambasic-capture {__version__}",
        "data_sha256": _UNKNOWN_HASH,
        **metadata,
    }
    own = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    temporary = _temporary_beside(path)
    try:
        save_file(own, temporary, metadata=notes)
        _fill_in_hash(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Before long work: that there is a folder to write to."""
    if path.is_dir():
        raise CaptureError(f"{path}: is a folder; name a file")
    os.unlink(_temporary_beside(path))


def _temporary_beside(path: Path) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be written: {error.strerror}") from error
    os.close(handle)
    return name


def _fill_in_hash(name: str) -> None:
    """The hash is of all that follows the header, whose length it does not change."""
    with open(name, "r+b") as file:
        (length,) = struct.unpack("<Q", file.read(_LENGTH_BYTES))
        header = file.read(length)
        digest = hashlib.sha256()
        while block := file.read(_BLOCK):
            digest.update(block)
        file.seek(_LENGTH_BYTES)
        file.write(header.replace(_UNKNOWN_HASH.encode(), digest.hexdigest().encode(), 1))
