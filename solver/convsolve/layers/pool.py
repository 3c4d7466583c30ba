"""What max and average pooling share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import ClassVar, Self

from convsolve.domains import Domain
from convsolve.layers.base import POSITIVE, AxisParameter, LayerKind, Option, Rule, Setting, TorchCall, axis_keywords
from convsolve.layers.fans import Fan, fan_of, part_of
from convsolve.layers.maps import SizeMap, downwards

KERNEL = AxisParameter("kernel_size", "k", 1, None, hole=True, limits=tuple(range(2, 8)))
STRIDE = AxisParameter("stride", "s", 1, "kernel_size", hole=False, split=True)
PADDING = AxisParameter("padding", "p", 0, 0, hole=False)
CEIL_MODE = Option("ceil_mode", "", default=False, type=bool)


@dataclass(frozen=True)
class Pool(LayerKind):
    """out = floor or ceil((in + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1."""

    options = (CEIL_MODE,)
    jump_rules = ("behind*stride", None)
    positional = ("kernel_size",)
    torch_name: ClassVar[str]
    extent: ClassVar[str] = "dilation*(kernel_size - 1)"  # how far a window reaches beyond its first element

    ceil_mode: bool = False
    stride_follows: bool = False

    def settled(self, out_channels: int | None) -> Self:
        del out_channels
        return replace(self, stride_follows=False) if self.stride_follows else self

    def follows(self, parameter: str) -> bool:
        return parameter == "stride" and self.stride_follows

    @property
    def rules(self) -> tuple[Rule, ...]:
        offset = f"in_size + 2*padding - {self.extent} - 1"
        if self.ceil_mode:
            # the last window must start inside the input or its left padding: hence the minimum
            offset = f"min({offset} + stride - 1, in_size + padding - 1)"
        follows = Rule("default_stride", "stride == kernel_size", "a pool's stride is its kernel_size")
        return (
            *([follows] if self.stride_follows else []),
            Rule("padding", "2*padding <= kernel_size", "a pool's padding is at most half its kernel"),
            Rule("window", f"{offset} >= 0", "the window must fit into the padded input"),
            Rule(
                "size",
                f"stride*(out_size - 1) <= {offset} <= stride*out_size - 1",
                "the size of a pool's output",
            ),
            POSITIVE,
        )

    def settings(self, domains: Sequence[Domain]) -> Iterator[Setting]:
        if not self.stride_follows:
            return super().settings(domains)
        # Each kernel_size has one stride: their product would be listed for nothing.
        kernels, strides, *others = domains
        each = [((kernel_size,), (kernel_size,), *others) for kernel_size in kernels if kernel_size in strides]
        return chain.from_iterable(super(Pool, self).settings(one) for one in each)

    def size_map(self, setting: Setting) -> SizeMap:
        kernel_size, stride, padding, dilation, _ = self.window(setting)
        offset = 2 * padding - dilation * (kernel_size - 1) - 1
        if self.ceil_mode:
            offset = min(offset + stride - 1, padding - 1)
        return downwards(stride, offset, self.smallest_input(kernel_size))

    def fans(self, domains: Sequence[Domain]) -> tuple[Fan, ...]:
        kernels, strides, paddings, *others = domains
        windows = Counter(
            (
                k if self.stride_follows else None,
                self.smallest_input(k),
                2 * p - d * (k - 1) - 1,
                p if self.ceil_mode else 0,
            )
            for k in kernels
            for p in paddings
            if 2 * p <= k
            for d in (others[0] if others else (1,))
        )
        found: dict[tuple[int, int], Counter[int]] = {}
        for (own, least, offset, padding), settings in windows.items():
            for stride in strides if own is None else {own}.intersection(strides):
                last = min(offset + stride - 1, padding - 1) if self.ceil_mode else offset
                found.setdefault((stride, least), Counter())[last] += settings
        return tuple(
            fan_of(stride, part_of(offsets, offsets), constant=0, up=False, least=least)
            for (stride, least), offsets in found.items()
        )

    def smallest_input(self, kernel_size: int) -> int:
        """The least size that the kind itself demands, whatever the padding."""
        del kernel_size
        return 1

    def window(self, setting: Setting) -> tuple[int, int, int, int, int]:
        kernel_size, stride, padding, *dilation = setting
        return (kernel_size, stride, padding, dilation[0] if dilation else 1, 0)

    def torch_call(self, settings: Sequence[Setting], in_channels: int | None, out_channels: int | None) -> TorchCall:
        del in_channels, out_channels
        keywords = list(axis_keywords(self, settings))
        if self.ceil_mode:
            keywords.append(("ceil_mode", True))
        return TorchCall(f"{self.torch_name}{self.dims}d", (), tuple(keywords))
