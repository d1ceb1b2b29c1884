"""Small models that tests make, and the mambasic that judges what is made of them."""

import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import torch
from safetensors.torch import load_file
from transformers import Mamba2Config, Mamba2ForCausalLM, MambaConfig, MambaForCausalLM

ROOT = Path(__file__).resolve().parents[3]
VOCAB = 256


def _binary() -> Path:
    named = os.environ.get("MAMBASIC")
    places = (
        [Path(named)]
        if named
        else [ROOT / "build" / kind / "mambasic" for kind in ("ci", "release")]
    )
    for place in places:
        if place.is_file():
            return place
    raise RuntimeError(f"no mambasic at {places[0]}; build it, or name it in MAMBASIC")


@pytest.fixture(scope="session")
def mambasic() -> Callable[..., str]:
    """Runs it; a status other than 0 fails the test."""
    binary = _binary()

    def run(*words: Any) -> str:
        command = [str(binary), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr}"
        return done.stdout

    return run


def stir(model: Any) -> None:
    """Norm weights, biases and D of a new model are all alike, and its states count for little beside
    D; not so in a trained one."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name or name.endswith((".D", "conv1d.bias")):
                parameter.mul_(torch.rand_like(parameter) + 0.5)
            if name.endswith(".D"):
                parameter.mul_(0.1)
            if name.endswith(("x_proj.weight", "conv1d.weight")):
                parameter.mul_(3)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Path]:
    """Folders as save_pretrained writes them. mamba's transform is one of 12 * 2^k."""
    torch.manual_seed(7)
    small = {"num_hidden_layers": 2, "vocab_size": VOCAB, "state_size": 16}
    made = {
        "mamba": MambaForCausalLM(MambaConfig(hidden_size=384, time_step_rank=16, **small)),
        "mamba2": Mamba2ForCausalLM(
            Mamba2Config(
                hidden_size=128, num_heads=16, head_dim=16, n_groups=1, chunk_size=8, **small
            )
        ),
    }
    folders = {}
    for name, model in made.items():
        stir(model)
        folders[name] = tmp_path_factory.mktemp(name)
        model.save_pretrained(folders[name])
    return folders


@pytest.fixture(scope="session")
def tokens() -> List[int]:
    return torch.randint(0, VOCAB, (48,), generator=torch.Generator().manual_seed(3)).tolist()


def listed(tokens: List[int]) -> str:
    """As --tokens takes them."""
    return ",".join(map(str, tokens))


def sqnr_db(reference: torch.Tensor, made: torch.Tensor) -> float:
    """Power of the reference over that of the difference."""
    wanted, got = reference.double(), made.double()
    return (10 * torch.log10(wanted.pow(2).sum() / (wanted - got).pow(2).sum())).item()


def dumped(
    mambasic: Callable[..., str], trace: Path, folder: Path, *options: str
) -> Dict[str, Any]:
    """What the chip makes of a trace; `mambasic check` says that these are golden's bits."""
    file = folder / "dump.safetensors"
    mambasic("run", "edge-32x32", "--trace", trace, "--quiet", "--dump", file, *options)
    return {name: value for name, value in load_file(file).items() if "trace.pad." not in name}
