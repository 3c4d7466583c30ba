"""What pixel shuffle and its inverse share: a factor for both axes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from convsolve.layers.base import AxisParameter, LayerKind, Setting, TorchCall

FACTOR = AxisParameter("factor", "", 1, None, hole=True, limits=(1, 2, 3, 4), split=True, shared=True)


@dataclass(frozen=True)
class Shuffle(LayerKind):
    """Elements of channels become elements of axes, or the other way round."""

    positional = ("factor",)
    axis_parameters = (FACTOR,)
    torch_keyword: ClassVar[str]

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        if dims in {0, 2}:
            return super().complaint(dims, names)
        return f"torch has {cls.name} for two axes only, not for {dims}", "give sizes of two axes, as in 8x8"

    def charge(self, setting: Setting) -> int:
        return scaling_charge(setting[0])

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        keyword = self.torch_keyword
        return TorchCall(self.name, (), ((keyword, settings[0][0]),), bare=(keyword,))


def scaling_charge(factor: float) -> int:
    """How unusual a factor is, in thousandths of a nat: 2 is the rule, 1 does nothing."""
    usual = {1: 2500, 2: 0, 3: 1200, 4: 800}
    return usual.get(int(factor), 1600) if factor == int(factor) else 2000
