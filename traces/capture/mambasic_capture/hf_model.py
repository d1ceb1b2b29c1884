"""A Hugging Face Mamba or Mamba2 model that a trace can hold, with its weights brought into the form
that Quamba quantizes."""

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Dict, Iterator

import torch

from .dims import CONV_TAPS, Dims
from .errors import CaptureError, first_line
from .hadamard import hadamard
from .hf_config import check_config
from .quantize import half, require_finite


def load(folder: str, device: str) -> Any:
    """In FP32, on the device; refuses what the accelerator does not compute."""
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils import logging

    if not hasattr(torch, "_dynamo"):
        # transformers tells a compiler about its cache that PyTorch has from 2.0 on.
        torch._dynamo = SimpleNamespace(mark_static_address=lambda *_tensors: None)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    check_config(folder)
    with refusing(folder, "cannot be loaded"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        _require_representable(folder, config)
        model, info = AutoModelForCausalLM.from_pretrained(
            folder, torch_dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
    _require_complete(folder, info)
    return model.eval().to(_usable(device))


@contextmanager
def refusing(folder: str, what: str) -> Iterator[None]:
    """In one line what PyTorch or transformers make of a damaged model, wherever it shows first."""
    try:
        yield
    except CaptureError:
        raise
    except Exception as error:
        raise CaptureError(f"{folder}: {what}: {first_line(error)}") from error


def _require_complete(folder: str, info: Dict[str, Any]) -> None:
    """That weights and config.json are of the same model."""
    if info["missing_keys"]:
        raise CaptureError(f"{folder}: has no weights for {sorted(info['missing_keys'])[0]}")
    unused = [key for key in info["unexpected_keys"] if key.startswith("backbone.layers.")]
    if unused:
        raise CaptureError(f"{folder}: has {sorted(unused)[0]}, for which config.json has no place")


def _usable(device: str) -> torch.device:
    if device == "cuda" and not torch.cuda.is_available():
        raise CaptureError("--device cuda: PyTorch sees no GPU here; use cpu")
    return torch.device(device)


def _require_representable(folder: str, config: Any) -> None:
    wanted = {"hidden_act": "silu", "conv_kernel": CONV_TAPS, "use_bias": False}
    if config.model_type == "mamba2":
        wanted.update({"rms_norm": True, "n_groups": 1})
        limit = config.time_step_limit
        if not isinstance(limit, (list, tuple)) or tuple(limit) != (0.0, float("inf")):
            raise CaptureError(f"{folder}: time_step_limit is {limit}; dt is never clamped here")
    for key, value in wanted.items():
        if getattr(config, key) == value:
            continue
        why = ""
        if key == "n_groups":  # transformers would compute another model than was trained
            why = ": transformers norms all of d_inner at once, not each group; take a checkpoint"
        raise CaptureError(f"{folder}: {key} is {getattr(config, key)}, must be {value}{why}")


def dims_of(config: Any) -> Dims:
    """Of a model that load() gave."""
    common = {
        "d_model": config.hidden_size,
        "d_inner": int(config.expand * config.hidden_size),
        "d_state": config.state_size,
        "n_layer": config.num_hidden_layers,
        "vocab": config.vocab_size,
    }
    if config.model_type == "mamba":
        return Dims("mamba1", dt_rank=config.time_step_rank, **common)
    return Dims(
        "mamba2",
        heads=config.num_heads,
        head_dim=config.head_dim,
        groups=config.n_groups,
        chunk=config.chunk_size,
        **common,
    )


@torch.no_grad()
def fuse(model: Any) -> None:
    """As Quamba prepares a model (kernels.md 4.4): in_proj and the LM head take in the weights of the
    norms before them, and the residual stream is rotated, which spreads its outliers. The function
    that the model computes stays the same but for rounding to FP16. Refuses weights that are not finite then.
    """
    backbone = model.backbone
    head = model.lm_head.weight.detach().clone()  # may be the embedding's own
    for block in backbone.layers:
        mixer = block.mixer
        mixer.in_proj.weight.copy_(hadamard(mixer.in_proj.weight * block.norm.weight))
        mixer.out_proj.weight.copy_(hadamard(mixer.out_proj.weight.t()).t())
        block.norm.weight.fill_(1)
    head = hadamard(head * backbone.norm_f.weight)
    backbone.norm_f.weight.fill_(1)
    backbone.embeddings.weight.copy_(hadamard(backbone.embeddings.weight))
    model.lm_head.weight = torch.nn.Parameter(head)
    for name, parameter in model.named_parameters():
        parameter.copy_(half(parameter))
        require_finite(name, parameter)
