"""Cropping, each side by itself: negative padding, see the docs of torch.nn.ZeroPad2d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import POSITIVE, AxisParameter, Rule, Setting, TorchCall
from convsolve.layers.maps import SizeMap, upwards
from convsolve.layers.sides import Sides, in_torchs_order

SIDE = tuple(range(4))


@dataclass(frozen=True)
class Crop(Sides):
    """out = in - before - after; in torch a ZeroPad by negative amounts."""

    name = "Crop"
    record = "crop"
    centre_rule = "2*before"
    axis_parameters = (
        AxisParameter("before", "", 0, None, hole=True, limits=SIDE),
        AxisParameter("after", "", 0, None, hole=True, limits=SIDE),
    )
    torch_classes = ("ZeroPad",)
    torch_keywords = ("padding",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == in_size - before - after", "a cropped size"), POSITIVE)

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(1, -sum(setting))

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        amounts = in_torchs_order(settings, sign=-1)
        return TorchCall(f"ZeroPad{self.dims}d", (), (("padding", amounts),), bare=("padding",))
