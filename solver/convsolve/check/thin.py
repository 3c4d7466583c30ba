"""The same layers made small enough to run: few channels, or one axis at a time.

Neither changes a size on the axes that stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from convsolve.emit.dressing import filled
from convsolve.errors import Error
from convsolve.layers.act import Act
from convsolve.layers.join import Join
from convsolve.layers.listed import Division
from convsolve.layers.norm import Norm
from convsolve.layers.solved import SolvedLayer
from convsolve.layers.unflatten import Unflatten

MOST_ELEMENTS = 2**24  # in any one tensor, at batch 1: 64 MiB
# Multiplications of one layer, at batch 1. torch may lay each window's elements side by side: a 7x7
# kernel on 4096x4096 took 1.2 GiB and 1.4 s at one channel, on 2048x2048 a quarter of both.
MOST_WORK = 2**28


def thinned(layers: Sequence[SolvedLayer]) -> tuple[SolvedLayer, ...]:
    """The layers with one channel, or as many as there are groups, in place of the real number.

    The real numbers stay where skip connections are such that no smaller ones are found.
    """
    try:
        return filled([replace(_thin(layer), in_channels=None, out_channels=None) for layer in layers])
    except Error:
        return filled(layers)


def _thin(layer: SolvedLayer) -> SolvedLayer:
    """An Unflatten to one channel, and normalisation that a single channel passes just where the real number would."""
    kind = layer.kind
    if isinstance(kind, Unflatten):
        return replace(layer, kind=replace(kind, channels=None))
    if not isinstance(kind, Norm) or kind.function != "group":
        return layer
    if layer.out_channels != kind.groups and math.prod(layer.out_size) == 1:
        # Many channels a group, each of one value: one thin channel would be a single value.
        return replace(layer, kind=Act(kind.dims, "identity"))
    return replace(layer, kind=replace(kind, groups=1))


def on_one_axis(layers: Sequence[SolvedLayer], axis: int) -> tuple[SolvedLayer, ...]:
    """The layers with the smallest legal sizes on every other axis, normalisation left out.

    Where an axis has no legal size the recorded ones stay, and the run shows what is wrong.
    """
    sizes = [
        _recorded(layers, other) if other == axis else _smallest(layers, other)
        for other in range(len(layers[0].in_size))
    ]
    return tuple(
        replace(
            layer,
            kind=Act(layer.kind.dims, "identity") if isinstance(layer.kind, Norm) else layer.kind,
            in_size=tuple(steps[place][0] for steps in sizes),
            out_size=tuple(steps[place][1] for steps in sizes),
        )
        for place, layer in enumerate(layers)
    )


def fits(layers: Sequence[SolvedLayer]) -> bool:
    """Whether every tensor and every layer's work is within the budget."""
    return all(_elements(layer) <= MOST_ELEMENTS and _work(layer) <= MOST_WORK for layer in layers)


def weight_elements(layer: SolvedLayer) -> int:
    """The elements of a convolution's kernel; 0 for other kinds."""
    if not layer.kind.weighted:
        return 0
    channels = (layer.in_channels or 1) * (layer.out_channels or 1)
    return channels // layer.kind.group_count() * layer.kind.elements(layer.settings)


def _recorded(layers: Sequence[SolvedLayer], axis: int) -> list[tuple[int, int]]:
    return [(layer.in_size[axis], layer.out_size[axis]) for layer in layers]


def _smallest(layers: Sequence[SolvedLayer], axis: int) -> list[tuple[int, int]]:
    low, high = 1, layers[0].in_size[axis]
    found = _steps(layers, axis, high)
    if found is None:
        return _recorded(layers, axis)
    joined = any(layer.kind.joins for layer in layers)
    if joined or any(isinstance(layer.kind.size_map(layer.settings[axis]), Division) for layer in layers):
        return next(steps for size in range(1, high + 1) if (steps := _steps(layers, axis, size)))
    while low < high:  # what is legal stays legal as the input grows
        middle = (low + high) // 2
        if steps := _steps(layers, axis, middle):
            found, high = steps, middle
        else:
            low = middle + 1
    return found


def _steps(layers: Sequence[SolvedLayer], axis: int, size: int) -> list[tuple[int, int]] | None:
    steps: list[tuple[int, int]] = []
    for layer in layers:
        kind = layer.kind
        after = kind.size_map(layer.settings[axis]).out(size)
        if after is None or (isinstance(kind, Join) and steps[kind.layer][1] != size):
            return None
        steps.append((size, after))
        size = after
    return steps


def _elements(layer: SolvedLayer) -> int:
    into = (layer.in_channels or 1) * math.prod(layer.in_size)
    out = (layer.out_channels or 1) * math.prod(layer.out_size)
    return max(into, out, weight_elements(layer))


def _work(layer: SolvedLayer) -> int:
    sides = (math.prod(layer.in_size), math.prod(layer.out_size))
    transposed = layer.kind.record == "conv_transpose"
    each = weight_elements(layer) or (layer.in_channels or 1) * layer.kind.elements(layer.settings)
    return each * sides[0 if transposed else 1]
