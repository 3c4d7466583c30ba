"""The graph's edges expanded: which settings lead from one state to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from convsolve.components import Step
from convsolve.domains import Domain
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind, Setting, SizeMap
from convsolve.layers.fans import Fan
from convsolve.tables import State

Settings = tuple[Setting, ...]  # of one layer, one an axis of the component


class Way(NamedTuple):
    """One joint setting of a layer, and the state behind it."""

    settings: Settings
    out: State


class Expansion:
    """All joint settings of a component's layers, found state by state and kept."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.columns = [
            [{state[axis] for state in states} for axis in range(len(graph.source))] for states in graph.live
        ]
        self._settings: dict[tuple[LayerKind, tuple[Domain, ...]], Mapping[SizeMap, list[Setting]]] = {}
        self._options: dict[tuple[int, int, int, int], list[tuple[Setting, int]]] = {}
        self._ways: dict[tuple[int, State], list[Way]] = {}

    def ways(self, place: int, state: State) -> list[Way]:
        """Every way on from a live state through layer `place`, in ascending order of settings."""
        found = self._ways.get((place, state))
        if found is None:
            found = self._ways[place, state] = sorted(self._expand(place, state))
        return found

    def _expand(self, place: int, state: State) -> list[Way]:
        if state not in self.graph.live[place]:
            return []
        ahead = self.graph.live[place + 1]
        found = []
        for choice in range(len(self.graph.steps[place].choices)):
            options = [self._on_axis(place, choice, axis, size) for axis, size in enumerate(state)]
            if not all(options):
                continue
            for combination in product(*options):
                settings, out = zip(*combination, strict=True)
                if out in ahead:
                    found.append(Way(settings, out))
        return found

    def _on_axis(self, place: int, choice: int, axis: int, size: int) -> list[tuple[Setting, int]]:
        key = (place, choice, axis, size)
        found = self._options.get(key)
        if found is None:
            here, by_map = self.columns[place + 1][axis], self.settings(place, choice, axis)
            found = self._options[key] = [
                (setting, out)
                for size_map in by_map
                if (out := size_map.out(size)) in here and out is not None
                for setting in by_map[size_map]
            ]
        return found

    def settings(self, place: int, choice: int, axis: int) -> Mapping[SizeMap, list[Setting]]:
        """The settings of one axis by their size map, shared parameters decided."""
        step = self.graph.steps[place]
        return self._by_map(step, step.choices[choice][axis])

    def alone(self, place: int, axis: int) -> Mapping[SizeMap, list[Setting]]:
        """The settings of one axis by their size map, ties left out."""
        step = self.graph.steps[place]
        return self._by_map(step, step.layer.domains[axis])

    def _by_map(self, step: Step, domains: tuple[Domain, ...]) -> Mapping[SizeMap, list[Setting]]:
        kind = step.layer.kind
        found = self._settings.get((kind, domains))
        if found is None:
            found = self._settings[kind, domains] = kind.settings_by_map(domains)
        return found


def between(step: Step, state: State, out: State, fans: Sequence[Sequence[Fan]] | None = None) -> Iterator[Settings]:
    """The joint settings of a layer that lead from one state to another; with `fans`, those that these have."""
    each: list[Iterable[Setting]] = []
    for some, domains, size, following in zip(fans or step.fans, step.layer.domains, state, out, strict=True):
        settings = _settings_between(step.layer.kind, some, domains, size, following)
        each.append([*settings] if each else settings)
    return _agreeing(step.ties, each, ())


def _settings_between(
    kind: LayerKind, fans: Sequence[Fan], domains: Sequence[Domain], size: int, out: int
) -> Iterator[Setting]:
    for size_map in _maps_between(fans, size, out):
        yield from kind.settings_of(size_map, domains)


def _maps_between(fans: Sequence[Fan], size: int, out: int) -> Iterator[SizeMap]:
    """The size maps that lead from one size to another, each once; some may have no setting."""
    known = set()
    for up, stride, offset, reach, _, least in fans:
        if size < least:
            continue
        low = out - stride * size if up else (out - 1) * stride - size
        high = low if up else low + stride - 1
        for one in range(max(low, offset), min(high, offset + reach) + 1):
            size_map = SizeMap.of(stride, one, up=up, least=least)
            if size_map not in known:
                known.add(size_map)
                yield size_map


def _agreeing(
    ties: Sequence[Sequence[int]], each: Sequence[Iterable[Setting]], chosen: tuple[Setting, ...]
) -> Iterator[Settings]:
    """One setting an axis in every combination in which tied parameters are equal."""
    axis = len(chosen)
    if axis == len(each):
        yield chosen
        return
    wanted = [
        (parameter, chosen[leaders.index(leaders[axis])][parameter])
        for parameter, leaders in enumerate(ties)
        if leaders.index(leaders[axis]) < axis
    ]
    for setting in each[axis]:
        if all(setting[parameter] == value for parameter, value in wanted):
            yield from _agreeing(ties, each, (*chosen, setting))
