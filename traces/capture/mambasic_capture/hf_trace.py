"""`mambasic-capture hf`: a trace of a Hugging Face model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

import torch

from . import mamba1, mamba2
from .dims import W4_GROUP, Dims
from .errors import CaptureError
from .hf_model import dims_of, fuse, load, refusing
from .hf_run import Calibration, Recording, calibrate
from .inputs import require_apart
from .linears import Tensors, f64, linear
from .quantize import quantize_embedding, require_finite
from .tokens import require_in_vocabulary, samples, sequences, token_stream
from .trace_file import require_writable, write_trace

FLOAT_PREFIX = "trace.extra.float."


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    model: str
    out: Path
    text: Optional[str]
    tokens: Optional[str]
    tokenizer: Optional[str]
    calibration_text: Optional[str]
    samples: int
    sample_tokens: int
    batch: int
    length: Optional[int]
    phase: str
    prompt: int
    precision: str
    layers: Optional[range]
    float_outputs: bool
    device: str

    @property
    def given(self) -> List[Optional[str]]:
        """Files and folders that are read."""
        return [self.model, self.tokenizer, self.text, self.tokens, self.calibration_text]

    @property
    def bits(self) -> int:
        return 8 if self.precision == "w8a8" else 4


def capture(request: Request) -> Dims:
    """Writes the trace, or raises CaptureError and writes nothing."""
    require_apart(request.out, request.given)
    require_writable(request.out)
    model = load(request.model, request.device)
    dims = dims_of(model.config)
    dims.require_representable()
    if request.bits == 4 and dims.d_model % W4_GROUP:
        raise CaptureError(f"w4a8 asks for a d_model in {W4_GROUP}s, not {dims.d_model}; use w8a8")
    layers = _layers(request, dims)
    tokenizer = request.tokenizer or request.model
    stream = token_stream(request.text, request.tokens, tokenizer)
    require_in_vocabulary(stream, dims.vocab)
    rows = sequences(stream, request.batch, request.length and request.length + request.prompt)
    if rows.shape[1] <= request.prompt:
        raise CaptureError(
            f"{rows.shape[1]} tokens a sequence leave none after {request.prompt} of prompt"
        )
    seen_text = stream
    if request.calibration_text is not None:
        seen_text = token_stream(request.calibration_text, None, tokenizer)
        require_in_vocabulary(seen_text, dims.vocab)
    pieces = samples(seen_text, request.samples, request.sample_tokens)
    with refusing(request.model, "cannot be run"):
        fuse(model)
        calibration = calibrate(model, dims, pieces)
        tensors = _weights(model, dims, calibration, layers, request.bits)
        tensors.update(_inputs(model, request, rows, calibration, layers))
    write_trace(request.out, tensors, _metadata(request, model, dims, rows, layers, len(pieces)))
    return dims


def _layers(request: Request, dims: Dims) -> range:
    whole = range(dims.n_layer)
    layers = request.layers if request.layers is not None else whole
    if layers.stop > dims.n_layer or not layers:
        raise CaptureError(
            f"--layers {layers.start}:{layers.stop}: the model has layers 0:{dims.n_layer}"
        )
    return layers


def _has_head(dims_layers: int, layers: range) -> bool:
    return layers == range(dims_layers)


def _weights(model: Any, dims: Dims, calibration: Calibration, layers: range, bits: int) -> Tensors:
    family = mamba1 if dims.family == "mamba1" else mamba2
    out: Tensors = {}
    for index in layers:
        block, seen = model.backbone.layers[index], calibration.layers[index]
        at = f"backbone.layers.{index}."
        out[f"{at}norm.weight"] = block.norm.weight.detach().cpu().half()
        out[f"{at}norm.output_scale"] = f64(seen.in_proj_input.scale())
        out.update(family.layer_tensors(f"{at}mixer.", block.mixer, seen, bits))
    if _has_head(dims.n_layer, layers):
        out.update(_head(model, calibration.head_input.scale(), bits))
    return out


def _head(model: Any, input_scale: float, bits: int) -> Tensors:
    backbone = model.backbone
    codes, scales = quantize_embedding(backbone.embeddings.weight.detach().float().cpu(), bits)
    out: Tensors = {
        "backbone.embedding.weight": codes,
        "backbone.embedding.scales": scales,
        "backbone.norm_f.weight": backbone.norm_f.weight.detach().cpu().half(),
        "backbone.norm_f.output_scale": f64(input_scale),
    }
    weight = model.lm_head.weight.detach().float().cpu()
    out.update(linear("lm_head", weight, input_scale, None, bits))
    return out


def _inputs(
    model: Any, request: Request, rows: torch.Tensor, calibration: Calibration, layers: range
) -> Tensors:
    """What the layers took in, and with --float-outputs what they made of it in floats."""
    out: Tensors = {}
    kept = slice(request.prompt, None)
    whole = _has_head(len(model.backbone.layers), layers)
    if whole:
        out["trace.tokens"] = rows[:, kept].to(torch.int32)
    if not whole or request.float_outputs:
        ran = Recording(model, rows)
        if not whole:
            out.update(_first_inputs(ran, layers.start, kept))
        for index in layers if request.float_outputs else []:
            name = f"{FLOAT_PREFIX}layers.{index}.out_proj.output"
            out[name] = ran.outputs[index][:, kept].float()
    for name, values in out.items():
        require_finite(name, values)
    if request.phase == "decode":
        out.update(_start(model, rows[:, : request.prompt], calibration, layers))
    return out


def _first_inputs(ran: Recording, first: int, kept: slice) -> Tensors:
    if first == 0:
        return {"trace.input.hidden": ran.block_inputs[0][:, kept].half()}
    hidden, residual = ran.input_of(first)
    return {
        "trace.input.hidden": hidden[:, kept].half(),
        "trace.input.residual": residual[:, kept].float(),
    }


def _start(model: Any, prompt: torch.Tensor, calibration: Calibration, layers: range) -> Tensors:
    ran = Recording(model, prompt)
    out: Tensors = {}
    for index in layers:
        for name, codes in ran.states(index, calibration.layers[index]).items():
            out[f"trace.layers.{index}.{name}"] = codes
    return out


def _metadata(
    request: Request, model: Any, dims: Dims, rows: torch.Tensor, layers: range, pieces: int
) -> Dict[str, str]:
    notes: List[str] = [str(Path(request.model).resolve().name), model.config.model_type]
    return {
        **dims.metadata(),
        "model": notes[0],
        "scheme": "quamba1",
        "precision": request.precision,
        "phase": request.phase,
        "batch": str(rows.shape[0]),
        "tokens": str(rows.shape[1] - request.prompt),
        "first_layer": str(layers.start),
        "layers": str(len(layers)),
        "has_head": "true" if _has_head(dims.n_layer, layers) else "false",
        "record": "none",
        "epsilon": repr(float(model.config.layer_norm_epsilon)),
        "capture.source": f"transformers {notes[1]}",
        "capture.samples": str(pieces),
        "capture.torch": torch.__version__,
    }
