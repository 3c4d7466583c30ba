"""The inverse of pixel shuffle, see https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convsolve.layers.base import POSITIVE, Rule, Setting
from convsolve.layers.listed import Division
from convsolve.layers.maps import SizeMap
from convsolve.layers.shuffle import Shuffle


@dataclass(frozen=True)
class PixelUnshuffle(Shuffle):
    """out = in/factor on both axes, which must be whole, and from each channel factor**2."""

    name = "PixelUnshuffle"
    record = "pixel_unshuffle"
    field_rule = "behind*factor"
    centre_rule = "factor - 1"
    jump_rules = ("behind*factor", None)
    torch_classes = ("PixelUnshuffle",)
    torch_keyword = "downscale_factor"
    torch_keywords = ("downscale_factor",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (
            Rule("whole", "in_size % factor == 0", "a pixel unshuffle needs a multiple of its factor"),
            Rule("size", "in_size == factor*out_size", "a pixel unshuffle divides the size"),
            POSITIVE,
        )

    def size_map(self, setting: Setting) -> SizeMap:
        return Division.by(setting[0])

    def channel_ratio(self, settings: Sequence[Setting], in_size: Sequence[int]) -> tuple[int, int]:
        del in_size
        return settings[0][0] ** 2, 1
