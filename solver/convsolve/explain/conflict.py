"""A minimal conflict: facts that cannot hold together, while any all but one of them can."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from convsolve.components import components
from convsolve.errors import Error
from convsolve.explain.asking import BOTH, Asking, any_of
from convsolve.explain.channels import asked_of
from convsolve.explain.facts import LATE, depths, facts, without
from convsolve.explain.reach import Axis
from convsolve.explanation import Reason
from convsolve.grounding import ground
from convsolve.monotone import Direction
from convsolve.plain import plain
from convsolve.problem import Problem
from convsolve.variables import setting_name

BESIDE_SETTINGS = ("tie", "where", "layers", "join", "channels")  # facts that are no limit of a setting, nor a size

Oracle = Callable[[Collection[Reason]], bool | None]  # whether a question is possible without some of its facts


class Conflict(NamedTuple):
    """What is to blame, what is not, and of whom nobody knows.

    Attributes:
        facts: they cannot hold together.
        acquitted: whatever these are, that stands.
        unsettled: members of the conflict that may not be needed: to tell takes too long.
    """

    facts: tuple[Reason, ...]
    acquitted: tuple[Reason, ...]
    unsettled: tuple[Reason, ...] = ()

    @property
    def of_all(self) -> tuple[Reason, ...]:
        """All facts that were looked at."""
        return (*self.facts, *self.acquitted)


def minimal(known: Sequence[Reason], oracle: Oracle, *, costly: bool = False) -> Conflict:
    """The conflict by deletion: what is not needed for it goes, the first facts first.

    Where the oracle is costly, what every conflict must have is looked for before: to leave out one fact
    alone is the smaller question.
    """
    needed = {fact for fact in reversed(known) if oracle([fact])} if costly else set()
    acquitted: list[Reason] = []
    unsettled: list[Reason] = []
    for fact in known:
        if fact not in needed:
            found = oracle([*acquitted, fact])
            if found is False:
                acquitted.append(fact)
            elif found is None:
                unsettled.append(fact)
    blamed = tuple(fact for fact in known if fact not in acquitted)
    return Conflict(blamed, tuple(acquitted), tuple(unsettled))


def on_one_axis(problem: Problem, axis: int, asking: Asking) -> Conflict:
    """The conflict of an axis that has no answer by itself."""
    asked = asked_of(problem)

    def oracle(dropped: Collection[Reason]) -> bool | None:
        whats = {reason.what for reason in dropped}
        ends = [end for end in BOTH if end not in whats]
        try:
            found = plain(without(problem, asked, dropped))
            if ground(found).on(axis).instances:
                deep = _depths(problem, found) if "layers" in whats else [found]
                return any_of(asking.answer(one, ends, axis) for one in deep)
        except Error:  # as where other depths have channels that do not divide into groups
            return None
        return _bare(Axis(found, axis), ends, any_depth="layers" in whats)

    sizes = {"input": problem.input, "target": problem.target}
    known = [
        replace(fact, value=str(sizes[fact.what].size[axis])) if fact.what in sizes else fact
        for fact in facts(problem)
        if fact.what != "tie"
    ]
    if oracle(()):
        raise ValueError("the question has an answer")
    return minimal(known, oracle, costly=bool(plain(problem).where))


def _bare(axis: Axis, ends: Collection[str], *, any_depth: bool) -> bool:
    """Whether an axis without conditions has an answer."""
    match ends:
        case []:  # with any input, too, a layer must have some setting
            return all(axis.fans)
        case ["input"]:
            return bool(axis.hulls[1 if any_depth else -1])
        case ["target"]:
            behind = axis.sources()[:-1]
            return any(behind) if any_depth else bool(behind[0])
    return bool(axis.depths()) if any_depth else axis.possible


def on_all_axes(problem: Problem, asking: Asking) -> Conflict:
    """The conflict of a question whose axes each have an answer, were they alone and without conditions."""
    asked = asked_of(problem)
    bare = asking.answer(replace(problem, where=()))

    def oracle(dropped: Collection[Reason]) -> bool | None:
        whats = {reason.what for reason in dropped}
        if whats >= {"input", "target"} and not any(layer.kind.joins for layer in problem.layers):
            return True
        ends = [end for end in BOTH if end not in whats]
        if len(ends) < len(BOTH) and not (problem.demands if problem.widths else plain(problem).demands):
            return True  # each axis by itself is possible
        if problem.where and {str(condition) for condition in problem.where} <= {reason.value for reason in dropped}:
            return bare
        try:
            found = without(problem, asked, dropped)
        except Error:
            return None
        if ends == [*BOTH] and _same_fate(found):
            return False
        deep = _depths(problem, found) if "layers" in whats else [found]
        return any_of(asking.answer(one, ends) for one in deep)

    if oracle(()):
        raise ValueError("the question has an answer")
    return minimal(_in_turn(problem), oracle, costly=bool(problem.where))


def _in_turn(problem: Problem) -> list[Reason]:
    """The facts in the order in which they are looked at; first of conditions that want more and fewer channels."""
    known = [*facts(problem)]
    if problem.widths is None or Direction.of(problem.where).decisive:
        return known
    for_more = {str(one) for one in problem.where if not Direction.of([one]).least}
    return sorted(known, key=lambda fact: (fact.what != "where", fact.value not in for_more))


def of_settings(problem: Problem, asking: Asking) -> Conflict | None:
    """The conflict of conditions that limits, ties or each other exclude, whatever the sizes; None if there is none."""
    asked, known = asked_of(problem), _in_turn(problem)
    sizes = [fact for fact in known if fact.what in BOTH]
    following = {(place, fact.what) for fact in known if fact.default and fact.what in LATE for place in fact.layers}

    def oracle(dropped: Collection[Reason]) -> bool | None:
        opened = {(place, reason.what) for reason in dropped for place in reason.layers}
        # default limits that follow other parameters are open with them
        opened |= {(place, name) for place, name in following if any(at == place for at, _ in opened)}
        try:
            found = without(problem, asked, [one for one in dropped if one.what in BESIDE_SETTINGS])
        except Error:
            return None
        if "layers" not in {reason.what for reason in dropped}:
            return asking.agree(found, _limited(found, opened))
        everywhere = {(place, name) for _, name in opened for place in range(len(found.layers))}
        return any_of(asking.agree(one, _limited(one, everywhere)) for one in _depths(problem, found))

    if oracle(()) is not False:
        return None
    found = minimal([fact for fact in known if fact.what not in BOTH], oracle)
    return found._replace(acquitted=(*found.acquitted, *sizes))


def _limited(problem: Problem, opened: Collection[tuple[int, str]]) -> set[str]:
    """The variables that keep to their domains."""
    return {
        setting_name(place, axis, parameter.name)
        for place, layer in enumerate(problem.layers)
        for parameter in layer.kind.axis_parameters
        if (place, parameter.name) not in opened
        for axis in range(problem.axes)
    }


def _depths(problem: Problem, deepest: Problem) -> Iterator[Problem]:
    """The question at every depth that is looked at, if it can be asked there."""
    for depth in depths(problem):
        shallower = replace(
            deepest,
            layers=deepest.layers[:depth],
            ties=deepest.ties[:depth],
            channels=(*deepest.channels[:depth], deepest.channels[-1]),
        )
        try:
            ground(shallower)
        except Error:  # a condition names a layer that it does not have
            continue
        yield shallower


def _same_fate(problem: Problem) -> bool:
    """Whether two axes begin alike and share every setting, and shall end apart."""
    sizes = list(zip(problem.input.size, problem.target.size, strict=True))
    return any(
        sizes[one][0] == sizes[other][0]
        and sizes[one][1] != sizes[other][1]
        and all(leaders[one] == leaders[other] for ties in problem.ties for leaders in ties)
        for one, other in combinations(range(problem.axes), 2)
    )


def impossible_axes(problem: Problem, asking: Asking) -> list[int]:
    """The axes that have no answer by themselves, with the conditions that speak of them alone; one of each kind."""
    bare = plain(problem)
    return [
        axis
        for axis in leaders(problem)
        if not Axis(bare, axis).possible or (bare.where and asking.answer(problem, BOTH, axis) is False)
    ]


def leaders(problem: Problem) -> Iterator[int]:
    """One axis of each kind."""
    for component in components(problem):
        yield from component.axes
