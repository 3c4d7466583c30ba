"""Conditions that are settled before any combination is looked at, by what each setting and size may be at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from convsolve.domains import Domain
from convsolve.folds import BEHIND, Grounding
from convsolve.graph import Graph
from convsolve.grounding import ground
from convsolve.language.intervals import Interval, always, interval
from convsolve.problem import Problem
from convsolve.variables import setting_name, size_name


class Ranges:
    """What each setting and size of a question may be at all, on some way or none.

    Args:
        problem: the question.
        graphs: of all its components.

    Attributes:
        domains: of each setting.
        intervals: of each setting and size.
    """

    def __init__(self, problem: Problem, graphs: Sequence[Graph]) -> None:
        self.domains: dict[str, Domain] = {
            setting_name(place, axis, name): domains[position]
            for place, layer in enumerate(problem.layers)
            for name, position in layer.kind.positions().items()
            for axis, domains in enumerate(layer.domains)
        }
        self.intervals = {name: Interval(domain[0], domain[-1]) for name, domain in self.domains.items()}
        for graph in graphs:
            for position, sizes in enumerate(graph.narrowed.allowed):
                for twins, here in zip(graph.component.twins, sizes, strict=True):
                    for axis in twins:
                        self.intervals[size_name(position, axis)] = Interval(min(here, default=1), max(here, default=1))


class Foregone:
    """What the numbers of a question may be, whatever is chosen.

    Args:
        problem: the question.
        graphs: of all its components.
    """

    def __init__(self, problem: Problem, graphs: Sequence[Graph]) -> None:
        self.problem = problem
        self.grounding: Grounding = ground(problem, costs=True)
        known = Ranges(problem, graphs).intervals
        self.known: Mapping[str, Interval] = known
        for fold in self.grounding.folds:
            found = Interval(fold.start, fold.start)
            for step in reversed(fold.steps):
                if step is not None:
                    found = interval(step, known | {BEHIND.name: found})
            known[fold.name] = found

    @property
    def floors(self) -> tuple[int, ...]:
        """What the objectives cannot be below, each as it is to be made small."""
        return tuple(interval(number, self.known).least for number in self.grounding.numbers)

    def left(self) -> Problem | None:
        """The question without the conditions that always hold; None where one never does."""
        undecided = set()
        for one in self.grounding.instances:
            verdict = always(one.sentence, self.known)
            if verdict is False:
                return None
            if verdict is None:
                undecided.add(one.condition)
        return replace(self.problem, where=tuple(one for one in self.problem.where if one in undecided))
