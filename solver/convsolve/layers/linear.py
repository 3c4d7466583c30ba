"""A linear layer, see https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

from convsolve.layers.base import Option, Setting, SizeKeeping, TorchCall


@dataclass(frozen=True)
class Linear(SizeKeeping):
    """Every channel out of every channel in; channels without axes, as behind a Flatten."""

    name = "Linear"
    record = "linear"
    weighted = True
    positional = ("out_features",)
    options = (Option("out_features", "c", None, int, least=1), Option("bias", "", default=True, type=bool))
    torch_classes = ("Linear",)

    out_features: int | None = None
    bias: bool = True

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        del names
        if dims == 0:
            return None
        return "Linear takes channels without axes", "write Flatten() >> Linear(...), or an input such as 100@"

    @property
    def out_channels(self) -> int | None:
        """The channels behind the layer, as convolutions call them."""
        return self.out_features

    def settled(self, out_channels: int | None) -> Self:
        return self if self.out_features == out_channels else replace(self, out_features=out_channels)

    def weight_count(self, elements: int, in_channels: int, out_channels: int) -> int:
        del elements
        return in_channels * out_channels + (out_channels if self.bias else 0)

    def mac_count(
        self, elements: int, in_channels: int, out_channels: int, sizes: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> int:
        del elements, sizes
        return in_channels * out_channels

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del settings
        return TorchCall("Linear", (in_channels, out_channels), () if self.bias else (("bias", False),))
