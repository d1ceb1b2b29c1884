"""A model's dimensions, as a trace's metadata has them, and which of them a trace can hold."""

from dataclasses import dataclass
from typing import Dict

from .errors import CaptureError

CONV_TAPS = 4
W4_GROUP = 128
MAX_STATES = 256
TRANSFORM_FACTORS = (12, 40, 1)  # times a power of two


def transform_factor(width: int) -> int:
    """The m of a Hadamard transform of m * 2^k (kernels.md 4.1); 0 where there is none."""
    for factor in TRANSFORM_FACTORS:
        rest, remainder = divmod(width, factor)
        if remainder == 0 and rest > 0:
            return factor if rest & (rest - 1) == 0 else 0
    return 0


@dataclass(frozen=True)
class Dims:
    """Those of one family are 0 in the other."""

    family: str
    d_model: int
    d_inner: int
    d_state: int
    n_layer: int
    vocab: int
    dt_rank: int = 0
    heads: int = 0
    head_dim: int = 0
    groups: int = 0
    chunk: int = 0

    @property
    def bc_width(self) -> int:
        """Channels of B, and as many of C, that Mamba2 convolves."""
        return self.groups * self.d_state

    @property
    def conv_channels(self) -> int:
        return self.d_inner + 2 * self.bc_width

    def require_representable(self) -> None:
        """Refuses what FORMAT.md has no room for."""
        if self.d_inner != 2 * self.d_model:
            raise CaptureError(
                f"d_inner is {self.d_inner}; a trace holds only twice d_model, {2 * self.d_model}"
            )
        for name, width in (("d_inner", self.d_inner), ("d_model", self.d_model)):
            if transform_factor(width) == 0:
                raise CaptureError(
                    f"{name} {width} has no Hadamard transform; it must be 2^k, 12*2^k or 40*2^k"
                )
        if self.d_state > MAX_STATES:
            raise CaptureError(f"d_state is {self.d_state}; a trace holds at most {MAX_STATES}")
        if self.family == "mamba2" and self.heads * self.head_dim != self.d_inner:
            raise CaptureError(
                f"{self.heads} heads of {self.head_dim} channels are not d_inner {self.d_inner}"
            )

    def metadata(self) -> Dict[str, str]:
        """The keys of a trace that tell them."""
        keys = ["d_model", "d_inner", "d_state", "n_layer", "vocab"]
        keys += ["dt_rank"] if self.family == "mamba1" else ["heads", "head_dim", "groups", "chunk"]
        out = {key: str(getattr(self, key)) for key in keys}
        out["family"] = self.family
        out["d_conv"] = str(CONV_TAPS)
        return out
