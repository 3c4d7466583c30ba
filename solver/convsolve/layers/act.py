"""Activations: they change no size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.errors import Error
from convsolve.layers.base import Option, Setting, SizeKeeping, TorchCall

# name -> (torch.nn class, the keyword of its one number, if it takes one)
ACTIVATIONS: dict[str, tuple[str, str | None]] = {
    "relu": ("ReLU", None),
    "relu6": ("ReLU6", None),
    "leaky_relu": ("LeakyReLU", "negative_slope"),
    "elu": ("ELU", "alpha"),
    "celu": ("CELU", "alpha"),
    "selu": ("SELU", None),
    "gelu": ("GELU", None),
    "silu": ("SiLU", None),
    "mish": ("Mish", None),
    "softplus": ("Softplus", "beta"),
    "softsign": ("Softsign", None),
    "hardtanh": ("Hardtanh", None),
    "hardsigmoid": ("Hardsigmoid", None),
    "hardswish": ("Hardswish", None),
    "prelu": ("PReLU", None),
    "tanh": ("Tanh", None),
    "sigmoid": ("Sigmoid", None),
    "identity": ("Identity", None),
}


@dataclass(frozen=True)
class Act(SizeKeeping):
    """An activation by name, some with one number: ``Act("leaky_relu", 0.2)``."""

    name = "Act"
    record = "act"
    options = (
        Option("function", "", None, str, words=tuple(ACTIVATIONS)),
        Option("value", "", None, float),
    )
    positional = ("function", "value")

    function: str = "relu"
    value: float | None = None

    def __post_init__(self) -> None:
        if self.value is not None and ACTIVATIONS[self.function][1] is None:
            raise Error("bad-value", f"Act: {self.function} takes no number", help=[f'write Act("{self.function}")'])

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del settings, in_channels, out_channels
        name, keyword = ACTIVATIONS[self.function]
        if keyword is None or self.value is None:
            return TorchCall(name, (), ())
        return TorchCall(name, (), ((keyword, self.value),))
