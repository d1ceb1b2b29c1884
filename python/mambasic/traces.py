"""Traces, dumps and references (safetensors files) as numpy arrays, mapped and not copied."""

import json
import math
import os

import numpy

_DTYPES = {
    "BOOL": "?",
    "I8": "i1",
    "U8": "u1",
    "I16": "<i2",
    "U16": "<u2",
    "F16": "<f2",
    "I32": "<i4",
    "U32": "<u4",
    "F32": "<f4",
    "I64": "<i8",
    "U64": "<u8",
    "F64": "<f8",
}
_LENGTH_BYTES = 8
_PADDING = "trace.pad."  # so that what follows begins at a multiple of 64 bytes


class Trace:
    """A mapping from a tensor's name to its array; `metadata` is what the file says of itself.

    Whether the content is a trace is for `mambasic trace validate` to tell.
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if length > size - _LENGTH_BYTES:
                raise ValueError(f"{self.path}: no safetensors file")
            entries = json.loads(file.read(length))
        self.metadata = entries.pop("__metadata__", {})
        self._tensors = {n: e for n, e in entries.items() if not n.startswith(_PADDING)}
        self._begin = _LENGTH_BYTES + length

    def __iter__(self):
        return iter(self._tensors)

    def __len__(self):
        return len(self._tensors)

    def __contains__(self, name):
        return name in self._tensors

    def keys(self):
        return self._tensors.keys()

    def __getitem__(self, name):
        entry = self._tensors[name]
        dtype = numpy.dtype(_DTYPES[entry["dtype"]])
        shape = tuple(entry["shape"])
        begin, end = entry["data_offsets"]
        if end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{self.path}: {name}: its bytes are not those of its shape")
        if begin == end:
            return numpy.zeros(shape, dtype)
        return numpy.memmap(self.path, dtype, "r", self._begin + begin, shape)


def open_trace(path):
    return Trace(path)
