"""Which questions prove that no list of channels will do: a bound that fewer channels break, more break, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import ge, le

from convsolve.conditions import Condition
from convsolve.graph import graphs
from convsolve.monotone import Direction, groups_of, numbers_of, speaks
from convsolve.problem import Problem
from convsolve.promise import Promise


def covering(problem: Problem) -> Iterator[Problem]:
    """Questions of one list of channels each: where all of them are impossible, every list is.

    Of the lists that upper bounds alone exclude those with the fewest channels stand for all with more; of those that
    lower bounds exclude, the ones with the most. Lists that neither excludes are asked each.

    Args:
        problem: the question, with channels to be found.
    """
    left = [*problem.depths]
    shared = graphs(left[0])
    bounds = {one: Direction.of([one]) for one in problem.where}
    silent = tuple(one for one in problem.where if not speaks(one))
    upper = tuple(one for one, wants in bounds.items() if wants.least and not wants.most and not wants.others)
    lower = tuple(one for one, wants in bounds.items() if wants.most and not wants.least and not wants.others)
    sides: tuple[tuple[tuple[Condition, ...], Callable[[int, int], bool]], ...] = ((upper, le), (lower, ge))
    if Direction.of(problem.relations).others:  # more elements in front of a Flatten are no better and no worse
        sides = ()
    for some, stands_for in sides:
        promise = Promise(replace(problem, where=some, objectives=()), shared)
        excluded = [one for one in left if promise and promise.floor(one, exactly=True) is None]
        gone = {id(one) for one in excluded}
        left = [one for one in left if id(one) not in gone]
        for one in _standing(excluded, stands_for):
            yield replace(one, where=(*some, *silent), objectives=())
    yield from left


def _standing(every: Sequence[Problem], stands_for: Callable[[int, int], bool]) -> list[Problem]:
    """The lists of which each other one has as many channels or more at every place, or as many or fewer."""
    found: list[Problem] = []
    for one in sorted(every, key=lambda one: sum(numbers_of(one)) * (1 if stands_for is le else -1)):
        alike = [other for other in found if groups_of(other) == groups_of(one)]
        if not any(all(map(stands_for, numbers_of(other), numbers_of(one))) for other in alike):
            found.append(one)
    return found
