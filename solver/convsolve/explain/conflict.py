"""A minimal conflict: facts that cannot hold together, while any all but one of them can."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from convsolve.asked import Asked
from convsolve.components import components
from convsolve.errors import Error
from convsolve.explain.facts import depths, facts, without
from convsolve.explain.reach import Axis, answered
from convsolve.explanation import Reason
from convsolve.problem import Problem
from convsolve.shapes import Extent, Shape

TRIED = 2  # sizes in each direction, where conditions leave no other way to tell


class Oracle:
    """Tells whether a question is possible without some of its facts, on one axis alone or on all."""

    def __init__(self, problem: Problem, axis: int | None) -> None:
        self.problem = problem
        self.asked = Asked.of(problem)
        self.axis = axis

    def __call__(self, dropped: Collection[Reason]) -> bool | None:
        """Whether there is an answer without these facts; None where that is not known."""
        try:
            problem = without(self.problem, self.asked, dropped)
        except Error:  # as where other depths have channels that do not divide into groups
            return None
        whats = {reason.what for reason in dropped}
        if self.axis is None:
            return _together(problem, whats, depths(self.problem) if "layers" in whats else ())
        axis = Axis(problem, self.axis)
        if "target" in whats:
            # with any input, too, a layer must have some setting
            if "input" in whats:
                return all(axis.fans)
            return bool(axis.hulls[1 if "layers" in whats else -1])
        if "input" in whats:
            behind = axis.sources()[:-1]
            return any(behind) if "layers" in whats else bool(behind[0])
        if "layers" in whats:
            return bool(axis.depths())
        return axis.possible


def _together(problem: Problem, whats: set[str], depths: Collection[int]) -> bool | None:
    if "target" in whats or "input" in whats:
        return _other_sizes(problem, whats) if problem.where else True  # each axis by itself is possible
    if _same_fate(problem):
        return False
    if not depths:
        return answered(problem)
    return _any(answered(_shallower(problem, depth)) for depth in depths)


def _any(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for found in answers:
        if found:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def _other_sizes(problem: Problem, whats: set[str]) -> bool | None:
    """Whether some size near the input's, or the target's, will do; None where none was found."""
    which = "target" if "target" in whats else "input"
    shape = problem.target if which == "target" else problem.input
    for step in range(1, TRIED + 1):
        for size in (tuple(number + step for number in shape.size), tuple(number - step for number in shape.size)):
            if min(size) > 0 and answered(replace(problem, **{which: Extent.of(Shape(shape.channels, size))})):  # type: ignore[arg-type]
                return True
    return None


def _same_fate(problem: Problem) -> bool:
    """Whether two axes begin alike and share every setting, and shall end apart."""
    sizes = list(zip(problem.input.size, problem.target.size, strict=True))
    return any(
        sizes[one][0] == sizes[other][0]
        and sizes[one][1] != sizes[other][1]
        and all(leaders[one] == leaders[other] for ties in problem.ties for leaders in ties)
        for one, other in combinations(range(problem.axes), 2)
    )


def _shallower(problem: Problem, depth: int) -> Problem:
    return replace(
        problem,
        layers=problem.layers[:depth],
        ties=problem.ties[:depth],
        channels=(*problem.channels[:depth], problem.channels[-1]),
    )


def impossible_axes(problem: Problem) -> list[int]:
    """The axes that have no answer by themselves, one of each kind."""
    return [axis for axis in leaders(problem) if not Axis(problem, axis).possible]


def leaders(problem: Problem) -> Iterator[int]:
    """One axis of each kind."""
    for component in components(problem):
        yield from component.axes


class Conflict(NamedTuple):
    """What is to blame, what is not, and whether less than this was looked for everywhere."""

    facts: tuple[Reason, ...]
    acquitted: tuple[Reason, ...]
    minimal: bool


def minimal(problem: Problem, axis: int | None) -> Conflict:
    """The conflict by deletion: what is not needed for it goes, the least telling first."""
    oracle = Oracle(problem, axis)
    if oracle(()):
        raise ValueError("the question has an answer")
    acquitted: list[Reason] = []
    blamed: list[Reason] = []
    minimal = True
    for fact in _on(axis, problem):
        found = oracle([*acquitted, fact])
        if found is False:
            acquitted.append(fact)
        else:
            blamed.append(fact)
            minimal = minimal and found is True
    return Conflict(tuple(blamed), tuple(acquitted), minimal)


def _on(axis: int | None, problem: Problem) -> Iterator[Reason]:
    """The facts, sizes being those of one axis where only that is looked at."""
    for fact in facts(problem):
        if axis is not None and fact.what == "tie":
            continue
        if axis is not None and fact.what in ("input", "target"):
            shape = problem.input if fact.what == "input" else problem.target
            yield replace(fact, value=str(shape.size[axis]))
        else:
            yield fact
