"""All combinations of one stack of layers, numbered: components side by side, each way a digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from convsolve.answer import Solution
from convsolve.assembly import Assembly
from convsolve.conditioned import TooManyStates
from convsolve.errors import Error
from convsolve.expansion import Settings
from convsolve.layers.base import Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.scouting import scout
from convsolve.shapes import Shape
from convsolve.space.decisions import Decisions
from convsolve.space.ways import Way, Ways
from convsolve.tables import State

CHECKED = ("arithmetic",)


class Passed(NamedTuple):
    """One layer on the axes of one component."""

    settings: tuple[Setting, ...]
    state: State
    out: State


class Branch:
    """The combinations of a problem, in the graph's order.

    Args:
        problem: the question, without objectives.

    Raises:
        Error: ``too-many`` where its conditions have too many cases to be carried; ``unsupported`` as `graphs`.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._assembly = Assembly(problem)
        self._joined: dict[tuple[int, tuple[Passed, ...]], SolvedLayer] = {}
        found = self._scout = scout(problem)
        try:
            graphs = found.graphs if found.conditions is None and problem.fixed else [found.whole]
            self.total = found.total
        except TooManyStates:
            raise Error(
                "too-many",
                "the conditions leave too many cases to be counted, so no space can be made of them",
                help=["narrow the limits, or leave out a condition", "convsolve solve finds one all the same"],
            ) from None
        # for each axis of the question where it is among those of the components, and in which
        self.places = {
            axis: (part, position)
            for part, graph in enumerate(graphs)
            for position, twins in enumerate(graph.component.twins)
            for axis in twins
        }
        self._order = [self.places[axis] for axis in range(problem.axes)]
        self._plain = self._order == [(0, axis) for axis in range(problem.axes)]
        # what settings and sizes make of channels is known of a whole combination only
        alone = len(graphs) == 1 and not self._assembly.wired
        self._whole = alone
        dress = self._layer if alone else _passed
        self.parts: list[Ways[Any]] = [Ways(graph, found.conditions, dress) for graph in graphs]
        self.decisions = Decisions(self)

    def solution(self, number: int) -> Solution:
        """The combination with a number from 0 on."""
        if self._whole:
            return Solution(tuple(self.parts[0].way(number)), CHECKED, family=self.problem.family)
        numbers = []
        for part in reversed(self.parts):
            number, own = divmod(number, part.total)
            numbers.append(own)
        passed = [part.way(own) for part, own in zip(self.parts, reversed(numbers), strict=True)]
        if self._assembly.wired:
            return self.assembled([Way(one[0].state, tuple([item.settings for item in one])) for one in passed])
        each = zip(*passed, strict=True)
        layers = tuple([self._join(place, items) for place, items in enumerate(each)])
        return Solution(layers, CHECKED, family=self.problem.family)

    def number(self, solution: Solution) -> int | None:
        """The number of a solution; None where it is none of these."""
        if self.unlike(solution) is not None:
            return None
        found = self.number_of(solution.start, self.settings(solution))
        return None if found is None or self.solution(found) != solution else found

    def settings(self, solution: Solution) -> Combination:
        """The settings of a solution that is like these, as the question counts them."""
        return tuple([asked.recounted(own) for asked, own in zip(self.problem.layers, solution.layers, strict=True)])

    def number_of(self, size: State, combination: Combination) -> int | None:
        """The number of a combination behind an input of that size; None where it is none of these."""
        ways = self._split(size, combination)
        if ways is None:
            return None
        found = 0
        for part, way in zip(self.parts, ways, strict=True):
            own = part.number_of(way)
            if own is None:
                return None
            found = found * part.total + own
        return found

    def unlike(self, solution: Solution) -> tuple[int | None, str] | None:
        """What makes a solution one of another stack, with the layer: its kinds, channels or input."""
        problem = self.problem
        if len(solution.layers) != len(problem.layers):
            return None, f"there are {len(solution.layers)} layers, not {len(problem.layers)}"
        for place, (layer, asked) in enumerate(zip(solution.layers, problem.layers, strict=True)):
            channels = (layer.in_channels, layer.out_channels)
            asked_for = problem.channels[place : place + 2]
            if self._assembly.wired:  # what is not given follows from what was chosen
                asked_for = tuple([one or own for one, own in zip(asked_for, channels, strict=True)])
            wanted_kind = asked.kind.settled(asked_for[1])
            if type(layer.kind) is not type(wanted_kind):
                return place, f"layer {place} is {layer.kind.name}, not {wanted_kind.name}"
            if channels != asked_for:
                said = [" -> ".join("?" if one is None else str(one) for one in some) for some in (channels, asked_for)]
                return place, f"layer {place} ({layer.kind.name}) has channels {said[0]}, not {said[1]}"
            if layer.kind != wanted_kind.chosen(asked.recounted(layer))[0]:
                # without settings they may be alike: then a setting is a fraction that the question has no parts for
                same = layer.kind.chosen(())[0] == wanted_kind.chosen(())[0]
                other = f"{layer.kind.text(layer.settings)}, which is in no domain" if same else "other options"
                return place, f"layer {place} ({layer.kind.name}) has {other}"
        if solution.start not in problem.input:
            return None, f"the input is {Shape(None, solution.start)}, not {replace(problem.input, channels=None)}"
        return None

    def comes_out(self, size: State, combination: Combination) -> State | None:
        """The size behind all layers; None where one refuses."""
        for layer, settings in zip(self.problem.layers, combination, strict=True):
            outs = [layer.kind.size_map(one).out(number) for one, number in zip(settings, size, strict=True)]
            size = tuple([out for out in outs if out is not None])
            if len(size) < len(outs):
                return None
        return size

    def ways(self, solution: Solution) -> list[Way]:
        """The ways of the components of a combination that is one of these."""
        found = self._split(solution.start, self.settings(solution))
        if found is None:
            raise ValueError(solution)
        return found

    def _split(self, size: State, combination: Sequence[Settings]) -> list[Way] | None:
        """The ways of the components; None where axes that stand for each other differ."""
        ways: list[Way] = []
        for part in self.parts:
            twins = part.graph.component.twins
            every = [size, *combination]
            if any(one[axis] != one[axes[0]] for one in every for axes in twins for axis in axes[1:]):
                return None
            first = [axes[0] for axes in twins]
            path = [tuple([settings[axis] for axis in first]) for settings in combination]
            ways.append(Way(tuple([size[axis] for axis in first]), tuple(path)))
        return ways

    @cached_property
    def free(self) -> Branch:
        """The same without the conditions that are carried."""
        return Branch(replace(self._scout.plain, where=()))

    @cached_property
    def together(self) -> Ways[Passed]:
        """All axes as one component, for what multiplies over them."""
        return Ways(self._scout.whole, self._scout.conditions, _passed)

    def of_together(self, number: int) -> Solution:
        """The combination of a way of these."""
        passed = self.together.way(number)
        order = [self.together.graph.component.place(axis) for axis in range(self.problem.axes)]
        combination = tuple([tuple([one.settings[at] for at in order]) for one in passed])
        return self._assembly(combination, tuple([passed[0].state[at] for at in order]))

    def assembled(self, ways: Sequence[Way]) -> Solution:
        """The combination that ways of all components make."""
        layers = range(len(self.problem.layers))
        combination = tuple([tuple([ways[part].path[place][at] for part, at in self._order]) for place in layers])
        return self._assembly(combination, tuple([ways[part].state[at] for part, at in self._order]))

    def _layer(self, place: int, settings: tuple[Setting, ...], state: State, out: State) -> SolvedLayer:
        if self._plain:
            return self._assembly.layer(place, settings, state, out)
        return self._join(place, (Passed(settings, state, out),))

    def _join(self, place: int, items: tuple[Passed, ...]) -> SolvedLayer:
        found = self._joined.get((place, items))
        if found is None:
            settings = tuple([items[part].settings[at] for part, at in self._order])
            state = tuple([items[part].state[at] for part, at in self._order])
            out = tuple([items[part].out[at] for part, at in self._order])
            found = self._joined[place, items] = self._assembly.layer(place, settings, state, out)
        return found


def _passed(_: int, settings: tuple[Setting, ...], state: State, out: State) -> Passed:
    return Passed(settings, state, out)
