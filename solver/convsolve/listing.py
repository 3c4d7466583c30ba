"""Combinations in the graph's own order, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from convsolve.conditioned import Conditioned, Folded
from convsolve.expansion import Expansion, Settings
from convsolve.layers.base import Setting
from convsolve.problem import Problem
from convsolve.tables import State

Path = tuple[Settings, ...]  # layer by layer, axis by axis of a component
Combination = tuple[tuple[Setting, ...], ...]  # layer by layer, every axis of the question


def meeting(problem: Problem, expansion: Expansion, conditions: Conditioned) -> Iterator[Combination]:
    """The combinations that meet conditions, by what their folds come to, then by ascending settings."""
    twins = [expansion.graph.component.twins]
    return (spread(problem, twins, [path]) for path in _ascending(expansion, conditions))


def in_graph_order(problem: Problem, expansions: Sequence[Expansion]) -> Iterator[Combination]:
    """The combinations of the whole question by ascending settings, component by component."""
    twins = [expansion.graph.component.twins for expansion in expansions]

    def combined(place: int) -> Iterator[list[Path]]:
        if place == len(expansions):
            yield []
            return
        for path in _ascending(expansions[place]):
            for rest in combined(place + 1):
                yield [path, *rest]

    return (spread(problem, twins, paths) for paths in combined(0))


def _ascending(expansion: Expansion, conditions: Conditioned | None = None) -> Iterator[Path]:
    """Every path of a component; not by recursion, since there may be a thousand layers."""

    def ways(place: int, state: State, folded: Folded) -> Iterator[tuple[Settings, State, Folded]]:
        for settings, out in expansion.ways(place, state):
            passed = [()] if conditions is None else conditions.onward(place, state, settings, out, folded)
            for behind in passed:
                yield settings, out, behind

    last = len(expansion.graph.steps) - 1
    path: list[Settings] = []
    starts = [()] if conditions is None else conditions.sources
    open_ways: list[Iterator[tuple[Settings, State, Folded]]] = [
        chain.from_iterable(ways(0, expansion.graph.source, folded) for folded in starts)
    ]
    while open_ways:
        way = next(open_ways[-1], None)
        if way is None:
            open_ways.pop()
            if path:
                path.pop()
            continue
        settings, out, folded = way
        if len(path) == last:
            yield (*path, settings)
        else:
            path.append(settings)
            open_ways.append(ways(len(path), out, folded))


def spread(problem: Problem, twins: Sequence[Sequence[Sequence[int]]], paths: Sequence[Path]) -> Combination:
    """Paths of components as settings of every axis."""
    if len(paths) == 1 and len(twins[0]) == 1:
        return tuple(settings * problem.axes for settings in paths[0])
    places = {
        axis: (part, position)
        for part, groups in enumerate(twins)
        for position, group in enumerate(groups)
        for axis in group
    }
    order = [places[axis] for axis in range(problem.axes)]
    return tuple(
        tuple(paths[part][layer][position] for part, position in order) for layer in range(len(problem.layers))
    )
