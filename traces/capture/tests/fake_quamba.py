"""Stands in for the quamba package, whose kernels need a GPU: modules of the same names and methods, which
give what golden made in upstream's layouts. It shows that a recording puts every tensor where a trace has
it, not that upstream computes what golden does."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any, Dict

import pytest
import torch


class Given(torch.nn.Module):
    """Returns what it was made with, by any of upstream's methods."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value
        self.output_scale = 1.0

    def forward(self, *_values: Any, **_named: Any) -> Any:
        return self.value

    def to_seqlen_last(self, *_values: Any) -> Any:
        return self.value


class Mixer1(torch.nn.Module):
    """Calls its modules as upstream's does, some by method."""

    def __init__(self, made: Dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.in_proj = Given(made["in_proj.output"].transpose(1, 2))
        self.conv1d = Given(made["conv1d.output"].transpose(1, 2))
        self.x_proj = Given(made["x_proj.output"])
        self.dt_proj = Given(made["dt_proj.output"].transpose(1, 2))
        self.selective_scan = Given((made["scan.output"], made["scan.state"]))
        self.had = Given(made["had.output"])
        self.out_proj = Given(made["out_proj.output"])
        self.states = (made["conv1d.state"], made["scan.state"])

    def forward(self, value: Any) -> Any:
        self.in_proj.to_seqlen_last(value)
        self.conv1d.forward(value)
        self.x_proj(value)
        self.dt_proj.to_seqlen_last(value)
        self.selective_scan.forward(value)
        self.had(value)
        return self.out_proj(value)


class Mixer2(torch.nn.Module):
    def __init__(self, made: Dict[str, torch.Tensor]) -> None:
        super().__init__()
        inner, rest = made["scan.output"].shape[-1], made["conv1d.output"].shape[-1]
        half = (rest - inner) // 2
        sections = made["conv1d.output"].transpose(1, 2).split([inner, half, half], 1)
        heads = made["scan.output"].unflatten(-1, (-1, 16))
        self.in_proj = Given(made["in_proj.output"])
        self.conv1d = Given(tuple(sections))
        self.qchunk_scan = Given((heads, None))
        self.norm = Given(made["gated_norm.output"])
        self.had = Given(made["had.output"])
        self.out_proj = Given(made["out_proj.output"])
        ssm = made["scan.state"].half()  # upstream holds int8 codes in FP16 there
        self.states = (made["conv1d.state"], ssm.unflatten(1, (-1, 16)))

    def forward(self, value: Any) -> Any:
        self.in_proj(value)
        self.conv1d.forward(value)
        self.qchunk_scan(value)
        self.norm(value, value)
        self.had(value)
        return self.out_proj(value)


def below(made: Dict[str, torch.Tensor], prefix: str) -> Dict[str, torch.Tensor]:
    return {name[len(prefix) :]: value for name, value in made.items() if name.startswith(prefix)}


class Model(torch.nn.Module):
    def __init__(self, made: Dict[str, torch.Tensor]) -> None:
        super().__init__()
        layers = []
        while f"trace.layers.{len(layers)}.norm.output" in made:
            own = below(made, f"trace.layers.{len(layers)}.")
            block = torch.nn.Module()
            block.norm = Given((own["norm.output"], own["norm.residual"]))
            block.mixer = Mixer1(own) if "x_proj.output" in own else Mixer2(own)
            layers.append(block)
        self.backbone = torch.nn.Module()
        self.backbone.embedding = Given(made["trace.embedding.output"])
        self.backbone.layers = torch.nn.ModuleList(layers)
        last = made["trace.norm_f.output"]
        self.backbone.norm_f = Given(torch.cat([torch.zeros_like(last), last], 1))
        self.logits = made["trace.lm_head.output"]

    def forward(self, tokens: Any, inference_params: Any, num_last_tokens: int) -> Any:
        assert num_last_tokens == 1
        value = self.backbone.embedding(tokens)
        for index, block in enumerate(self.backbone.layers):
            block.norm(value)
            value = block.mixer(value)
            inference_params.key_value_memory_dict[index] = block.mixer.states
        self.backbone.norm_f(value)
        return SimpleNamespace(logits=self.logits)


class InferenceParams:
    def __init__(self, max_seqlen: int, max_batch_size: int) -> None:
        self.key_value_memory_dict: Dict[int, Any] = {}


def install(monkeypatch: pytest.MonkeyPatch, made: Dict[str, torch.Tensor]) -> None:
    """For the length of a test."""
    loader = SimpleNamespace(from_pretrained=lambda _folder, device: Model(made))
    contents = {
        "quamba": {},
        "quamba.quamba_mixer_seq": {"QuambaLMHeadModel": loader},
        "mamba_ssm": {},
        "mamba_ssm.utils": {},
        "mamba_ssm.utils.generation": {"InferenceParams": InferenceParams},
    }
    for name, values in contents.items():
        module = ModuleType(name)
        vars(module).update(values)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("mambasic_capture.quamba_record.DEVICE", "cpu")
