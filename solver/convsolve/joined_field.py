"""The receptive field of a stack with skip connections: what an output sees through all branches together.

Through each layer a stretch of outputs sees a stretch of inputs, whose two ends are linear in those behind it, rounded
inwards: exactly so for convolutions and pools (holes counted, as in `convsolve.field.Field`), for other kinds as far
apart as they may lie. Where branches meet, the stretches are taken together. With that the field is never below what
an output sees, also where branches look at different places, as they do where one of them pads on one side only.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, gcd, lcm, prod
from typing import NamedTuple

from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.join import Join
from convsolve.layers.solved import SolvedLayer

MOST_PERIOD = 64  # outputs that see in different ways and are looked at one by one; beyond, ends are not rounded

Stretch = tuple[Fraction | int, Fraction | int]  # from the first to the last element, both included


class _Step(NamedTuple):
    """From a stretch behind a layer to the one in front: (over*end + low or high) / under."""

    over: int
    low: int
    high: int
    under: int

    @classmethod
    def of(cls, kind: LayerKind, setting: Setting, ends: tuple[int, int]) -> _Step:
        if kind.window(setting) is None and kind.receptive_field(1, setting, ends) == ends[0] > 1:
            return cls(0, 0, ends[0] - 1, 1)  # everything, as a Flatten does
        over, centre = kind.view(setting, *ends)
        if (window := kind.window(setting)) is not None:
            kernel_size, _, _, dilation, _ = window
            reach = Fraction(dilation * (kernel_size - 1), 2) * (over if kind.on_input else 1)
        elif kind.field_rule is None:
            reach = Fraction(0)
        else:  # what one output sees lies within an element of the place that it looks at
            reach = Fraction(kind.receptive_field(1, setting, ends) - 1, 2) + 1
        under = lcm(over.denominator, (centre - reach).denominator, (centre + reach).denominator)
        first, low, high = (int(number * under) for number in (over, centre - reach, centre + reach))
        return cls(first, low, high, under)

    def into(self, behind: Stretch, *, whole: bool) -> Stretch:
        first, last = (self.over * behind[0] + self.low, self.over * behind[1] + self.high)
        if whole:
            return -(-first // self.under), last // self.under
        return Fraction(first) / self.under, Fraction(last) / self.under


def joined_field(layers: Sequence[SolvedLayer]) -> tuple[int, ...]:
    """On each axis how many neighbouring inputs an output can see.

    Example:
        >>> from convsolve.tracing import trace
        >>> joined_field(trace("Conv(k=3, p=1) >> Conv(k=5, p=2) >> Add(0)", 9).layers)
        (7,)
        >>> joined_field(trace("Pad((0, 0)) >> Pad((4, 0)) >> Conv(k=3) >> Crop((0, 2)) >> Add(0)", 9).layers)
        (5,)
    """
    found: dict[object, int] = {}
    axes = range(len(layers[0].settings))
    for axis in axes:
        key = _key(layers, axis)
        if key not in found:
            found[key] = _on_axis(layers, axis)
    return tuple(found[_key(layers, axis)] for axis in axes)


def _key(layers: Sequence[SolvedLayer], axis: int) -> object:
    return tuple([(layer.settings[axis], layer.ends[axis]) for layer in layers])


def _on_axis(layers: Sequence[SolvedLayer], axis: int) -> int:
    steps = [_Step.of(layer.kind, layer.settings[axis], layer.ends[axis]) for layer in layers]
    kinds = [layer.kind for layer in layers]
    outs = layers[-1].ends[axis][1]
    period = prod(step.under // _common(step) for step in steps)
    whole = period <= MOST_PERIOD
    # in steps of the period both ends are linear, so that a stretch is the longest at either end of the output
    near = min(period if whole else 1, outs)
    places = {*range(near), *range(outs - near, outs)}
    return max(_seen(kinds, steps, place, whole=whole) for place in places)


def _common(step: _Step) -> int:
    """What does not change how ends are rounded from one output to the next."""
    return gcd(step.over, step.under)


def _seen(kinds: Sequence[LayerKind], steps: Sequence[_Step], place: int, *, whole: bool) -> int:
    """How many inputs lie between the first and the last that an output sees; 0 where it sees none."""
    stretches: list[Stretch | None] = [*([None] * len(steps)), (place, place)]
    for at in reversed(range(len(steps))):
        behind, kind = stretches[at + 1], kinds[at]
        if behind is None:
            continue
        into = steps[at].into(behind, whole=whole)
        if into[0] <= into[1]:  # a transposed convolution may have holes
            stretches[at] = _together(stretches[at], into)
        if isinstance(kind, Join):
            stretches[kind.layer + 1] = _together(stretches[kind.layer + 1], behind)
    first = stretches[0]
    return 0 if first is None else floor(first[1] - first[0]) + 1


def _together(one: Stretch | None, other: Stretch) -> Stretch:
    return other if one is None else (min(one[0], other[0]), max(one[1], other[1]))
