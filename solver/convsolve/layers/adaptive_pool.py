"""What adaptive average and maximum pooling share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import ClassVar

from convsolve.layers.base import AxisParameter, LayerKind, Rule, Setting, TorchCall, axis_keywords
from convsolve.layers.listed import Constant
from convsolve.layers.maps import SizeMap
from convsolve.shapes import LARGEST_SIZE

SURPRISE = 300  # for each doubling of the output: most networks pool to a single element


@dataclass(frozen=True)
class AdaptivePool(LayerKind):
    """out = output_size, whatever goes in; windows begin at floor(i*in/out) and end at ceil((i + 1)*in/out)."""

    positional = ("output_size",)
    # r neighbours see at most (r*in + 2*out - 2*gcd(in, out))//out; where out does not divide in, 1 stands
    # for the divisor: never too small. Z3 cannot prove the best with a division by the input's size, which is open.
    field_rule = "min(in_size, (behind*in_size + 2*(output_size - 1)*min(1, in_size % output_size))//output_size)"
    jump_rules = ("behind*in_size", "behind*output_size")
    centre_rule = "in_size - output_size"
    torch_name: ClassVar[str]
    axis_parameters = (
        AxisParameter("output_size", "", 1, None, hole=True, limits=tuple(range(1, 65)), split=True, most=LARGEST_SIZE),
    )

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (Rule("size", "out_size == output_size", "an adaptive pool makes what it is told to"),)

    def size_map(self, setting: Setting) -> SizeMap:
        return Constant.at(setting[0])

    def charge(self, setting: Setting) -> int:
        return round(SURPRISE * log2(setting[0]))

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        keywords = tuple(axis_keywords(self, settings))
        return TorchCall(f"{self.torch_name}{self.dims}d", (), keywords, bare=("output_size",))
