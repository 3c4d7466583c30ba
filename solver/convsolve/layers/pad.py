"""Padding as a layer, see https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import Option, Rule, Setting, TorchCall
from convsolve.layers.maps import SizeMap, upwards
from convsolve.layers.sides import Sides, padding_call

# mode -> torch.nn class; each has one a dimension
MODES = {"constant": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


@dataclass(frozen=True)
class Pad(Sides):
    """out = in + before + after; before and after are elements, zeros or copies of what is there."""

    name = "Pad"
    record = "pad"
    centre_rule = "0 - 2*before"
    options = (Option("mode", "", "constant", str, words=tuple(MODES)),)
    torch_classes = tuple(MODES.values())

    mode: str = "constant"

    @property
    def rules(self) -> tuple[Rule, ...]:
        size = Rule("size", "out_size == in_size + before + after", "a padded size")
        if self.mode == "reflect":
            reason = "reflection pads less than the input"
            return (
                Rule("reflect_before", "before <= in_size - 1", reason),
                Rule("reflect_after", "after <= in_size - 1", reason),
                size,
            )
        if self.mode == "circular":
            reason = "circular padding is at most the input"
            return (
                Rule("circular_before", "before <= in_size", reason),
                Rule("circular_after", "after <= in_size", reason),
                size,
            )
        return (size,)

    def size_map(self, setting: Setting) -> SizeMap:
        least = {"reflect": max(setting) + 1, "circular": max(setting)}.get(self.mode, 1)
        size_map = upwards(1, sum(setting))
        return size_map._replace(least=max(size_map.least, least))

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        return padding_call(f"{MODES[self.mode]}{self.dims}d", settings)
