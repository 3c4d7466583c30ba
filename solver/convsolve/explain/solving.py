"""An answer to a question: the most conventional one, or any where that takes long to find; and the least of a cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from convsolve.answer import Solution
from convsolve.assembly import Assembly
from convsolve.conditioned import TooManyStates
from convsolve.explain.asking import MOST_SETTINGS, STEPS, Asking, settings_of, steps_of
from convsolve.first import first
from convsolve.listing import Combination
from convsolve.objectives import Objective
from convsolve.plain import plain
from convsolve.problem import Problem
from convsolve.scouting import Scout, scout
from convsolve.search import TooLong, conventional

MOST_EXPANDED = 200  # states whose settings are listed; some tenths of a second
MOST_ASKED = 5_000  # ways of which conditions are asked; likewise
ASKED = 50  # of them in a millisecond
MOST_STEPS = 500_000  # of states through layers, for the least of a cost; likewise


def solved(problem: Problem, asking: Asking) -> Solution:
    """An answer to a question that has one, put to Z3.

    Raises:
        StopIteration: it has none.
    """
    if problem.deeper:  # lists of channels
        return solved(next(one for one in problem.depths if asking.possible(one)), asking)
    known = plain(replace(problem, objectives=()))
    seen = asking.found(known)
    if seen is not None and settings_of(known) > MOST_SETTINGS:
        return seen
    try:
        found = scout(known, MOST_STEPS)
        try:
            combination = _best(found, asking)
        except TooLong:
            combination = next(_any(known, found))
    except TooManyStates:
        return seen or _decided(known)
    return _confirmed(problem, combination)


def least(problem: Problem, objective: Objective, asking: Asking) -> tuple[int, Solution] | None:
    """The best value that an objective can have, with an answer; None where that takes too long to find."""
    if problem.deeper:
        return None
    known = replace(plain(problem), objectives=(objective,))
    found = scout(known)
    steps = steps_of(found.whole)
    if known.demands or steps > MOST_STEPS or asking.spent:
        return None
    asking.spend(steps / STEPS)
    placed = next(found.by_objectives().first(1))
    solution = _confirmed(problem, placed.combination)
    value: int = getattr(solution.costs, objective.cost)
    return value, solution


def _best(found: Scout, asking: Asking) -> Combination:
    if found.conditions is not None:
        searches, in_a_millisecond = [found.asking(MOST_ASKED)], ASKED
    else:
        searches, in_a_millisecond = found.searches(), 1
        for search in searches:
            search.most_expanded = MOST_EXPANDED
    try:
        return next(conventional(found.problem, searches, 1)).combination
    finally:
        asking.spend(sum(search.expanded for search in searches) / in_a_millisecond)


def _any(known: Problem, found: Scout) -> Iterator[Combination]:
    if known.demands:
        yield from found.combinations()
    elif (combination := first(known, found.graphs)) is not None:
        yield combination


def _decided(problem: Problem) -> Solution:
    from convsolve.judge import decide

    solution = decide(problem).solution
    if solution is None:
        raise AssertionError("Z3 finds no answer where there is one")
    return solution


def _confirmed(problem: Problem, combination: Combination) -> Solution:
    from convsolve.judge import Confirmation, Verdict

    solution = Assembly(problem)(combination)
    if Confirmation(problem)(solution) != Verdict.SAT:
        raise AssertionError(f"Z3 refuses {solution}")
    return solution.with_checked("z3")
