"""What Quamba's own kernels make of the tokens of a trace, for `mambasic check --against FILE` (rung 3 of
golden/spec/arithmetic.md). Needs the quamba package and its GPU. Upstream calls several of its modules by
method, which PyTorch's hooks do not see; so the methods themselves are wrapped."""

import importlib
from pathlib import Path
from typing import Any, Callable, Dict

import torch

from .errors import CaptureError, first_line
from .linears import Tensors
from .trace_file import trace_sha256, write_tensors

DEVICE = "cuda"

Layout = Callable[[Any], torch.Tensor]


def _rows(made: Any) -> torch.Tensor:
    """[batch][tokens][channels], as a trace has it; of several results the first."""
    return made[0] if isinstance(made, tuple) else made


def _channels_first(made: torch.Tensor) -> torch.Tensor:
    return made.transpose(1, 2)


def _sections_first(made: Any) -> torch.Tensor:
    """x, B and C, each [batch][channels][tokens]."""
    return torch.cat(list(made), 1).transpose(1, 2)


def _heads(made: Any) -> torch.Tensor:
    """[batch][tokens][heads][channels of a head]."""
    return _rows(made).flatten(2)


def _last_row(made: Any) -> torch.Tensor:
    return _rows(made)[:, -1:]


# module of a mixer, its method in prefill, name in a trace, layout of what it makes
_MAMBA1 = (
    ("in_proj", "to_seqlen_last", "in_proj.output", _channels_first),
    ("conv1d", "forward", "conv1d.output", _channels_first),
    ("x_proj", "forward", "x_proj.output", _rows),
    ("dt_proj", "to_seqlen_last", "dt_proj.output", _channels_first),
    ("selective_scan", "forward", "scan.output", _rows),
    ("had", "forward", "had.output", _rows),
    ("out_proj", "forward", "out_proj.output", _rows),
)
_MAMBA2 = (
    ("in_proj", "forward", "in_proj.output", _rows),
    ("conv1d", "forward", "conv1d.output", _sections_first),
    ("qchunk_scan", "forward", "scan.output", _heads),
    ("norm", "forward", "gated_norm.output", _rows),
    ("had", "forward", "had.output", _rows),
    ("out_proj", "forward", "out_proj.output", _rows),
)


class Recorder:
    """Keeps what the wrapped methods return."""

    def __init__(self) -> None:
        self.tensors: Tensors = {}

    def wrap(self, module: Any, method: str, key: str, layout: Layout) -> None:
        own = getattr(module, method)

        def wrapped(*values: Any, **named: Any) -> Any:
            made = own(*values, **named)
            self.keep(key, layout(made))
            return made

        setattr(module, method, wrapped)

    def wrap_norm(self, norm: Any, prefix: str, layout: Layout) -> None:
        """A norm returns its output and the new residual."""
        own = norm.forward

        def wrapped(*values: Any, **named: Any) -> Any:
            made = own(*values, **named)
            self.keep(f"{prefix}.output", layout(made[0]))
            self.keep(f"{prefix}.residual", layout(made[1]))
            return made

        norm.forward = wrapped

    def keep(self, key: str, made: torch.Tensor) -> None:
        """A copy: upstream writes some of its results over."""
        self.tensors[key] = made.detach().cpu().contiguous().clone()


def require_possible() -> None:
    """Before the work."""
    try:
        importlib.import_module("quamba")
    except ImportError as error:
        raise CaptureError(f"--record needs the quamba package: {first_line(error)}") from error
    if DEVICE == "cuda" and not torch.cuda.is_available():
        raise CaptureError("--record needs a GPU: PyTorch sees none here")


def record(folder: str, family: str, tokens: torch.Tensor, trace: Path, out: Path) -> None:
    """Runs the checkpoint as a prefill of zero states, and writes what it made."""
    from mamba_ssm.utils.generation import InferenceParams
    from quamba.quamba_mixer_seq import QuambaLMHeadModel

    model = QuambaLMHeadModel.from_pretrained(folder, device=DEVICE).eval()
    recorder = Recorder()
    _wrap_model(recorder, model, _MAMBA1 if family == "mamba1" else _MAMBA2)
    batch, count = tokens.shape
    states = InferenceParams(max_seqlen=count, max_batch_size=batch)
    with torch.no_grad():
        made = model(tokens.to(DEVICE), inference_params=states, num_last_tokens=1)
    recorder.keep("trace.lm_head.output", made.logits)
    for index, (conv, ssm) in states.key_value_memory_dict.items():
        recorder.keep(f"trace.layers.{index}.conv1d.state", conv.to(torch.int8))
        flat = ssm.to(torch.int8).reshape(batch, -1, ssm.shape[-1])
        recorder.keep(f"trace.layers.{index}.scan.state", flat)
    write_tensors(out, recorder.tensors, {"trace_sha256": trace_sha256(trace), **_provenance()})


def _wrap_model(recorder: Recorder, model: Any, table: Any) -> None:
    backbone = model.backbone
    recorder.wrap(backbone.embedding, "forward", "trace.embedding.output", _rows)
    for index, block in enumerate(backbone.layers):
        at = f"trace.layers.{index}."
        recorder.wrap_norm(block.norm, f"{at}norm", _rows)
        for module, method, name, layout in table:
            recorder.wrap(getattr(block.mixer, module), method, at + name, layout)
    if hasattr(backbone.norm_f, "output_scale"):  # else the head is not quantized
        recorder.wrap(backbone.norm_f, "forward", "trace.norm_f.output", _last_row)


def _provenance() -> Dict[str, str]:
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "record.gpu": gpu,
        "record.torch": torch.__version__,
        "record.cuda": str(torch.version.cuda),
    }
