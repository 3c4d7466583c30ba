"""What Z3 says of a question: of each answer, of there being none, and by itself where the graph has too much to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from convsolve.answer import Solution, Status
from convsolve.assembly import Assembly
from convsolve.claims import broken_claim
from convsolve.encoding import values
from convsolve.events import Bound, Counted, Ended, Found, Incumbent, Listener, NoneIn, Worked
from convsolve.folds import Grounding, numbers
from convsolve.grounding import ground
from convsolve.problem import Problem
from convsolve.scouting import Scout

if TYPE_CHECKING:
    from convsolve.judge import Confirmation, Decision, Verdict

MOST_IMPROVED = 100  # times that Z3 alone is asked for a better combination


class Confirmations:
    """What puts solutions to Z3: one confirmation for each question that they are of, kept for the next."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Problem, Confirmation]] = {}

    def of(self, problem: Problem) -> Confirmation:
        """The confirmation of this very question."""
        from convsolve.judge import Confirmation

        if id(problem) not in self._known:
            self._known[id(problem)] = problem, Confirmation(problem)
        return self._known[id(problem)][1]

    def broken(self, problem: Problem, solution: Solution) -> Verdict:
        """Whether Z3 finds a member of the question's family that the solution does not serve."""
        return self.of(problem).session.ask(broken_claim(problem, solution))

    def for_all(self, problem: Problem, solution: Solution) -> bool:
        """Whether Z3 proves that the solution serves every member of the question's family."""
        from convsolve.judge import Verdict

        return self.broken(problem, solution) == Verdict.UNSAT

    def confirmed(self, problem: Problem, solution: Solution) -> bool:
        """Whether Z3 finds that the equations hold, for every member of a family.

        Raises AssertionError where it finds that they do not.
        """
        from convsolve.judge import Verdict

        holds = self.of(problem)(solution)
        broken = self.broken(problem, solution) if problem.family else Verdict.UNSAT
        if holds == Verdict.UNSAT or broken == Verdict.SAT:
            raise AssertionError(f"Z3 refuses {solution}")
        return holds == Verdict.SAT and broken == Verdict.UNSAT


def proved_impossible(found: Scout) -> bool:
    """Whether Z3 proves that there is none, as the graph says; raises AssertionError where it finds one."""
    from convsolve.judge import Verdict
    from convsolve.proofs import prove_impossible

    empty = next((graph for graph in found.graphs if graph.total == 0), None)
    verdict = prove_impossible(found.problem, empty, found.plain).verdict
    if verdict == Verdict.SAT:
        raise AssertionError("Z3 finds an answer where the graph has none")
    return verdict == Verdict.UNSAT


def values_of(problem: Problem, solution: Solution, grounding: Grounding | None = None) -> tuple[int, ...]:
    """What the objectives come to; with the question's grounding, where that is at hand."""
    others: Iterator[int] = iter(())
    if not all(objective.additive for objective in problem.objectives):
        settings = [layer.settings for layer in solution.layers]
        others = iter(numbers(grounding or ground(problem), dict(values(problem, settings, solution.all_sizes))))
    return tuple(
        getattr(solution.costs, one.cost) if one.additive else one.sign * next(others) for one in problem.objectives
    )


def by_z3(problem: Problem, wanted: int, report: Listener, known: Collection[Solution] = ()) -> None:
    """What Z3 says by itself, where the conditions leave too many cases for the graph.

    Args:
        problem: the question.
        wanted: how many combinations are to be found; with objectives the best that is found is one.
        report: is told.
        known: those that were found and told before.
    """
    from convsolve.judge import Verdict, decisions

    report(Counted(None, "graph"))
    found, checks, confirmations = len(known), 0, Confirmations()
    seen = {*known}
    reached: tuple[int, ...] = ()
    last: list[Verdict] = []  # what Z3 said at the end, of each number of layers
    for one in problem.depths:
        soon = _attempted(one, confirmations)
        for verdict, solution in _improving(one, reached, soon) if one.objectives else chain(soon, decisions(one)):
            checks += 1
            report(Worked({"z3_checks": checks}))
            if solution is None:
                last.append(verdict)
                if verdict == Verdict.UNSAT and not found:
                    report(NoneIn(len(one.layers), proved=True))
                break
            if solution in seen or (one.family and not confirmations.for_all(one, solution)):
                continue
            seen.add(solution)
            found += 1
            if one.objectives and wanted:
                reached = values_of(one, solution)
                report(Incumbent(solution, reached))
            elif wanted:
                report(Found(solution))
            if found >= wanted and not (wanted and one.objectives):
                report(Ended(Status.SOLVED))
                return
    unsatisfiable = last == [Verdict.UNSAT] * len(problem.depths)
    if found and unsatisfiable:  # there is no other, or no better one
        report(Bound(reached) if problem.objectives else Counted(found, "graph"))
    report(Ended(Status.SOLVED if found else Status.IMPOSSIBLE if unsatisfiable else Status.GAVE_UP))


def _attempted(problem: Problem, confirmations: Confirmations) -> Iterator[Decision]:
    """The combination that is soon found, if one is, once Z3 says that the equations hold."""
    from convsolve.attempt import attempt
    from convsolve.judge import Decision, Verdict

    found = attempt(problem)
    if found is not None and confirmations.of(problem)(solution := Assembly(problem)(*found)) == Verdict.SAT:
        yield Decision(Verdict.SAT, solution.with_checked("z3"))


def _improving(problem: Problem, reached: tuple[int, ...], soon: Iterator[Decision]) -> Iterator[Decision]:
    """Combinations that are better and better than some values, or than what is soon found; at last what Z3 says."""
    from convsolve.judge import better, decide

    decision = better(problem, reached) if reached else next(soon, None) or decide(problem)
    for _ in range(MOST_IMPROVED):
        yield decision
        if decision.solution is None:
            return
        decision = better(problem, values_of(problem, decision.solution))
