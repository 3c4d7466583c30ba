"""Our side: each task as a user would start it, from the keywords of a question to the answer's numbers.

The graph's own answers are measured from the same point as the other engines' models: reading the question counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import perf_counter, process_time
from typing import Generic, TypeVar, overload

from convsolve.answer import Answer, Solution, Status
from convsolve.answering import answer
from convsolve.assembly import Assembly, stream
from convsolve.attempt import attempt
from convsolve.explain import blame, explain
from convsolve.explain.asking import Asking
from convsolve.first import first
from convsolve.graph import graphs, total
from convsolve.judge import Confirmation, Verdict, decide
from convsolve.listing import Combination
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.scouting import scout
from convsolve.space import Space
from tests.benchmarks.question import Combination as Plain
from tests.benchmarks.question import Outcome, RefusedError
from tests.benchmarks.suite import Row

BATCH = 1000  # answers that are listed between two looks at the clock
HELD = 10_000  # of a listing, so many are kept
DRAWS = 20_000
SHOWN = 500  # of a listing that was stopped, about as many are checked

VERDICTS = {Verdict.SAT: "solved", Verdict.UNSAT: "impossible", Verdict.UNKNOWN: "gave up"}

Listed = TypeVar("Listed")


def first_by_graph(row: Row, _limit: float) -> Outcome:
    problem = ask(**row.keywords)
    if problem.where:
        raise RefusedError("conditions")
    found = first(problem, graphs(problem))
    return Outcome("impossible") if found is None else Outcome("solved", [_plain(found)])


def first_by_z3(row: Row, _limit: float) -> Outcome:
    """The first answer that is found, confirmed; with conditions, where none is soon found, Z3's own."""
    problem = ask(**row.keywords)
    if problem.where:
        tried = attempt(problem)
        if tried is None:
            verdict, solution = decide(problem)
            return Outcome(VERDICTS[verdict], [] if solution is None else [_settings(solution)])
        found: Combination | None = tried[0]
    else:
        found = first(problem, graphs(problem))
    if found is None:
        return _verdict(problem)
    verdict = Confirmation(problem)(Assembly(problem)(found))
    return Outcome("solved" if verdict == Verdict.SAT else "gave up", [_plain(found)])


def impossible(row: Row, _limit: float) -> Outcome:
    return _verdict(ask(**row.keywords))


def impossible_with_conflict(row: Row, _limit: float) -> Outcome:
    """The proof, and a conflict from which nothing can be dropped."""
    problem = ask(**row.keywords)
    outcome = _verdict(problem)
    return outcome if blame(problem, Asking()).conflict.facts else Outcome("gave up")


def impossible_explained(row: Row, _limit: float) -> Outcome:
    """The proof, and the whole explanation: conflict, cause, changes that help, nearest sizes."""
    problem = ask(**row.keywords)
    outcome = _verdict(problem)
    return outcome if explain(problem).conflict else Outcome("gave up")


def best(row: Row, _limit: float) -> Outcome:
    return _in_order(answer(ask(**row.keywords), count=1))


def first_five(row: Row, _limit: float) -> Outcome:
    return _in_order(answer(ask(**row.keywords), count=5))


def count(row: Row, _limit: float) -> Outcome:
    number = total(graphs(ask(**row.keywords)))
    return Outcome("solved" if number else "impossible", number=number)


def listed(row: Row, limit: float) -> Outcome:
    """Combinations as the graph expands them."""
    problem = ask(**row.keywords)
    return _in_time(scout(problem).combinations(), limit, _plain)


def listed_as_solutions(row: Row, limit: float) -> Outcome:
    """The same as Solution objects, each checked by integers."""
    return _in_time(stream(ask(**row.keywords)), limit, _settings)


def draws_a_second() -> float:
    """Uniform draws from a space that nothing is known of yet, by processor time."""
    start = process_time()
    drawn = Space(1, 64, layers=5).sample(DRAWS, seed=0)
    return len(drawn) / (process_time() - start)


def optimum(row: Row, _limit: float) -> Outcome:
    found = answer(ask(**row.keywords, minimize=row.objective), count=1)
    if found and not found.optimal:
        return Outcome("gave up")
    outcome = _answered(found)
    return outcome._replace(number=getattr(found[0].costs, row.objective or "")) if found else outcome


def _verdict(problem: Problem) -> Outcome:
    status = answer(problem, count=0).status
    return Outcome("gave up" if status is Status.GAVE_UP else str(status))


def _in_order(found: Answer) -> Outcome:
    """The most conventional answers; what is said to be in another order is none."""
    return _answered(found) if found.order == "conventional" else Outcome("gave up")


def _answered(found: Answer) -> Outcome:
    if found.status is not Status.SOLVED:
        return Outcome("gave up" if found.status is Status.GAVE_UP else str(found.status))
    return Outcome("solved", [_settings(solution) for solution in found])


def _in_time(ways: Iterator[Listed], limit: float, plain: Callable[[Listed], Plain]) -> Outcome:
    """A thousand at a time, as who looks at each would take them; the first ones are kept, then one a thousand."""
    end, kept, number, ended = perf_counter() + limit, list[Listed](), 0, False
    while not ended and perf_counter() < end:
        batch = [*islice(ways, BATCH)]
        kept += batch if number < HELD else batch[:1]
        number += len(batch)
        ended = len(batch) < BATCH
    complete = ended and len(kept) == number
    shown = kept if complete else kept[:: max(1, len(kept) // SHOWN)]
    return Outcome("solved", Later(shown, plain), number, complete)


class Later(Sequence[Plain], Generic[Listed]):
    """Answers that are read as plain numbers when somebody looks, which is no part of finding them."""

    def __init__(self, found: Sequence[Listed], plain: Callable[[Listed], Plain]) -> None:
        self._found, self._plain = found, plain

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Plain: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Plain]: ...

    def __getitem__(self, index: int | slice) -> Plain | Sequence[Plain]:
        if isinstance(index, slice):
            return [self._plain(one) for one in self._found[index]]
        return self._plain(self._found[index])


def _settings(solution: Solution) -> Plain:
    return _plain(tuple(layer.settings for layer in solution.layers))


def _plain(combination: Combination) -> Plain:
    return tuple(tuple((*setting, 0)[:5] for setting in layer) for layer in combination)
