"""The graph's edges expanded: which settings lead from one state to the next."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

from convsolve.components import Step
from convsolve.domains import Domain
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind, Setting, SizeMap
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
