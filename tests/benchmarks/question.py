"""A question in plain numbers, for engines that know nothing of convsolve, and what they answer.

The default limits and ties are read from the interface's words, not from convsolve's code; the tests hold both
readings together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

PARAMETERS = ("kernel_size", "stride", "padding", "dilation", "output_padding")
TIED_BY_DEFAULT = ("kernel_size", "stride", "dilation")

Domain = tuple[int, ...]
Setting = tuple[int, ...]  # the five parameters in the order above; output_padding 0 for a convolution
Combination = tuple[tuple[Setting, ...], ...]  # layer by layer, axis by axis


class RefusedError(Exception):
    """An engine cannot express what is asked."""


class OutOfTimeError(Exception):
    """The limit of a measurement has passed."""


@dataclass(frozen=True)
class Layer:
    """One layer: its kind, ``conv`` or ``conv_transpose``, and a domain for each parameter."""

    kind: str
    domains: tuple[Domain, ...]

    @property
    def transposed(self) -> bool:
        return self.kind == "conv_transpose"


class Axis(NamedTuple):
    """An axis, and how many there are on which all is the same; these share every parameter."""

    source: int
    target: int
    copies: int


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        axes: those that differ; `places` says for each axis of the tensor which of them it is.
        layers: what may be chosen.
        shared: the parameters that are equal on all axes.
        channels: in front of each layer and behind the last, where they are given.
        objective: ``params`` or ``macs``, to be minimised, where that is asked.
        conditions: see `suite`.
    """

    axes: tuple[Axis, ...]
    places: tuple[int, ...]
    layers: tuple[Layer, ...]
    shared: tuple[str, ...]
    channels: tuple[int, ...]
    objective: str | None
    conditions: Mapping[str, int]

    def leader(self, parameter: int, axis: int) -> int:
        """The axis whose value an axis takes for a parameter."""
        return 0 if PARAMETERS[parameter] in self.shared else axis

    def whole(self, settings: Sequence[Sequence[Setting]]) -> Combination:
        """Settings on the axes that differ, spread over all axes of the tensor."""
        return tuple(tuple(tuple(layer[place]) for place in self.places) for layer in settings)


class Outcome(NamedTuple):
    """What an engine says.

    Attributes:
        verdict: ``solved``, ``impossible``, or ``gave up``.
        answers: combinations; the best first where one was asked for.
        number: a count, a proved minimum, or how many answers were listed.
        complete: whether `answers` are all, where they were listed.
    """

    verdict: str
    answers: Sequence[Combination] = ()
    number: int | None = None
    complete: bool = False


def question(
    source: Sequence[int],
    target: Sequence[int],
    kinds: Sequence[str],
    limits: Mapping[str, Sequence[int]],
    *,
    channels: Sequence[int] = (),
    objective: str | None = None,
    tie: str = "default",
    conditions: Mapping[str, int] | None = None,
) -> Question:
    """Reads the words of the suite; what `limits` leaves out has the default limits."""
    made = {kind: layer(kind, limits) for kind in kinds}
    ends = list(zip(source, target, strict=True))
    unlike = list(dict.fromkeys(ends))
    if tie not in ("default", "all"):
        raise ValueError(tie)
    return Question(
        tuple(Axis(*pair, ends.count(pair)) for pair in unlike),
        tuple(map(unlike.index, ends)),
        tuple(made[kind] for kind in kinds),
        PARAMETERS if tie == "all" else TIED_BY_DEFAULT,
        tuple(channels),
        objective,
        conditions or {},
    )


def layer(kind: str, limits: Mapping[str, Sequence[int]]) -> Layer:
    """A layer with the default limits for what is not given."""
    kernels = tuple(limits.get("kernel_size", range(1, 8)))
    strides = tuple(limits.get("stride", range(1, 5)))
    dilations = tuple(limits.get("dilation", (1,)))
    window = max(dilations) * (max(kernels) - 1) + 1
    paddings = tuple(limits.get("padding", range(window // 2 + 1)))
    extra: Sequence[int] = (0,)
    if kind == "conv_transpose":
        extra = limits.get("output_padding", range(max(*strides, *dilations)))
    return Layer(kind, (kernels, strides, paddings, dilations, tuple(extra)))


def bounds(asked: Question, axis: int) -> list[tuple[int, int]]:
    """Per position the smallest and largest size that could matter: interval arithmetic, forward, then backward."""
    hull = [(asked.axes[axis].source,) * 2]
    for one in asked.layers:
        low, high = hull[-1]
        kernels, strides, paddings, dilations, extra = one.domains
        least, most = min(dilations) * (min(kernels) - 1), max(dilations) * (max(kernels) - 1)
        if one.transposed:
            lowest = (low - 1) * min(strides) - 2 * max(paddings) + least + min(extra) + 1
            highest = (high - 1) * max(strides) - 2 * min(paddings) + most + max(extra) + 1
        else:
            lowest = (low + 2 * min(paddings) - most - 1) // max(strides) + 1
            highest = (high + 2 * max(paddings) - least - 1) // min(strides) + 1
        hull.append((max(1, lowest), max(0, highest)))
    goal = asked.axes[axis].target
    hull[-1] = (max(goal, hull[-1][0]), min(goal, hull[-1][1]))
    for place in reversed(range(len(asked.layers))):
        one = asked.layers[place]
        low, high = hull[place + 1]
        kernels, strides, paddings, dilations, extra = one.domains
        least, most = min(dilations) * (min(kernels) - 1), max(dilations) * (max(kernels) - 1)
        if one.transposed:
            lowest = -((-(low + 2 * min(paddings) - most - max(extra) - 1)) // max(strides)) + 1
            highest = (high + 2 * max(paddings) - least - min(extra) - 1) // min(strides) + 1
        else:
            lowest = (low - 1) * min(strides) - 2 * max(paddings) + least + 1
            highest = high * max(strides) - 2 * min(paddings) + most
        hull[place] = (max(lowest, hull[place][0]), min(highest, hull[place][1]))
    return hull
