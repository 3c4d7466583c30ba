"""Normalisations: they change no size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.errors import Error
from convsolve.layers.base import Option, Setting, SizeKeeping, TorchCall

# name -> torch.nn class; batch and instance normalisation have one a dimension
NORMALISATIONS = {"batch": "BatchNorm", "instance": "InstanceNorm", "group": "GroupNorm"}


@dataclass(frozen=True)
class Norm(SizeKeeping):
    """A normalisation by name; groups are GroupNorm's: ``Norm("group", 8)``."""

    name = "Norm"
    record = "norm"
    options = (
        Option("function", "", None, str, words=tuple(NORMALISATIONS)),
        Option("groups", "g", 1, int, least=1),
    )
    positional = ("function", "groups")

    function: str = "batch"
    groups: int = 1

    def __post_init__(self) -> None:
        if self.groups != 1 and self.function != "group":
            raise Error("bad-value", f"Norm: {self.function} takes no groups", help=[f'write Norm("{self.function}")'])

    def group_count(self) -> int:
        return self.groups

    def refuses_single(self, channels: int | None) -> str | None:
        # torch refuses these in evaluation too. Batch normalisation then needs no second value, and
        # group normalisation passes from batch 2 on; what holds for a batch of 1 is refused here.
        if self.function == "instance":
            return "instance normalisation needs more than one element a channel"
        # Where nobody knows the channels, code is written with one a group.
        if self.function == "group" and channels in {None, self.groups}:
            return "group normalisation needs more than one element a group"
        return None

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del settings, in_channels
        if self.function == "group":
            return TorchCall("GroupNorm", (self.groups, out_channels), ())
        # without axes batch normalisation is that of one axis; torch takes no instance normalisation there
        return TorchCall(f"{NORMALISATIONS[self.function]}{self.dims or 1}d", (out_channels,), ())
