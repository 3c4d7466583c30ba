"""What skip connections share: the output of an earlier layer beside what comes from the one in front."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from convsolve.layers.base import Option, Setting, SizeKeeping, TorchCall

Numbers = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Join(SizeKeeping):
    """Two outputs of one size become one; `layer` counts the layers as written, from 0."""

    options = (Option("layer", "", None, int, least=0),)
    positional = ("layer",)
    joins = True
    torch_classes = ("Identity",)

    layer: int = 0
    adds_channels: ClassVar[bool] = False  # what comes out has the channels of both

    @abstractmethod
    def completed(self, before: int | None, other: int | None, after: int | None) -> Numbers | None:
        """The channels that come to it, of the layer that it joins, and behind it: two of them tell the third.

        None where they contradict each other.
        """

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        del dims
        if "layer" in names:
            return None
        return f"{cls.name} needs the number of the layer whose output it joins", f"write {cls.name}(0), counted from 0"

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        """No module of torch's: what it does stands in a forward pass."""
        del settings, in_channels, out_channels
        return TorchCall(self.name, (self.layer,), ())
