"""From a question to an answer: the graph proposes, Z3 decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from convsolve.answer import Answer, Solution, Status
from convsolve.check.integers import faults
from convsolve.conditioned import TooManyStates
from convsolve.errors import Error
from convsolve.events import Bound, Confirmed, Counted, Ended, Event, Found, Incumbent, Listener, Progress, Worked
from convsolve.first import first
from convsolve.layers.base import Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.limits import UNLIMITED, Limits, Stopped
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.scouting import Scout, scout
from convsolve.search import Placed, conventional
from convsolve.shapes import Extent, Shape

if TYPE_CHECKING:
    from convsolve.judge import Confirmation, Decision

MOST_SORTED = 100_000  # combinations that `all` keeps in conventional order
MOST_LISTED = 500_000  # combinations that are held at once; as records they take about 5 kB each
CONFIRMED = 100  # answers that are put to Z3 one by one
A_FEW = 5
MOST_IMPROVED = 100  # times that Z3 alone is asked for a better combination


def answer(
    problem: Problem,
    *,
    count: int | None = None,
    every: bool = False,
    limits: Limits = UNLIMITED,
    report: Listener | None = None,
) -> Answer:
    """The answer to a question as it was read.

    Args:
        problem: the question.
        count: how many combinations to list (all for one layer, 5 for a stack).
        every: list all.
        limits: of time and memory; with any, the search runs in a child process.
        report: is told all that is found, as it is found.
    """
    progress = Progress(problem, count=count, every=every)

    def tell(event: Event) -> None:
        progress(event)
        if report is not None:
            report(event)

    work = partial(search, problem, count=count, every=every)
    if not limits:
        work(tell)
        return progress.answer()
    from convsolve.workers import limited

    try:
        for events in limited(work, limits):
            for event in events:
                tell(event)
    except Stopped as stopped:
        return progress.answer(stopped.stop)
    return progress.answer()


def search(
    problem: Problem, report: Listener, *, count: int | None = None, every: bool = False, confirm: int = CONFIRMED
) -> None:
    """Look for what `answer` is asked for, and tell it all: see `convsolve.events`.

    Args:
        problem: the question.
        report: is told.
        count: as for `answer`.
        every: as for `answer`.
        confirm: how many are put to Z3, the first ones.
    """
    try:
        found, number = _counted(problem, report)
    except TooManyStates:
        usual = MOST_LISTED if every else A_FEW
        _by_z3(problem, usual if count is None else count, report)
        return
    if number == 0:
        _prove_impossible(found, report)
        return
    by_size = problem.target.anything and not problem.objectives and not every
    usual = number if every or by_size or len(problem.layers) == 1 else A_FEW
    wanted = min(usual if count is None else count, number)
    if by_size:
        wanted = min(wanted, len(found.whole.live[-1]))
    if wanted > (MOST_SORTED if problem.objectives else MOST_LISTED):
        raise _too_many(problem)
    sorts = wanted <= MOST_SORTED
    report(Counted(number, "conventional" if sorts else "graph"))
    if wanted and problem.objectives:
        confirmation = _confirmation(problem)
        _list(_best(found, wanted, confirmation, report), confirmation, confirm, report)
    elif wanted and by_size:
        _list(islice(_reachable(found), wanted), _confirmation(problem), confirm, report)
    elif wanted and sorts:
        searches = found.searches()
        ordered = islice(conventional(problem, searches, wanted), wanted)
        _list(map(Assembly(problem).placed, ordered), _confirmation(problem), confirm, report)
        report(Worked({"states": found.states, "expanded": sum(search.expanded for search in searches)}))
    elif wanted:
        _list(islice(stream(problem, found), wanted), _confirmation(problem), confirm, report)
    report(Ended(Status.SOLVED))


def _reachable(found: Scout) -> Iterator[Solution]:
    """For each size that comes out, ascending, the most conventional combination."""
    problem, component = found.problem, found.whole.component
    for state in sorted(found.whole.live[-1]):
        size = tuple(state[component.place(axis)] for axis in range(problem.axes))
        one = replace(problem, target=Extent.of(Shape(problem.target.channels, size)))
        yield from map(Assembly(one).placed, islice(conventional(one, scout(one).searches(), 1), 1))


def _too_many(problem: Problem) -> Error:
    few = "--count 100 lists the first hundred"
    if problem.objectives:
        return Error(
            "too-many",
            f"more than {MOST_SORTED:,} combinations are too many to bring in an objective's order",
            help=[few],
        )
    return Error(
        "too-many",
        f"more than {MOST_LISTED:,} combinations are too many to hold at once",
        help=["--jsonl --all prints them as they are found", few],
    )


def search_all(problem: Problem, report: Listener) -> None:
    """Tell every combination in the graph's order, however many there are.

    Raises:
        Error: ``usage`` where there are objectives: the best come first only where all are at hand.
    """
    if problem.objectives:
        raise Error(
            "usage",
            "all combinations as they are found have no order, so no objective either",
            help=["--count 100 lists the best hundred", "leave out --minimize and --maximize"],
        )
    try:
        found, number = _counted(problem, report)
    except TooManyStates:
        _by_z3(problem, MOST_LISTED, report)
        return
    if number == 0:
        _prove_impossible(found, report)
        return
    report(Counted(number, "graph"))
    _list(stream(problem, found), _confirmation(problem), CONFIRMED, report)
    report(Ended(Status.SOLVED))


def _best(found: Scout, wanted: int, confirmation: Confirmation, report: Listener) -> Iterator[Solution]:
    """The best combinations; behind the first of them Z3 is asked whether any is better."""
    from convsolve.judge import Verdict, better, prove_optimal

    problem = found.problem
    incumbent = _any(found)
    report(Incumbent(incumbent, _values(problem, incumbent)))
    search = found.by_objectives()
    solutions = map(Assembly(problem).placed, search.first(wanted))
    best = next(solutions)
    values, cheapest = _values(problem, best), found.cheapest
    report(Incumbent(best, values))
    yield best
    verdict, checks = prove_optimal(problem, cheapest, confirmation.session)
    if verdict == Verdict.UNSAT:
        report(Bound(cheapest.best_values))
    if verdict != Verdict.SAT and cheapest.best_values != values:  # the conditions have their price
        verdict, checks = better(problem, values).verdict, 1
        if verdict == Verdict.UNSAT:
            report(Bound(values))
    if verdict == Verdict.SAT:
        raise AssertionError(f"Z3 finds a better answer than {best}")
    report(Worked({"proof_checks": checks}))
    yield from solutions
    report(Worked({"states": sum(map(len, cheapest.spent)), "expanded": search.expanded}))


def _any(found: Scout) -> Solution:
    """The combination that is soonest found."""
    problem = found.problem
    combination = None if problem.where or not problem.fixed else first(problem, found.graphs)
    return next(stream(problem, found)) if combination is None else Assembly(problem)(combination)


def _values(problem: Problem, solution: Solution) -> tuple[int, ...]:
    return tuple(getattr(solution.costs, objective.cost) for objective in problem.objectives)


def _by_z3(problem: Problem, wanted: int, report: Listener) -> None:
    """What Z3 says by itself, where the conditions leave too many cases for the graph."""
    from convsolve.judge import Verdict, decisions

    report(Counted(None, "graph"))
    found = 0
    values: tuple[int, ...] = ()
    solutions = _improving(problem) if problem.objectives else decisions(problem)
    for checks, (verdict, solution) in enumerate(solutions, start=1):
        report(Worked({"z3_checks": checks}))
        if solution is None:
            if found and verdict == Verdict.UNSAT:  # there is no other, or no better one
                report(Counted(found, "graph") if not problem.objectives else Bound(values))
            break
        found += 1
        if not wanted:
            break
        if problem.objectives:
            values = _values(problem, solution)
            report(Incumbent(solution, values))
        else:
            report(Found(solution))
            if found == wanted:
                break
    ended = {Verdict.SAT: Status.SOLVED, Verdict.UNSAT: Status.IMPOSSIBLE, Verdict.UNKNOWN: Status.GAVE_UP}
    report(Ended(Status.SOLVED if found else ended[verdict]))


def _improving(problem: Problem) -> Iterator[Decision]:
    """Combinations that are better and better; at last what Z3 says of a better one."""
    from convsolve.judge import better, decide

    decision = decide(problem)
    for _ in range(MOST_IMPROVED):
        yield decision
        if decision.solution is None:
            return
        decision = better(problem, _values(problem, decision.solution))


def stream(problem: Problem, found: Scout | None = None) -> Iterator[Solution]:
    """Every combination in the graph's order, one at a time."""
    found, assembly = found or scout(problem), Assembly(problem)
    layers = found.listed(assembly.layer)
    return map(assembly, found.combinations()) if layers is None else map(_solution, layers)


def _solution(layers: tuple[SolvedLayer, ...]) -> Solution:
    return Solution(layers, ("arithmetic",))


def _counted(problem: Problem, report: Listener) -> tuple[Scout, int]:
    found = scout(problem)
    report(Worked({"expanded": 0, "z3_checks": 0}))
    return found, found.total


def _confirmation(problem: Problem) -> Confirmation:
    from convsolve.judge import Confirmation

    return Confirmation(problem)


def _list(solutions: Iterator[Solution], confirmation: Confirmation, confirm: int, report: Listener) -> None:
    """Tell the solutions, the first ones each with what Z3 says of it."""
    from convsolve.judge import Verdict

    for place, solution in enumerate(islice(solutions, confirm)):
        report(Found(solution))
        verdict = confirmation(solution)
        if verdict == Verdict.UNSAT:
            raise AssertionError(f"Z3 refuses {solution}")
        if verdict == Verdict.SAT:
            report(Confirmed(place, "z3"))
        report(Worked({"z3_checks": place + 1}))
    for solution in solutions:
        report(Found(solution))


class Assembly:
    """Makes solutions of combinations; each distinct layer is made, and checked, once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._layers: dict[tuple[int, tuple[Setting, ...], tuple[int, ...]], SolvedLayer] = {}

    def __call__(self, combination: Combination, size: tuple[int, ...] | None = None) -> Solution:
        """The solution of a combination; the input's size where that is to be found."""
        size = size or self.problem.input.size
        layers = []
        for place, settings in enumerate(combination):
            layers.append(self.layer(place, settings, size))
            size = layers[-1].out_size
        if size not in self.problem.target:
            raise AssertionError(f"{combination} gives {size}")
        return _solution(tuple(layers))

    def placed(self, found: Placed) -> Solution:
        """A combination that has its place in the order."""
        return self(found.combination, found.size)

    def layer(
        self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...], out: tuple[int, ...] | None = None
    ) -> SolvedLayer:
        """One layer behind a size; where the size behind it is said, it must be that."""
        layer = self._layers.get((place, settings, size))
        if layer is None:
            layer = self._layers[place, settings, size] = self._solved(place, settings, size)
        if out is not None and layer.out_size != out:
            raise AssertionError(f"{layer} does not give {out}")
        return layer

    def _solved(self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...]) -> SolvedLayer:
        kind, channels = self.problem.layers[place].kind, self.problem.channels
        outs = tuple(kind.size_map(setting).out(number) or 0 for setting, number in zip(settings, size, strict=True))
        layer = SolvedLayer(kind, settings, channels[place], channels[place + 1], size, outs)
        if found := faults([layer]):
            raise AssertionError(found[0])
        return layer


def _prove_impossible(found: Scout, report: Listener) -> None:
    from convsolve.judge import Verdict, prove_impossible

    report(Counted(0, "conventional"))
    empty = next((graph for graph in found.graphs if graph.total == 0), None)
    verdict = prove_impossible(found.problem, empty).verdict
    if verdict == Verdict.SAT:
        raise AssertionError("Z3 finds an answer where the graph has none")
    report(Worked({"z3_checks": 1}))
    report(Ended(Status.IMPOSSIBLE if verdict == Verdict.UNSAT else Status.GAVE_UP))
