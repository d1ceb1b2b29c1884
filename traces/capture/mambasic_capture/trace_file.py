"""Writes a trace: a safetensors file with the metadata of FORMAT.md, whole or not at all. Not with
safetensors' own writer, whose metadata come in another order every time: the same capture shall give
the same bytes, because reports name a trace by their hash."""

import hashlib
import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import torch

from . import __version__
from .errors import CaptureError

_DTYPES = {
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.int32: "I32",
    torch.float16: "F16",
    torch.float32: "F32",
    torch.float64: "F64",
}
_LENGTH_BYTES = 8
_ALIGNMENT = 8  # of the first tensor's data; wider elements come first, so all are aligned

Named = List[Tuple[str, Any]]


def write_trace(path: Path, tensors: Dict[str, torch.Tensor], metadata: Dict[str, str]) -> None:
    """A trace, of which `metadata` tells what this cannot know."""
    write_tensors(path, tensors, {"mambasic_trace": "1", "shapes_only": "false", **metadata})


def write_tensors(path: Path, tensors: Dict[str, torch.Tensor], metadata: Dict[str, str]) -> None:
    """Through a temporary file beside it, so that a killed capture leaves nothing behind it."""
    arrays = _in_file_order(tensors)
    notes = {
        "producer": f"mambasic-capture {__version__}",
        "data_sha256": _sha256(arrays),
        **metadata,
    }
    temporary = _temporary_beside(path)
    try:
        with open(temporary, "wb") as file:
            file.write(_header(tensors, arrays, notes))
            for _, array in arrays:
                file.write(array.data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def trace_sha256(path: Path) -> str:
    """What names a trace: the SHA-256 of its length field and header."""
    with open(path, "rb") as file:
        length = file.read(_LENGTH_BYTES)
        (count,) = struct.unpack("<Q", length)
        return hashlib.sha256(length + file.read(count)).hexdigest()


def require_writable(path: Path) -> None:
    """Before long work: that there is a folder to write to."""
    if os.path.isdir(path):
        raise CaptureError(f"{path}: is a folder; name a file")
    os.unlink(_temporary_beside(path))


def _in_file_order(tensors: Dict[str, torch.Tensor]) -> Named:
    arrays = [(name, value.detach().cpu().contiguous().numpy()) for name, value in tensors.items()]
    return sorted(arrays, key=lambda named: (-named[1].itemsize, named[0]))


def _sha256(arrays: Named) -> str:
    digest = hashlib.sha256()
    for _, array in arrays:
        digest.update(array.data)
    return digest.hexdigest()


def _header(tensors: Dict[str, torch.Tensor], arrays: Named, notes: Dict[str, str]) -> bytes:
    entries: Dict[str, Any] = {"__metadata__": dict(sorted(notes.items()))}
    end = 0
    for name, array in arrays:
        begin, end = end, end + array.nbytes
        entries[name] = {
            "dtype": _DTYPES[tensors[name].dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return struct.pack("<Q", len(text)) + text


def _temporary_beside(path: Path) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be written: {error.strerror}") from error
    os.close(handle)
    return name
