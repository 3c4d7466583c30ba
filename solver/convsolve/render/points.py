"""Combinations on one line each, with what they cost: a Pareto set as a table."""

from __future__ import annotations

from collections.abc import Sequence

from convsolve.answer import Solution
from convsolve.layers.solved import SolvedLayer
from convsolve.render.layers import PARAMETERS, axes, parameter, telling
from convsolve.render.table import Column, Row

USUAL = {"dilation": "1", "output_padding": "0"}  # not worth a column where they are nothing else


def table(
    costs: Sequence[str], points: Sequence[tuple[Solution, tuple[int, ...]]], *, every: bool = False
) -> tuple[list[Column], list[Row]]:
    """The columns and rows of points, in their order.

    Args:
        costs: the names of the values.
        points: solutions with their values.
        every: whether each parameter has its column, as a program expects.
    """
    layers = [layer for solution, _ in points for layer in solution.layers]
    names = [*PARAMETERS] if every else telling(layers, USUAL)
    head = [Column("#"), *(Column(cost.removeprefix("-")) for cost in costs), Column("sizes", number=False)]
    head += [Column(name, PARAMETERS[name], number=False) for name in names]
    rows: list[Row] = []
    for number, (solution, values) in enumerate(points, start=1):
        counted = [f"{value}" if every else f"{value:,}" for value in values]
        rows.append((str(number), *counted, sizes(solution), *(per_layer(solution.layers, name) for name in names)))
    return head, rows


def sizes(solution: Solution) -> str:
    """``4 -> 8 -> 16``; a layer that keeps the size is left out."""
    channels = [solution.input.channels, *(layer.out_channels for layer in solution.layers)]
    found: list[str] = []
    for size, number in zip(solution.told[0], channels, strict=True):
        text = axes(size, each=True) or f"{'?' if number is None else number}@"
        if found[-1:] != [text]:
            found.append(text)
    return " -> ".join(found)


def per_layer(layers: Sequence[SolvedLayer], name: str) -> str:
    """A parameter of all layers that have it: ``4,4,3x5``."""
    return ",".join(text for layer in layers if (text := parameter(layer, name)))
