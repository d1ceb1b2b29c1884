"""Token ids: from a text through the model's tokenizer, or given as they are."""

import os
from pathlib import Path
from typing import List, Optional

import torch

from .errors import CaptureError, first_line


def read_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror}") from error


def parse_ids(text: str, source: str) -> List[int]:
    """Ids with commas or spaces between them."""
    out = []
    for word in text.replace(",", " ").split():
        if not word.isdecimal():
            raise CaptureError(
                f"{source}: '{word}' is no token id; give whole numbers, as in 12,7,0"
            )
        out.append(int(word))
    return out


def tokenize(text: str, folder: str) -> List[int]:
    from transformers import AutoTokenizer  # takes seconds to import

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return tokenizer(text)["input_ids"]
    except Exception as error:  # whatever a damaged file or a missing package leads to
        raise CaptureError(
            f"{folder}: has no tokenizer that can be read; name one with --tokenizer, "
            f"or give ids with --tokens ({first_line(error)})"
        ) from error


def token_stream(text: Optional[str], ids: Optional[str], tokenizer: str) -> List[int]:
    """All tokens of --text or --tokens; ids may be in a file."""
    if text is not None:
        return tokenize(read_text(text), tokenizer)
    if ids is not None and os.path.isfile(ids):  # Path's own fails where a name is too long
        return parse_ids(read_text(ids), ids)
    return parse_ids(ids or "", "--tokens")


def require_in_vocabulary(tokens: List[int], vocab: int) -> None:
    for token in tokens:
        if token >= vocab:
            raise CaptureError(f"token {token} is not in the vocabulary of {vocab}")


def sequences(tokens: List[int], count: int, length: Optional[int]) -> torch.Tensor:
    """The first `count` pieces of `length`, [count][length]; without it as long as there are tokens."""
    if length is None:
        length = len(tokens) // count
    if length < 1 or len(tokens) < count * length:
        raise CaptureError(
            f"{len(tokens)} tokens are too few for {count} sequence{'' if count == 1 else 's'} of "
            f"{max(length, 1)} with their prompts; "
            "give more text, or fewer or shorter sequences"
        )
    return torch.tensor(tokens[: count * length], dtype=torch.int64).reshape(count, length)


def samples(tokens: List[int], count: int, length: int) -> List[torch.Tensor]:
    """What calibration runs, at most `count` pieces of at most `length` tokens, in their order."""
    pieces = torch.tensor(tokens, dtype=torch.int64).split(length)
    return list(pieces[:count])
