"""Most conventional first: an additive score in thousandths of a nat, lowest first.

score(stack) = sum over axes of [layer_cost of each layer + change_cost between one and the next of its kind]

layer_cost = FREQUENCY * (-ln P(kernel_size, stride, dilation) - ln P(padding, output_padding | those)) + charges

Both P are (repositories that have it + DOUBT * e^-rule) / (repositories + DOUBT): the table of published
layers where it knows, a rule of thumb where it does not (`_shape_rule`: usual ratios of kernel and stride;
`_padding_rule`: the padding that keeps or divides the size, then none, then others by their distance).
Charges, whatever the table says: input that is never read, outputs that see no input, uneven overlap, even
kernels where they fit no stride, kernel 1, and an idle value other than 1 (an idle stride is summed out of
the table). A large kernel in front of other layers costs less: it is the stem.

change_cost is one CHANGE, however many parameters change together: networks change by blocks. A growing
kernel costs two, a change of habit in padding a little more. To or from an idle value nothing is charged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from math import exp, log, log2
from pkgutil import get_data
from typing import NamedTuple

Setting = tuple[int, int, int, int, int]  # kernel_size, stride, padding, dilation, output_padding
Active = tuple[int | None, ...]  # a setting with None in place of an idle parameter

FREQUENCY = 300  # of 1000: one odd block is worse than a rarer layer throughout
DOUBT = 8.0  # repositories that the rules of thumb are worth

# Rules of thumb, in nats.
LARGE_KERNEL = 0.5  # per e-fold of the kernel, beyond twice the stride
LARGE_STRIDE = 1.5  # per e-fold
UNUSUAL_RATIO = 1.0  # neither k = s, k = 2s nor an odd kernel up to 2s + 1
GAPS = 3.0  # kernel below stride: elements that no window covers
DILATED = 0.5  # and as much per e-fold
STILL_POOL = 1.0  # a pool that pools nothing: stride 1
NO_PADDING = 0.5
NEAR_PADDING = 1.0  # between the paddings that keep and that divide the size
OTHER_PADDING = 4.0
PADDING_STEP = 0.5  # per element away from the usual
OUTPUT_PADDING = 1.0  # per element

# Charges, in thousandths of a nat.
UNREAD = 1000  # the first input element at the end that no window reads; two for three, three for seven
DEAD = 1000  # padding beyond dilation*(kernel_size-1), output_padding beyond padding: outputs that see no input
UNEVEN = 300  # transposed, kernel_size % stride: overlap differs from element to element
EVEN = 600  # an even kernel that cannot keep or divide the size: at stride 1, or (convolutions) no multiple of it
POINT = 300  # kernel 1 at stride 1: a question of sizes asks for layers that work on sizes
IDLE = 1000  # a stride or dilation that changes nothing, yet is not 1

STEM = 620  # taken off the first convolution of several where its kernel is STEM_KERNEL or more
STEM_KERNEL = 7

CHANGE = 1500
GROWTH = 3000  # where the kernel grows: it shrinks twice as often from one layer to the next
HABIT = 800  # from padding to none or back, where the kernel or the stride changes too
MORE_PADDING = 200  # padding alone changes and grows: the larger one usually comes first

STYLE_BITS = 64  # more than the score of any stack has: what is more important than style is counted above it


@dataclass(frozen=True, eq=False)  # compared by identity, so that costs can be remembered
class Style:
    """A sense of what is usual, learned from counts of published layers.

    Attributes:
        repositories: how many repositories use a setting, by kind and setting.
        growing: whether sizes are those of a family's first member: where that has one position, others have more.
    """

    repositories: Mapping[tuple[str, Setting], int]
    growing: bool = False

    @cached_property
    def evidence(self) -> Mapping[tuple[object, ...], int]:
        """Repositories by kind, by shape and by whole setting; each with its stride and with None for any."""
        sums: dict[tuple[object, ...], int] = defaultdict(int)
        for (kind, (kernel, stride, padding, dilation, output_padding)), count in self.repositories.items():
            sums[kind,] += count
            for shape in ((kind, kernel, stride, dilation), (kind, kernel, None, dilation)):
                sums[shape] += count
                sums[*shape, padding, output_padding] += count
        return dict(sums)

    def layer_cost(self, kind: str, setting: Setting, in_size: int, out_size: int, *, first: bool = False) -> int:
        """What one layer costs on one axis. Sizes matter where they make its stride idle or leave input unread.

        `first` says that it is the first of several layers.

        >>> cost = standard().layer_cost
        >>> cost("conv", (3, 1, 1, 1, 0), 28, 28) < cost("conv", (5, 1, 2, 1, 0), 28, 28)
        True
        """
        if kind == "conv_transpose":
            return _known_cost(self, kind, setting, idle=in_size == 1 and not self.growing)
        kernel, stride, padding, dilation, _ = setting
        window = dilation * (kernel - 1) + 1
        unread = in_size + padding - (out_size - 1) * stride - window
        # A stride that is needed to come down to one output is not idle in what it costs.
        idle = out_size == 1 and in_size + 2 * padding <= window and not self.growing
        cost = _known_cost(self, kind, setting, idle=idle)
        cost = max(0, cost - _stem(kind, setting, first=first))
        return cost + round(UNREAD * log2(1 + unread)) if unread > 0 else cost

    def layer_floor(self, kind: str, setting: Setting, *, idle: bool, first: bool = False) -> int:
        """The least that the layer costs at any size, its stride idle there or not."""
        least = _cost(self, kind, setting, idle=False)
        if idle and not self.growing:
            least = min(least, _cost(self, kind, setting, idle=True))
        return max(0, least - _stem(kind, setting, first=first))

    def active(self, kind: str, setting: Setting, in_size: int, out_size: int) -> Active:
        """The setting with None for what has no effect: stride where one position is left, dilation at kernel 1."""
        kernel, stride, padding, dilation, output_padding = setting
        idle = (in_size if kind == "conv_transpose" else out_size) == 1 and not self.growing
        return kernel, None if idle else stride, padding, None if kernel == 1 else dilation, output_padding

    def change_cost(self, kind: str, before: Active, after: Active) -> int:
        """What it costs that a layer differs from the one of its kind before it; both as `active` gives them."""
        if before == after:
            return 0
        kernel, stride, padding, dilation, output_padding = map(_growth, before, after)
        alone = not (kernel or stride or dilation or output_padding)
        # Where the whole axis is one window, its padding is no habit but what the sizes want.
        if before[1] is None or after[1] is None:
            padding = 0
        if alone:
            return 0 if not padding else CHANGE + (MORE_PADDING if padding > 0 else 0)
        charge = GROWTH if kernel > 0 else CHANGE
        if padding and kind != "conv_transpose" and 1 not in (before[0], after[0]) and 0 in (before[2], after[2]):
            charge += HABIT
        return charge


def _stem(kind: str, setting: Setting, *, first: bool) -> int:
    """What a large kernel costs less where it stands in front, as in ResNet and CycleGAN."""
    return STEM if first and kind == "conv" and setting[0] >= STEM_KERNEL else 0


def _growth(before: int | None, after: int | None) -> int:
    return 0 if before is None or after is None else after - before


class _Shape(NamedTuple):
    """What kernel_size, stride and dilation cost, whatever the padding; `key` is their place in the table."""

    key: tuple[object, ...]
    like: int  # repositories that have them
    nats: float
    charges: int


@lru_cache(maxsize=1 << 16)
def _shape(style: Style, kind: str, window: tuple[int, int, int], *, idle: bool) -> _Shape:
    kernel, stride, dilation = window
    transposed, pool = kind == "conv_transpose", kind.endswith("_pool")
    charges = POINT if kernel == stride == 1 and not pool else 0
    if kernel == 1 and dilation != 1:
        charges += IDLE
        dilation = 1
    if idle:
        # torch gives a pool its kernel as stride: nobody chose that value, so it comes right behind 1
        charges += 0 if stride == 1 else 1 if pool and stride == kernel else IDLE
        stride = kernel if pool else 1
    else:
        charges += UNEVEN if transposed and kernel % stride else 0
        if kernel % 2 == 0 and not pool and (stride == 1 or (not transposed and kernel % stride)):
            charges += EVEN
    key = (kind, kernel, None if idle else stride, dilation)
    like = style.evidence.get(key, 0)
    nats = _surprise(like, style.evidence.get((kind,), 0), DOUBT, _shape_rule(kind, kernel, stride, dilation))
    return _Shape(key, like, nats, charges)


def _cost(style: Style, kind: str, setting: Setting, *, idle: bool) -> int:
    """A layer's cost without unread input; `idle`: its stride has no effect."""
    kernel, stride, padding, dilation, output_padding = setting
    shape = _shape(style, kind, (kernel, stride, dilation), idle=idle)
    charges = shape.charges + DEAD * (padding > dilation * (kernel - 1)) + DEAD * (output_padding > padding)
    if idle:
        stride = kernel if kind.endswith("_pool") else 1
    same = style.evidence.get((*shape.key, padding, output_padding), 0)
    # Two paddings are usual, so each has half the weight: one that divides the size, and none.
    rule = _padding_rule(kind, (kernel, stride, padding, 1 if kernel == 1 else dilation, output_padding))
    nats = shape.nats + _surprise(same, shape.like, DOUBT / 2, rule)
    return round(FREQUENCY * nats) + charges


_known_cost = lru_cache(maxsize=1 << 16)(_cost)  # a floor asks for each setting once, the search again and again


def _surprise(count: int, total: int, weight: float, rule: float) -> float:
    """-ln((count + weight * e^-rule) / (total + DOUBT)), also where the power is too small for a float."""
    return log(total + DOUBT) - (log(count + weight * exp(-rule)) if count else log(weight) - rule)


def _shape_rule(kind: str, kernel: int, stride: int, dilation: int) -> float:
    """How unusual a kernel is at this stride and dilation, in nats."""
    nats = LARGE_STRIDE * log(stride) + (DILATED * (1 + log(dilation)) if dilation > 1 else 0)
    if stride == 1:
        return nats + LARGE_KERNEL * log(kernel) + (STILL_POOL if kind.endswith("_pool") else 0)
    if kernel < stride:
        return nats + GAPS
    if kernel == stride:
        return nats
    if kernel == 2 * stride and not kind.endswith("_pool"):
        return nats
    if kind == "conv" and kernel % 2 and kernel <= 2 * stride + 1:
        return nats
    return nats + UNUSUAL_RATIO + LARGE_KERNEL * abs(log(kernel / (2 * stride)))


def _padding_rule(kind: str, setting: Setting) -> float:
    """How unusual a padding is for its kernel, stride and dilation, in nats."""
    kernel, stride, padding, dilation, output_padding = setting
    reach = dilation * (kernel - 1)
    dividing = reach + 1 - stride  # twice the padding at which sizes are divided, or multiplied, exactly
    if kind == "conv_transpose":
        nats = OUTPUT_PADDING * output_padding
        if 2 * padding - output_padding == dividing and padding <= reach:
            return nats
        if padding == 0:
            return nats + NO_PADDING
        return nats + OTHER_PADDING + PADDING_STEP * abs(padding - (dividing + output_padding) / 2)
    if padding == 0:
        return NO_PADDING if kernel > stride else 0.0
    if 2 * padding in (reach, dividing, dividing + 1):
        return 0.0
    if dividing <= 2 * padding <= reach + 1:
        return NEAR_PADDING
    return OTHER_PADDING + PADDING_STEP * min(padding, abs(padding - reach / 2))


@cache
def standard() -> Style:
    """The style learned from all repositories of data/layers.csv."""
    text = get_data("convsolve", "data/layers.csv")  # a tenth of what importing importlib.resources takes
    if text is None:
        raise FileNotFoundError("convsolve/data/layers.csv")
    table: dict[tuple[str, Setting], int] = {}
    for line in text.decode().splitlines()[1:]:
        kind, *numbers = line.split(",")
        kernel, stride, padding, dilation, output_padding, repositories = map(int, numbers)
        table[kind, (kernel, stride, padding, dilation, output_padding)] = repositories
    return Style(table)


@cache
def of_families() -> Style:
    """The same for the first members of families."""
    return replace(standard(), growing=True)
