"""What a capture reads, so that it never writes over it."""

import os
from pathlib import Path
from typing import Iterable, Iterator, Optional

from .errors import CaptureError


def require_apart(out: Path, given: Iterable[Optional[str]]) -> None:
    """Refuses an --out that is, or links to, one of the files that were given or that lie in one of the
    folders that were."""
    try:
        if not os.path.exists(out):
            return
        for file in _files(given):
            if os.path.samefile(out, file):
                raise CaptureError(f"{out}: is read by this capture ({file}); name another file")
    except OSError as error:
        raise CaptureError(f"{out}: cannot be compared with inputs: {error.strerror}") from error


def _files(given: Iterable[Optional[str]]) -> Iterator[str]:
    for name in given:
        if name is None:
            continue
        if os.path.isdir(name):
            yield from (entry.path for entry in os.scandir(name) if entry.is_file())
        elif os.path.isfile(name):  # not where it is a list of ids
            yield name
