"""Pixel shuffle, see https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import Rule, Setting
from convsolve.layers.maps import SizeMap, upwards
from convsolve.layers.shuffle import Shuffle


@dataclass(frozen=True)
class PixelShuffle(Shuffle):
    """out = in*factor on both axes, from factor**2 channels one."""

    name = "PixelShuffle"
    record = "pixel_shuffle"
    gathers = True
    field_rule = "(behind + factor - 2)//factor + 1"
    centre_rule = "1 - factor"
    jump_rules = (None, "behind*factor")
    torch_classes = ("PixelShuffle",)
    torch_keyword = "upscale_factor"
    torch_keywords = ("upscale_factor",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == factor*in_size", "a pixel shuffle multiplies the size"),)

    def size_map(self, setting: Setting) -> SizeMap:
        return upwards(setting[0], 0)

    def channel_ratio(self, settings: Sequence[Setting], in_size: Sequence[int]) -> tuple[int, int]:
        del in_size
        return 1, settings[0][0] ** 2
