"""Flatten, see https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

from convsolve.layers.base import LayerKind, Rule, Setting, TorchCall
from convsolve.layers.listed import Constant
from convsolve.layers.maps import SizeMap


@dataclass(frozen=True)
class Flatten(LayerKind):
    """Channels and all axes become one row of channels: as many as there are elements. An axis counts 1 from there."""

    name = "Flatten"
    record = "flatten"
    field_rule = "in_size"
    centre_rule = "in_size - 1"
    jump_rules = ("behind*in_size", None)
    torch_classes = ("Flatten",)

    @classmethod
    def complaint(cls, dims: int, names: Collection[str]) -> tuple[str, str] | None:
        del dims, names
        return None

    @property
    def flat_out(self) -> bool:
        return True

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == 1", "behind a Flatten there are no axes"),)

    def size_map(self, setting: Setting) -> SizeMap:
        del setting
        return Constant.at(1)

    def channel_ratio(self, settings: Sequence[Setting], in_size: Sequence[int]) -> tuple[int, int]:
        del settings
        return prod(in_size), 1

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del settings, in_channels, out_channels
        return TorchCall("Flatten", (), ())
