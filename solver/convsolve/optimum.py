"""The best by the objectives, and the proof that none is better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice, repeat

from convsolve import judge
from convsolve.answer import Solution
from convsolve.assembly import Answered, Assembly, stream
from convsolve.events import Bound, Incumbent, Listener, Progress, Worked
from convsolve.first import first
from convsolve.judge import Confirmation, Verdict
from convsolve.scouting import Scout
from convsolve.verdicts import Confirmations, proved_impossible, values_of


def best_of_all(
    scouts: Sequence[Scout], wanted: int, confirmations: Confirmations, report: Listener
) -> Iterator[Answered]:
    """The best combinations, whatever the number of layers; among equals those with fewer."""
    if len(scouts) == 1:
        (found,) = scouts
        best_first = _best(found, wanted, confirmations.of(found.problem), report)
        yield from ((found.problem, solution) for solution in best_first)
        return
    some = [found for found in scouts if found.total]
    told = [Progress(found.problem) for found in some]
    streams = [
        _best(found, wanted, confirmations.of(found.problem), progress)
        for found, progress in zip(some, told, strict=True)
    ]
    firsts = [next(solutions) for solutions in streams]
    problem, best = min(((found.problem, one) for found, one in zip(some, firsts, strict=True)), key=_place)
    values = values_of(problem, best)
    report(Incumbent(best, values))
    # what follows the first of a stream proves that it is best
    every = [[one, *others] for one, others in zip(firsts, streams, strict=True)]
    unproved = [one for one in told if one.bound != one.values]
    if not unproved and all(proved_impossible(found) for found in scouts if not found.total):
        report(Bound(values))
    report(Worked({name: sum(one.stats[name] for one in told) for name in ("states", "proof_checks", "expanded")}))
    pairs = [zip(repeat(found.problem), one) for found, one in zip(some, every, strict=True)]
    yield from islice(merge(*pairs, key=_place), wanted)


def _place(answered: Answered) -> tuple[tuple[int, ...], int]:
    """Where the best come first."""
    problem, solution = answered
    pairs = zip(problem.objectives, values_of(problem, solution), strict=True)
    return tuple(objective.sign * value for objective, value in pairs), len(solution.layers)


def _best(found: Scout, wanted: int, confirmation: Confirmation, report: Listener) -> Iterator[Solution]:
    """The best combinations; behind the first of them Z3 is asked whether any is better."""
    problem = found.problem
    incumbent = _any(found)
    report(Incumbent(incumbent, values_of(problem, incumbent)))
    search = found.by_objectives()
    solutions = map(Assembly(problem).placed, search.first(wanted))
    best = next(solutions)
    values, checks, verdict = values_of(problem, best), 0, Verdict.UNKNOWN
    report(Incumbent(best, values))
    yield best
    bound: tuple[int, ...] | None = None
    if all(objective.additive for objective in problem.objectives):
        verdict, checks = judge.prove_optimal(problem, found.cheapest, confirmation.session)
        bound = found.cheapest.best_values
        if verdict == Verdict.UNSAT:
            report(Bound(bound))
    if verdict != Verdict.SAT and bound != values:  # the conditions have their price
        verdict, checks = judge.better(problem, values).verdict, 1
        if verdict == Verdict.UNSAT:
            report(Bound(values))
    if verdict == Verdict.SAT:
        raise AssertionError(f"Z3 finds a better answer than {best}")
    report(Worked({"proof_checks": checks}))
    yield from solutions
    states = found.states if bound is None else sum(map(len, found.cheapest.spent))
    report(Worked({"states": states, "expanded": search.expanded}))


def _any(found: Scout) -> Solution:
    """The combination that is soonest found."""
    problem = found.problem
    combination = None if problem.where or not problem.fixed else first(problem, found.graphs)
    return next(stream(problem, found)) if combination is None else Assembly(problem)(combination)
