"""All answers to a small question, by trying every number: nested loops, nothing shared with convsolve.

The formulas are those of the PyTorch pages as torch runs them: floor division, and for pools with
ceil_mode the correction that drops a last window which would start in the padding on the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

PARAMETERS = ("kernel_size", "stride", "padding", "dilation", "output_padding")
CONVOLUTIONS = ("conv", "conv_transpose")
POOLS = ("max_pool", "avg_pool")

Values = tuple[int, ...]
Setting = tuple[int, int, int, int, int]  # kernel_size, stride, padding, dilation, output_padding


def out_size(kind: str, dims: int, size: int, setting: Setting, *, ceil_mode: bool = False) -> int | None:
    """The size behind a layer on one axis, or None where it is refused."""
    k, s, p, d, a = setting
    if min(k, s, d, size) < 1 or min(p, a) < 0:
        return None
    window = d * (k - 1) + 1
    if kind == "conv_transpose":
        if a >= s and a >= d:
            return None
        out = (size - 1) * s - 2 * p + window + a
    elif kind == "conv":
        if size + 2 * p < window:
            return None
        out = (size + 2 * p - window) // s + 1
    elif kind in POOLS:
        if 2 * p > k:
            return None
        if kind == "avg_pool" and dims == 3 and size < k:
            return None
        out = (size + 2 * p - window + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (out - 1) * s >= size + p:
            out -= 1
    else:
        raise ValueError(kind)
    return out if out >= 1 else None


class Layer(NamedTuple):
    """What may be chosen for one layer: for each parameter, the values on each axis."""

    kind: str
    values: Mapping[str, tuple[Values, ...]]
    per_axis: frozenset[str]  # given one domain an axis: never tied by default
    stride_follows: bool  # a pool whose stride was left out: it is the kernel's
    ceil_mode: bool


def layer(
    kind: str, axes: int, *, ceil_mode: bool = False, **given: int | Sequence[int] | list[Sequence[int]]
) -> Layer:
    """A layer with default limits for what is not given.

    A number or a tuple or range of numbers holds for every axis; a list has one such an axis.
    """
    values: dict[str, tuple[Values, ...]] = {}
    for name, value in given.items():
        each = value if isinstance(value, list) else [value] * axes
        values[name] = tuple((one,) if isinstance(one, int) else tuple(one) for one in each)
    every = {
        "kernel_size": tuple(range(1, 8)) if kind in CONVOLUTIONS else tuple(range(2, 8)),
        "stride": (1, 2, 3, 4) if kind in CONVOLUTIONS else (0,),
        "dilation": (1,),
    }
    follows = kind in POOLS and "stride" not in values
    for name, default in every.items():
        values.setdefault(name, (default,) * axes)
    if "padding" not in values:
        largest = [max(values["dilation"][x]) * (max(values["kernel_size"][x]) - 1) + 1 for x in range(axes)]
        values["padding"] = tuple(
            tuple(range(largest[x] // 2 + 1)) if kind in CONVOLUTIONS else (0,) for x in range(axes)
        )
    if "output_padding" not in values:
        most = [max(*values["stride"][x], *values["dilation"][x]) for x in range(axes)]
        values["output_padding"] = tuple(
            tuple(range(most[x])) if kind == "conv_transpose" else (0,) for x in range(axes)
        )
    per_axis = frozenset(name for name, value in given.items() if isinstance(value, list))
    return Layer(kind, values, per_axis, follows, ceil_mode)


def solutions(
    source: Sequence[int], target: Sequence[int], layers: Sequence[Layer], tie: str = "default"
) -> Iterator[tuple[tuple[Setting, ...], ...]]:
    """Every combination that leads from source to target: a layer's settings, one an axis."""
    axes = len(source)
    for chosen in product(*(list(_combinations(source, target, layers, number, tie)) for number in range(len(layers)))):
        for axis in range(axes):
            size: int | None = source[axis]
            for one, settings in zip(layers, chosen, strict=True):
                if size is not None:
                    size = out_size(one.kind, axes, size, settings[axis], ceil_mode=one.ceil_mode)
            if size != target[axis]:
                break
        else:
            yield chosen


def count(source: Sequence[int], target: Sequence[int], layers: Sequence[Layer], tie: str = "default") -> int:
    """How many combinations there are."""
    return sum(1 for _ in solutions(source, target, layers, tie))


def _combinations(
    source: Sequence[int], target: Sequence[int], layers: Sequence[Layer], number: int, tie: str
) -> Iterator[tuple[Setting, ...]]:
    """Every choice of one layer's numbers on all axes that its ties allow, whatever the sizes."""
    one = layers[number]

    def tied(name: str, first: int, second: int) -> bool:
        if tie == "none":
            return False
        if tie == "all":
            return True
        if tie != "default":
            return name in tie.split(",")
        if name in one.per_axis or (name == "stride" and one.stride_follows and "kernel_size" in one.per_axis):
            return False
        if name in ("kernel_size", "stride", "dilation"):
            return True
        return (source[first], target[first]) == (source[second], target[second]) and all(
            domains[first] == domains[second] for other in layers for domains in other.values.values()
        )

    def on(axis: int) -> list[Setting]:
        found = []
        for k, s, p, d, a in product(*(one.values[name][axis] for name in PARAMETERS)):
            setting = (k, k if one.stride_follows else s, p, d, a)
            # a setting that no size satisfies is left out at once: it only costs time
            if any(out_size(one.kind, 1, size, setting) is not None for size in (1, 10_000)):
                found.append(setting)
        return found

    every = [on(axis) for axis in range(len(source))]
    shared = [
        [place for place, name in enumerate(PARAMETERS) if tied(name, first, second)]
        for second in range(len(source))
        for first in range(second)
    ]

    def chosen(before: tuple[Setting, ...]) -> Iterator[tuple[Setting, ...]]:
        second = len(before)
        if second == len(source):
            yield before
            return
        ties = shared[second * (second - 1) // 2 :]
        for setting in every[second]:
            if all(
                setting[place] == other[place] for other, places in zip(before, ties, strict=False) for place in places
            ):
                yield from chosen((*before, setting))

    yield from chosen(())


def space(source: Sequence[int], target: Sequence[int], layers: Sequence[Layer], tie: str, most: int) -> int:
    """How many combinations there are to try, or `most`, where there are more."""
    found = 1
    for number in range(len(layers)):
        found *= sum(1 for _ in islice(_combinations(source, target, layers, number, tie), most))
    return min(found, most)
