"""Nested loops: every setting of the first layer, and for each every one of the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.benchmarks.question import PARAMETERS, Layer, Outcome, Question, RefusedError, Setting

Joint = tuple[Setting, ...]


def first(asked: Question, _limit: float) -> Outcome:
    found = next(_answers(asked), None)
    return Outcome("impossible") if found is None else Outcome("solved", [asked.whole(found)])


def _answers(asked: Question) -> Iterator[list[Joint]]:
    if asked.conditions:
        raise RefusedError("conditions")
    choices = {layer: list(_joint(asked, layer)) for layer in dict.fromkeys(asked.layers)}
    target = tuple(axis.target for axis in asked.axes)

    def below(place: int, sizes: tuple[int, ...], so_far: list[Joint]) -> Iterator[list[Joint]]:
        if place == len(asked.layers):
            if sizes == target:
                yield so_far
            return
        layer = asked.layers[place]
        for settings in choices[layer]:
            after = tuple(out_size(layer, size, one) for size, one in zip(sizes, settings, strict=True))
            if min(after) > 0:
                yield from below(place + 1, after, [*so_far, settings])

    yield from below(0, tuple(axis.source for axis in asked.axes), [])


def out_size(layer: Layer, size: int, setting: Setting) -> int:
    """The size behind a layer, 0 or less where the layer is not legal."""
    kernel, stride, padding, dilation, extra = setting
    window = dilation * (kernel - 1) + 1
    if layer.transposed:
        return (size - 1) * stride - 2 * padding + window + extra if extra < max(stride, dilation) else 0
    return (size + 2 * padding - window) // stride + 1 if size + 2 * padding >= window else 0


def _joint(asked: Question, layer: Layer) -> Iterator[Joint]:
    axes = range(len(asked.axes))
    for settings in product(product(*layer.domains), repeat=len(axes)):
        if all(
            settings[axis][n] == settings[asked.leader(n, axis)][n] for axis in axes for n in range(len(PARAMETERS))
        ):
            yield settings
