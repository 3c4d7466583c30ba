"""What skip connections share: the output of an earlier layer beside what comes from the one in front."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from convsolve.errors import Error
from convsolve.layers.base import Option, Setting, SizeKeeping, TorchCall


@dataclass(frozen=True)
class Join(SizeKeeping):
    """Two outputs of one size become one; `layer` counts the layers as written, from 0."""

    options = (Option("layer", "", None, int, least=0),)
    positional = ("layer",)
    joins = True
    torch_classes = ("Identity",)

    layer: int = 0

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        del dims
        if "layer" in names:
            return None
        return f"{cls.name} needs the number of the layer whose output it joins", f"write {cls.name}(0), counted from 0"

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del settings, in_channels, out_channels
        raise Error(
            "unsupported", f"{self.name} is written as code by no nn.Sequential", help=["leave it out of the stack"]
        )
