"""The graph's edges expanded: which settings lead from one state to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

from convsolve.components import Step
from convsolve.domains import Domain
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.fans import AnyFan, Listed
from convsolve.layers.maps import SizeMap
from convsolve.tables import State

Settings = tuple[Setting, ...]  # of one layer, one an axis of the component


class Group(NamedTuple):
    """The joint settings of a layer that lead from one state to another, what axes share decided."""

    choice: int
    out: State


class Expansion:
    """All joint settings of a component's layers, found state by state and kept."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._settings: dict[tuple[LayerKind, tuple[Domain, ...]], Mapping[SizeMap, list[Setting]]] = {}
        self._outs: dict[tuple[int, int, int, int], dict[int, list[SizeMap]]] = {}
        self._leading: dict[tuple[int, int, int, int, int], list[Setting]] = {}
        self._groups: dict[tuple[int, State], list[Group]] = {}

    @cached_property
    def columns(self) -> list[list[Collection[int]]]:
        """Per position and axis, the live sizes."""
        return [[states.column(axis) for axis in range(self.graph.axes)] for states in self.graph.live]

    def groups(self, place: int, state: State) -> list[Group]:
        """The ways on from a state through layer `place`: by shared decision, then by the state behind."""
        found = self._groups.get((place, state))
        if found is None:
            ahead = self.graph.live[place + 1]
            found = self._groups[place, state] = [
                Group(choice, out)
                for choice in range(len(self.graph.steps[place].choices))
                for out in product(*(self._behind(place, choice, axis, size) for axis, size in enumerate(state)))
                if out in ahead
            ]
        return found

    def ways(self, place: int, state: State) -> Iterator[tuple[Settings, State]]:
        """The joint settings of the groups, in the order of the groups and ascending in each."""
        for choice, out in self.groups(place, state):
            each = [self.leading(place, choice, axis, *ends) for axis, ends in enumerate(zip(state, out, strict=True))]
            for settings in product(*each):
                yield settings, out

    def leading(self, place: int, choice: int, axis: int, size: int, out: int) -> list[Setting]:
        """The settings of one axis that lead from one size to another, ascending, if any; shared parameters decided."""
        key = (place, choice, axis, size, out)
        found = self._leading.get(key)
        if found is None:
            by_map = self.settings(place, choice, axis)
            maps = self._behind(place, choice, axis, size).get(out, ())
            found = self._leading[key] = sorted(setting for size_map in maps for setting in by_map[size_map])
        return found

    def _behind(self, place: int, choice: int, axis: int, size: int) -> dict[int, list[SizeMap]]:
        """The sizes behind one axis, ascending, and the size maps that lead there."""
        key = (place, choice, axis, size)
        found = self._outs.get(key)
        if found is None:
            here, outs = self.columns[place + 1][axis], dict[int, list[SizeMap]]()
            for size_map in self.settings(place, choice, axis):
                out = size_map.out(size)
                if out is not None and out in here:
                    outs.setdefault(out, []).append(size_map)
            found = self._outs[key] = dict(sorted(outs.items()))
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


def between(step: Step, state: State, out: State, fans: Sequence[Sequence[AnyFan]] | None = None) -> Iterator[Settings]:
    """The joint settings of a layer that lead from one state to another; with `fans`, those that these have."""
    each: list[Iterable[Setting]] = []
    for some, domains, size, following in zip(fans or step.fans, step.layer.domains, state, out, strict=True):
        settings = _settings_between(step.layer.kind, some, domains, size, following)
        each.append([*settings] if each else settings)
    return _agreeing(step.ties, each, ())


def _settings_between(
    kind: LayerKind, fans: Sequence[AnyFan], domains: Sequence[Domain], size: int, out: int
) -> Iterator[Setting]:
    for size_map in _maps_between(fans, size, out):
        yield from kind.settings_of(size_map, domains)


def _maps_between(fans: Sequence[AnyFan], size: int, out: int) -> Iterator[SizeMap]:
    """The size maps that lead from one size to another, each once; some may have no setting."""
    known = set()
    for fan in fans:
        if isinstance(fan, Listed):
            yield from [size_map for size_map, _ in fan.each if size_map.out(size) == out]
            continue
        up, stride, offset, reach, _, least = fan
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
