"""The best by the objectives, and the proof that none is better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from convsolve import judge
from convsolve.answer import Solution
from convsolve.assembly import Answered, Assembly, stream
from convsolve.events import Bound, Incumbent, Listener, Progress, Worked
from convsolve.first import first
from convsolve.judge import Confirmation, Verdict
from convsolve.problem import Problem
from convsolve.scouting import Scout
from convsolve.verdicts import Confirmations, proved_impossible, values_of

MOST_CARRIED = 300  # questions, of those that differ in their channels, that are looked into at all
MOST_PROVED = 64  # questions, of those that differ in their channels, whose best is proved to be that

Place = tuple[tuple[int, ...], int, int]


def best_of_all(
    scouts: Sequence[Scout], wanted: int, confirmations: Confirmations, report: Listener
) -> Iterator[Answered]:
    """The best combinations, whatever the number of layers and the channels; among equals those with fewer layers."""
    if len(scouts) == 1:
        (found,) = scouts
        best_first = _best(found, wanted, confirmations.of(found.problem), report)
        yield from ((found.problem, solution) for solution in best_first)
        return
    best: list[tuple[Place, int, Problem, Solution]] = []
    told: list[Progress] = []
    proved = True
    for number, found in enumerate(_most_promising(scouts)):
        problem = found.problem
        if problem.open_channels and len(best) == wanted and found.floors > best[-1][0][0]:
            break
        if problem.open_channels and number == MOST_CARRIED:
            proved = False
            break
        if not found.total:
            proved = proved and number < MOST_PROVED and proved_impossible(found)
            continue
        told.append(Progress(problem))
        confirmation = confirmations.of(problem) if number < MOST_PROVED else None
        every = [*_best(found, wanted, confirmation, told[-1])]
        proved = proved and told[-1].bound == told[-1].values
        best += [(_place(problem, solution), number, problem, solution) for solution in every]
        best = sorted(best, key=itemgetter(0, 1))[:wanted]
        _, _, problem, first_of_all = best[0]
        report(Incumbent(first_of_all, values_of(problem, first_of_all)))
    if best and proved:
        _, _, problem, solution = best[0]
        report(Bound(values_of(problem, solution)))
    counts = ("states", "proof_checks", "expanded")
    report(Worked({name: sum(one.stats.get(name, 0) for one in told) for name in counts}))
    yield from ((problem, solution) for _, _, problem, solution in best)


def _most_promising(scouts: Sequence[Scout]) -> list[Scout]:
    """By what their objectives cannot be below, where they differ in their channels: soon none can be better."""
    if not scouts[0].problem.open_channels:
        return [*scouts]
    return sorted(scouts, key=lambda found: (found.floors, found.problem.charge))


def _place(problem: Problem, solution: Solution) -> Place:
    """Where the best come first, then those with fewer layers, and more usual channels."""
    pairs = zip(problem.objectives, values_of(problem, solution), strict=True)
    return tuple(objective.sign * value for objective, value in pairs), len(solution.layers), problem.charge


def _best(found: Scout, wanted: int, confirmation: Confirmation | None, report: Listener) -> Iterator[Solution]:
    """The best combinations; behind the first Z3 is asked whether any is better, where it is to be confirmed."""
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
    if confirmation and all(objective.additive for objective in problem.objectives):
        verdict, checks = judge.prove_optimal(problem, found.cheapest, confirmation.session)
        bound = found.cheapest.best_values
        if verdict == Verdict.UNSAT:
            report(Bound(bound))
    if confirmation and verdict != Verdict.SAT and bound != values:  # the conditions have their price
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
