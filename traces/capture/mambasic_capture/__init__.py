"""Makes mambasic traces (traces/FORMAT.md) of models that run in PyTorch."""

__version__ = "0.1.0"
