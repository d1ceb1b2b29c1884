"""`mambasic-capture quamba`: a trace of a Quamba checkpoint."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import torch

from .dims import Dims
from .errors import CaptureError
from .inputs import require_apart
from .linears import Tensors
from .quamba_checkpoint import MIXERS, load_config, load_entries, mixer_of
from .quamba_layers import Head, head, mamba1_layer, mamba2_layer
from .quamba_record import record, require_possible
from .progress import Progress
from .tokens import require_in_vocabulary, sequences, token_stream
from .trace_file import require_writable, write_trace

EPSILON = "1e-05"  # a default of mamba_ssm's that a checkpoint's config.json does not repeat
DEFAULT_CHUNK = 256


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    checkpoint: str
    out: Path
    text: Optional[str]
    tokens: Optional[str]
    tokenizer: Optional[str]
    batch: int
    length: Optional[int]
    record: Optional[Path]

    @property
    def given(self) -> List[Optional[str]]:
        """Files and folders that are read."""
        return [self.checkpoint, self.tokenizer, self.text, self.tokens]


def run(request: Request) -> None:
    """The trace and, with --record, what upstream makes of it."""
    require_apart(request.out, request.given)
    if request.record is None:
        convert(request)
        return
    if os.path.realpath(request.record) == os.path.realpath(request.out):
        raise CaptureError(f"{request.out}: --record and --out name the same file; name two")
    require_apart(request.record, [*request.given, str(request.out)])
    require_possible()
    require_writable(request.record)
    family, tokens = convert(request)
    record(request.checkpoint, family, tokens, request.out, request.record)


def convert(request: Request) -> Tuple[str, torch.Tensor]:
    """Writes the trace, or raises CaptureError and writes nothing. Returns
    family and tokens."""
    require_writable(request.out)
    config = load_config(request.checkpoint)
    checkpoint = load_entries(request.checkpoint)
    family, bits = MIXERS[str(mixer_of(config))]
    take_layer = mamba1_layer if family == "mamba1" else mamba2_layer
    layers = _count(config, "n_layer")
    tensors: Tensors = {}
    progress = Progress("converting layers", layers)
    for index in range(layers):
        tensors.update(take_layer(checkpoint, f"backbone.layers.{index}.", bits))
        progress.step()
    ends = head(checkpoint, bits)
    checkpoint.finish()
    dims = _dims(config, family, tensors, ends)
    dims.require_representable()
    tokenizer = request.tokenizer or request.checkpoint
    stream = token_stream(request.text, request.tokens, tokenizer)
    require_in_vocabulary(stream, dims.vocab)
    rows = sequences(stream, request.batch, request.length)
    if ends.whole:
        tensors.update(ends.tensors)
        tensors["trace.tokens"] = rows.to(torch.int32)
    else:
        tensors["trace.input.hidden"] = ends.look_up(rows)
    write_trace(request.out, tensors, _metadata(request, dims, tensors, bits, rows, ends.whole))
    return family, rows


def _count(section: Dict[str, Any], key: str, default: Optional[int] = None) -> int:
    count = section.get(key, default)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise CaptureError(f"config.json: {key} is {count}, must be a whole number above 0")
    return count


def _dims(config: Dict[str, Any], family: str, tensors: Tensors, ends: Head) -> Dims:
    """Of the tensors' shapes; what no shape tells is the configuration's."""
    at = "backbone.layers.0."
    ssm = config["ssm_cfg"]
    common = {
        "d_model": tensors[f"{at}norm.weight"].numel(),
        "n_layer": _count(config, "n_layer"),
        "vocab": ends.embedding.shape[0],
    }
    conv = tensors[f"{at}mixer.conv1d.weight"].shape[0]
    if family == "mamba1":
        states = tensors[f"{at}mixer.selective_scan.A_log"].shape[1]
        rank = tensors[f"{at}mixer.dt_proj.weight"].shape[1]
        return Dims(family, d_inner=conv, d_state=states, dt_rank=rank, **common)
    inner = tensors[f"{at}mixer.norm.weight"].numel()
    heads = tensors[f"{at}mixer.qchunk_scan.dt_bias"].numel()
    if heads < 1:
        raise CaptureError(f"{at}mixer.qchunk_scan.dt_bias: holds no head")
    told = _count(ssm, "ngroups", 1)
    scales = tensors[f"{at}mixer.conv1d.B_out_scales"].numel()
    groups = scales if scales > 1 else told
    return Dims(
        family,
        d_inner=inner,
        d_state=(conv - inner) // (2 * groups),
        heads=heads,
        head_dim=inner // heads,
        groups=groups,
        chunk=_count(ssm, "chunk_size", DEFAULT_CHUNK),
        **common,
    )


def _scheme(tensors: Tensors) -> Dict[str, str]:
    ranges = tensors.get("backbone.layers.0.mixer.conv1d.x_dim_group_range")
    if ranges is None:
        return {"scheme": "quamba1"}
    return {"scheme": "quamba2", "table_groups": f"{ranges.shape[-2]}x{ranges.shape[-1]}"}


def _metadata(
    request: Request, dims: Dims, tensors: Tensors, bits: int, rows: torch.Tensor, whole: bool
) -> Dict[str, str]:
    return {
        **dims.metadata(),
        **_scheme(tensors),
        "model": Path(request.checkpoint).resolve().name,
        "precision": f"w{bits}a8",
        "phase": "prefill",
        "batch": str(rows.shape[0]),
        "tokens": str(rows.shape[1]),
        "first_layer": "0",
        "layers": str(dims.n_layer),
        "has_head": "true" if whole else "false",
        "record": "none",
        "epsilon": EPSILON,
        "capture.source": "quamba checkpoint",
    }
