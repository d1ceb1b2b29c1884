"""Runs a model in PyTorch: over samples to calibrate its layers, and over the sequences of the trace to
take what its layers saw and made."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Tuple

import torch

from .dims import Dims
from .errors import CaptureError
from .mamba1 import Mamba1Calibration
from .mamba2 import Mamba2Calibration
from .observers import MinMax
from .progress import Progress
from .quantize import codes_of, half, require_finite


@dataclass
class Calibration:
    """Of each layer, by its index, and of norm_f's output."""

    layers: List[Any]
    head_input: MinMax


@contextmanager
def _hooked(handles: List[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def _run(model: Any, tokens: torch.Tensor) -> Any:
    """[batch][tokens] from zero states; returns the cache."""
    return model.backbone(tokens.to(model.device), use_cache=True).cache_params


def _states(cache: Any, layer: int) -> torch.Tensor:
    if not hasattr(cache, "ssm_states"):
        raise CaptureError(
            "this version of transformers keeps its states elsewhere; install one < 5"
        )
    return cache.ssm_states[layer]


def calibrate(model: Any, dims: Dims, samples: List[torch.Tensor]) -> Calibration:
    """Each sample alone, as upstream does it."""
    kind = Mamba1Calibration if dims.family == "mamba1" else Mamba2Calibration
    layers = [
        kind(f"backbone.layers.{index}.mixer.", block.mixer, dims)
        for index, block in enumerate(model.backbone.layers)
    ]
    out = Calibration(layers, MinMax("backbone.norm_f output"))
    handles = [handle for layer in layers for handle in layer.hooks()]
    handles.append(
        model.backbone.norm_f.register_forward_hook(
            lambda _module, _inputs, output: out.head_input.observe(half(output))
        )
    )
    progress = Progress("calibrating", len(samples))
    with _hooked(handles):
        for sample in samples:
            cache = _run(model, sample[None])
            for index, layer in enumerate(layers):
                layer.observe_state(_states(cache, index))
            progress.step()
    return out


class Recording:
    """What the blocks and mixers of a run saw and made, [batch][tokens][channels]."""

    def __init__(self, model: Any, tokens: torch.Tensor) -> None:
        self.block_inputs: Dict[int, torch.Tensor] = {}
        self.outputs: Dict[int, torch.Tensor] = {}
        self.in_proj_outputs: Dict[int, torch.Tensor] = {}
        handles = []
        for index, block in enumerate(model.backbone.layers):
            handles.append(block.register_forward_pre_hook(self._keep_input(index)))
            handles.append(block.mixer.register_forward_hook(_keep(self.outputs, index)))
            linear = block.mixer.in_proj
            handles.append(linear.register_forward_hook(_keep(self.in_proj_outputs, index)))
        with _hooked(handles):
            self.cache = _run(model, tokens)

    def _keep_input(self, index: int) -> Any:
        def hook(_module: Any, inputs: Any) -> None:
            self.block_inputs[index] = inputs[0].detach().cpu()

        return hook

    def input_of(self, layer: int) -> Tuple[torch.Tensor, torch.Tensor]:
        """What a layer behind the first one adds up: output of the one before, and its residual."""
        return self.outputs[layer - 1], self.block_inputs[layer - 1]

    def states(self, layer: int, seen: Any) -> Dict[str, torch.Tensor]:
        """After the last token, in the codes of the layer's scales."""
        rows = seen.conv_input(self.in_proj_outputs[layer])[:, -4:, :]
        missing = 4 - rows.shape[1]
        rows = torch.nn.functional.pad(rows, (0, 0, missing, 0)).transpose(1, 2)
        state = _states(self.cache, layer).float().cpu()
        require_finite(f"state of layer {layer}", state)
        batch, width = state.shape[0], state.shape[-1]
        return {
            "conv1d.state_in": codes_of(rows / seen.conv_scales()[None, :, None]),
            "scan.state_in": codes_of(state.reshape(batch, -1, width) / seen.state.scale()),
        }


def _keep(kept: Dict[int, torch.Tensor], index: int) -> Any:
    def hook(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        kept[index] = output.detach().cpu()

    return hook
