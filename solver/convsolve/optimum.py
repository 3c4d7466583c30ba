"""The best by the objectives, and the proof that none is better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from convsolve import judge, proofs
from convsolve.answer import Solution
from convsolve.assembly import Answered, Assembly, stream
from convsolve.events import Bound, Incumbent, Listener, Progress, Worked
from convsolve.first import first
from convsolve.folds import Grounding
from convsolve.grounding import ground
from convsolve.judge import Confirmation, Verdict
from convsolve.listing import Combination
from convsolve.monotone import decisive
from convsolve.problem import Problem
from convsolve.promise import Promises, in_turn
from convsolve.ranking import STYLE_BITS
from convsolve.scouting import Scout
from convsolve.search import Placed
from convsolve.verdicts import Confirmations, proved_impossible, values_of

MOST_STATES = 300_000  # of questions that differ in their channels, with what conditions come to there
MOST_PROVED = 64  # questions, of those that differ in their channels, that are proved to have none better

# By what the best come first: values, layers, then as without objectives.
Place = tuple[tuple[int, ...], int, int, int, Combination, tuple[int, ...]]


class Ranked(NamedTuple):
    """A combination among the best; its number keeps what is behind it from being compared."""

    place: Place
    number: int
    problem: Problem
    solution: Solution


def best_of_all(
    problem: Problem, scouts: Sequence[Scout], wanted: int, confirmations: Confirmations, report: Listener
) -> Iterator[Answered]:
    """The best combinations, whatever the number of layers and the channels; among equals those with fewer layers."""
    # of a family whose stacks are not all looked for none is known to be the best
    provable = problem.family is None or problem.family.exact
    if len(problem.depths) == 1:
        (found,) = scouts
        confirmation = confirmations.of(found.problem) if provable else None
        for _, solution in _best(found, wanted, confirmation, report):
            yield found.problem, solution
        return
    best: list[Ranked] = []
    told: list[Progress] = []
    unproved = {id(one): one for one in problem.depths}
    states, looked_into = 0, set[int]()
    beyond: tuple[int, ...] | None = None  # what those that are not looked into cannot be below
    for number, (floors, found) in enumerate(_most_promising(problem, scouts)):
        one = found.problem
        if problem.open_channels and len(best) == wanted and (floors, len(one.layers), one.charge) > best[-1].place[:3]:
            beyond = floors
            break
        states += found.states if problem.open_channels and found.conditions is not None else 0
        if states > MOST_STATES and best:
            beyond = floors
            break
        looked_into.add(id(one))
        if not found.total:
            if number < MOST_PROVED and proved_impossible(found):
                del unproved[id(one)]
            continue
        told.append(Progress(one))
        confirmation = confirmations.of(one) if provable and number < MOST_PROVED else None
        every = [*_best(found, wanted, confirmation, told[-1])]
        if told[-1].bound == told[-1].values:
            del unproved[id(one)]
        grounding = ground(one)
        best += [Ranked(_place(one, grounding, *each), number, one, each[1]) for each in every]
        best = sorted(best)[:wanted]
        report(Incumbent(best[0].solution, values_of(best[0].problem, best[0].solution)))
    if not best:
        return
    values = values_of(best[0].problem, best[0].solution)
    if len(unproved) > MOST_PROVED and (beyond is None or beyond >= best[0].place[0]):
        unproved = {key: one for key, one in unproved.items() if key in looked_into}
    if provable and _none_better(problem, unproved, values):
        report(Bound(values))
    counts = ("states", "proof_checks", "expanded")
    report(Worked({name: sum(one.stats.get(name, 0) for one in told) for name in counts}))
    yield from ((one.problem, one.solution) for one in best)


def _none_better(problem: Problem, unproved: Mapping[int, Problem], values: tuple[int, ...]) -> bool:
    """Whether Z3 finds that none of the questions left can have a better combination."""
    some = decisive(problem) if problem.open_channels else None
    left = [one for one in unproved.values() if some is None or any(one is other for other in some)]
    if problem.open_channels and len(left) > MOST_PROVED:
        return False
    return all(judge.better(one, values).verdict == Verdict.UNSAT for one in left)


def _most_promising(problem: Problem, scouts: Sequence[Scout]) -> Iterator[tuple[tuple[int, ...], Scout]]:
    """By what their objectives cannot be below, where they differ in their channels: soon none can be better."""
    if not problem.open_channels:
        return ((found.floors, found) for found in scouts)
    if not scouts:
        return iter(())
    known = {id(found.problem): found for found in scouts}
    every = ((found.problem.charge, found.problem) for found in scouts)
    promises = Promises()
    turn = in_turn(every, lambda one: promises.of(one, known[id(one)].graphs), lambda one: known[id(one)].floors)
    return ((floors, known[id(one)]) for floors, one in turn)


def _place(problem: Problem, grounding: Grounding, placed: Placed, solution: Solution) -> Place:
    pairs = zip(problem.objectives, values_of(problem, solution, grounding), strict=True)
    signed = tuple(objective.sign * value for objective, value in pairs)
    style = problem.charge + (placed.score & ((1 << STYLE_BITS) - 1))
    return signed, len(solution.layers), style, *placed.place[1:]


def _best(
    found: Scout, wanted: int, confirmation: Confirmation | None, report: Listener
) -> Iterator[tuple[Placed, Solution]]:
    """The best combinations; behind the first Z3 is asked whether any is better, where it is to be confirmed."""
    problem = found.problem
    incumbent = _any(found)
    report(Incumbent(incumbent, values_of(problem, incumbent)))
    search = found.by_objectives()
    assembly = Assembly(problem)
    solutions = ((placed, assembly.placed(placed)) for placed in search.first(wanted))
    first_placed, best = next(solutions)
    values, checks, verdict = values_of(problem, best), 0, Verdict.UNKNOWN
    report(Incumbent(best, values))
    yield first_placed, best
    bound: tuple[int, ...] | None = None
    if confirmation and all(objective.additive for objective in problem.objectives):
        verdict, checks = proofs.prove_optimal(problem, found.cheapest, confirmation.session, found.plain)
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
    combination = None if found.plain.demands or not problem.fixed else first(found.plain, found.graphs)
    return next(stream(problem, found)) if combination is None else Assembly(problem)(combination)
