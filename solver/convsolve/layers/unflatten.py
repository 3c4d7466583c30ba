"""Unflatten, see https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log2, prod

from convsolve.layers.base import AxisParameter, LayerKind, Option, Rule, Setting, TorchCall
from convsolve.layers.listed import Constant
from convsolve.layers.maps import SizeMap
from convsolve.shapes import LARGEST_SIZE

STARTS = tuple(range(1, 17))  # where a stack may begin behind it
# How unusual a size to start from is, in thousandths of a nat.
USUAL = 4  # as most decoders begin
ABOVE = 400  # each doubling of that
BELOW = 1000  # each halving
THREE = 500  # three times a power of two
ODD = 800  # neither that nor a power of two


@dataclass(frozen=True)
class Unflatten(LayerKind):
    """A row of channels becomes channels and axes: ``Unflatten(128, (4, 4))`` takes 2048.

    In a question the sizes may be left out, or have domains: ``Unflatten(128, "4..8")``.
    """

    name = "Unflatten"
    record = "unflatten"
    lifts = True
    positional = ("channels", "sizes")
    axis_parameters = (AxisParameter("sizes", "", 1, None, hole=True, limits=STARTS, most=LARGEST_SIZE),)
    options = (Option("channels", "c", None, int, least=1),)
    torch_classes = ("Unflatten",)
    torch_keywords = ("dim", "unflattened_size")

    channels: int | None = None

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        if dims:
            return "Unflatten takes channels without axes", "put Flatten() in front, or begin with channels alone: 100@"
        return None if "channels" in names else ("Unflatten needs channels", "write Unflatten(128, (4, 4))")

    @property
    def flat_in(self) -> bool:
        return True

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (
            Rule("flat", "in_size == 1", "an Unflatten takes channels without axes"),
            Rule("size", "out_size == sizes", "an Unflatten makes the sizes that it is told to"),
        )

    def size_map(self, setting: Setting) -> SizeMap:
        return Unfolded.to(setting[0])

    def channel_ratio(self, settings: Sequence[Setting], in_size: Sequence[int]) -> tuple[int, int]:
        del in_size
        return 1, prod(size for (size,) in settings)

    def charge(self, setting: Setting) -> int:
        (size,) = setting
        rest = size // (size & -size)  # without its factors of two
        away = log2(size / USUAL)
        return round(ABOVE * away if away > 0 else -BELOW * away) + (0 if rest == 1 else THREE if rest == 3 else ODD)

    def text(self, settings: Sequence[Setting]) -> str:
        return f"{self.channels}, {super().text(settings)}"

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels
        shape = (self.channels or out_channels or 1, *(size for (size,) in settings))
        return TorchCall("Unflatten", (), (("dim", 1), ("unflattened_size", shape)), bare=("dim", "unflattened_size"))


class Unfolded(Constant):
    """1 -> a size, and nothing else."""

    __slots__ = ()

    @classmethod
    def to(cls, size: int) -> Unfolded:
        """The map to a size."""
        return cls(up=False, stride=0, offset=size, least=1)

    def out(self, size: int) -> int | None:
        return self.offset if size == 1 else None

    def into(self, size: int) -> range:
        return range(1, 2) if size == self.offset else range(0)

    def ahead(self, sizes: range) -> range:
        return super().ahead(sizes) if 1 in sizes else range(0)
