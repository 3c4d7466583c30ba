"""An answer is what the events so far amount to: honest after any number of them."""

from __future__ import annotations

from typing import Any

import pytest

import convsolve as cs
from convsolve.answering import answer, search, search_all
from convsolve.events import Bound, Confirmed, Counted, Ended, Event, Found, Incumbent, Progress
from convsolve.limits import Stop
from convsolve.posing import ask
from convsolve.problem import Problem
from tests.records import valid

QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "one layer": ("7", "28", {}),
    "a stack": ("4x4", "61x79", {"layers": 4}),
    "impossible": ("100", "1000", {"layers": 3}),
    "an objective": ("8@7x7", "1@28x28", {"layers": 2, "minimize": "params"}),
}


def told(problem: Problem) -> list[Event]:
    events: list[Event] = []
    search(problem, events.append)
    return events


@pytest.mark.parametrize("name", QUESTIONS)
def test_after_every_event_the_answer_is_honest(name: str) -> None:
    source, target, question = QUESTIONS[name]
    problem = ask(source, target, **question)
    whole = answer(problem)
    progress = Progress(problem)
    for event in told(problem):
        progress(event)
        part = progress.answer(Stop.TIMEOUT)
        ended = isinstance(event, Ended)
        assert (part.status == whole.status) if ended or part.solutions else (part.status == cs.Status.GAVE_UP)
        # an impossibility still has to be explained: a limit cuts that, and not the proof
        assert part.stopped == (None if ended and part.status is not cs.Status.IMPOSSIBLE else Stop.TIMEOUT)
        assert part.total in {None, whole.total}
        assert part.complete == (ended and whole.complete) or len(part) == len(whole) == whole.total
        best_so_far = len(part) == 1 and not progress.found
        assert best_so_far or list(part) == list(whole[: len(part)])
        assert part.optimal in {None, whole.optimal, False}
        valid(part.to_dict(), "answer")
    assert progress.answer() == whole
    assert progress.answer().to_dict() == whole.to_dict()


def test_each_solution_is_confirmed_before_the_next_is_told() -> None:
    events = [event for event in told(ask(7, 28, layers=4)) if isinstance(event, Found | Confirmed)]
    assert [type(event) for event in events] == [Found, Confirmed] * 5
    assert [event.place for event in events if isinstance(event, Confirmed)] == [0, 1, 2, 3, 4]


def test_none_counted_is_no_proof() -> None:
    progress = Progress(ask(100, 1000, layers=3))
    progress(Counted(0, "conventional"))
    part = progress.answer(Stop.INTERRUPTED)
    assert (part.status, part.total, part.complete) == (cs.Status.GAVE_UP, None, False)


def test_a_listener_may_end_the_search() -> None:
    """What it had been told until then is the beginning of the answer."""
    problem = ask("4x4", "61x79", layers=4)
    progress = Progress(problem)

    class EnoughError(Exception):
        pass

    def listener(event: Event) -> None:
        progress(event)
        if len(progress.found) == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        answer(problem, report=listener)
    part = progress.answer(Stop.INTERRUPTED)
    assert list(part) == list(answer(problem, count=3))
    assert repr(part) == "<Answer to 4x4 -> 61x79: solved, 3 of 810141981 listed, stopped: interrupted>"
    assert [solution.checked for solution in part] == [("arithmetic", "z3")] * 2 + [("arithmetic",)]


def test_an_incumbent_is_the_answer_until_better_is_known() -> None:
    problem = ask("8@7x7", "1@28x28", layers=2, minimize="params")
    worse, best = cs.solve("8@7x7", "1@28x28", layers=2)[0], answer(problem, count=1)
    progress = Progress(problem)
    progress(Incumbent(worse, (1_000_000,)))
    progress(Bound((5,)))
    part = progress.answer(Stop.TIMEOUT)
    assert (part.status, part.values, part.bound, part.optimal) == (cs.Status.SOLVED, (1_000_000,), (5,), False)
    assert list(part) == [worse]
    assert best.values is not None
    progress(Incumbent(best[0], best.values))
    progress(Bound(best.values))
    assert progress.answer(Stop.TIMEOUT).optimal
    assert list(progress.answer(Stop.TIMEOUT)) == list(best)


def test_all_are_told_in_the_graphs_order() -> None:
    events: list[Event] = []
    search_all(ask(7, 28, layers=2), events.append)
    found = [event.solution for event in events if isinstance(event, Found)]
    assert Counted(865, "graph") in events
    assert len(set(found)) == len(found) == 865
    assert sum(isinstance(event, Confirmed) for event in events) == 100
    assert events[-1] == Ended(cs.Status.SOLVED)
