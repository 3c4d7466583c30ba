"""Solutions with one integer wrong, and whether a run in torch sees it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from convsolve.answer import Solution
from convsolve.check.execution import run
from convsolve.check.report import Outcome
from convsolve.layers.solved import SolvedLayer
from tests.oracle.solutions import drawn, plain
from tests.oracle.torch_sizes import torch_sizes


def one_is_caught(draw: Random) -> bool:
    """Sabotage a drawn solution; fails unless the run says of it what torch, asked directly, says.

    Returns whether it was wrong: floor division swallows some numbers.
    """
    layers = sabotaged(draw, drawn(draw, most=2).layers)
    report = run(layers)
    if still_right(layers):
        worthless = [fault.what for fault in report.faults] == ["not-finite"]
        assert report.passed or worthless, (layers, report)
        return False
    assert report.outcome is Outcome.FAILED, layers
    assert report.faults, layers
    assert report.levels == (), layers
    return True


def sabotaged(draw: Random, layers: tuple[SolvedLayer, ...]) -> tuple[SolvedLayer, ...]:
    """The same with one integer wrong: a parameter, a size or a number of channels."""
    place = draw.randrange(len(layers))
    layer = layers[place]
    axis = draw.randrange(len(layer.in_size))
    columns = len(layer.settings[axis])
    column = draw.randrange(columns + 4)
    by = draw.choice((-3, -2, -1, -1, 1, 1, 2, 3))

    def at(values: tuple[int, ...], where: int) -> tuple[int, ...]:
        return (*values[:where], values[where] + by, *values[where + 1 :])

    if column < columns:
        setting = at(layer.settings[axis], column)
        wrong = replace(layer, settings=(*layer.settings[:axis], setting, *layer.settings[axis + 1 :]))
    elif column == columns:
        wrong = replace(layer, in_size=at(layer.in_size, axis))
    elif column == columns + 1:
        wrong = replace(layer, out_size=at(layer.out_size, axis))
    elif column == columns + 2:
        wrong = replace(layer, in_channels=(layer.in_channels or 1) + by)
    else:
        wrong = replace(layer, out_channels=(layer.out_channels or 1) + by)
    return (*layers[:place], wrong, *layers[place + 1 :])


def still_right(layers: tuple[SolvedLayer, ...]) -> bool:
    """Whether torch, asked without convsolve, makes of the layers what they say."""
    if any(before.out_size != after.in_size for before, after in pairwise(layers)):
        return False
    if any(before.out_channels != after.in_channels for before, after in pairwise(layers)):
        return False
    for layer in layers:
        both = (layer.in_channels, layer.out_channels)
        if not layer.kind.weighted and both[0] != both[1]:
            return False
        if any(c is None or c < 1 or c % getattr(layer.kind, "groups", 1) for c in both):
            return False
    if min(layers[0].in_size) < 1:
        return False
    return torch_sizes(plain(layers), layers[0].in_size) == Solution(layers).sizes
