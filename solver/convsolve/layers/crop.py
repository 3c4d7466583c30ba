"""Cropping, each side by itself: negative padding, see the docs of torch.nn.ZeroPad2d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import POSITIVE, Rule, Setting, TorchCall
from convsolve.layers.maps import SizeMap, upwards
from convsolve.layers.sides import Sides, padding_call


@dataclass(frozen=True)
class Crop(Sides):
    """out = in - before - after; in torch a ZeroPad by negative amounts."""

    name = "Crop"
    record = "crop"
    centre_rule = "2*before"
    torch_classes = ("ZeroPad",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == in_size - before - after", "a cropped size"), POSITIVE)

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(1, -sum(setting))

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        return padding_call(f"ZeroPad{self.dims}d", settings, sign=-1)
