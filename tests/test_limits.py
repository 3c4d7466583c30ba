"""Limits as they are given, and what `solve` and `count` make of them in Python."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from math import inf, nan
from typing import Any

import pytest

import convsolve as cs
from convsolve import answering, proofs
from convsolve.events import Ended, Listener
from convsolve.limits import Limits, Stop, to_change
from convsolve.problem import Problem
from convsolve.schema import schema
from tests.records import valid

HARD = partial(cs.solve, "46x62", "368x489", layers=3, kernel_size="1..48", stride="1..8")


@pytest.mark.parametrize(
    ("timeout", "memory", "limits"),
    [
        (None, None, (inf, inf)),
        (10, None, (10, inf)),
        ("0.25", "300", (0.25, 300)),
        (" .5 ", 1e3, (0.5, 1000)),
        (1e-9, 2**30, (1e-9, 2**30)),
        (10**8, None, (10**8, inf)),
    ],
)
def test_limits_are_read(timeout: object, memory: object, limits: tuple[float, float]) -> None:
    read = Limits.read(timeout, memory)
    assert (read.seconds, read.mebibytes) == limits
    assert bool(read) == (limits != (inf, inf))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "'0'"),
        ("0.000", "'0.000'"),
        (-1, "'-1'"),
        ("-1", "'-1'"),
        (nan, "'nan'"),
        ("nan", "'nan'"),
        (inf, "'inf'"),
        (1e308, "'1e+308'"),
        (10**400, f"'1{'0' * 34}...'"),
        ("1e3", "'1e3'"),
        ("ten", "'ten'"),
        ("", "''"),
        ("1_0", "'1_0'"),
        ("٢", r"'\u0662'"),
        (True, "'True'"),
        ([1], "'[1]'"),
    ],
)
@pytest.mark.parametrize(("name", "unit", "most"), [("timeout", "seconds", 10**8), ("memory", "mebibytes", 2**30)])
def test_what_is_no_limit_is_refused_in_these_words(value: float, shown: str, name: str, unit: str, most: int) -> None:
    example = {"timeout": "10", "memory": "500"}[name]
    with pytest.raises(cs.Error) as caught:
        cs.solve(7, 28, **{name: value})  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"error[bad-value]: --{name}: {shown} is no number of {unit} above 0 and up to {most}\n"
        f"  help: write --{name} {example}, in Python {name}=..."
    )


def test_a_system_that_cannot_fork_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(cs.Error, match=r"error\[unsupported\]: --timeout and --memory need a system that can fork"):
        cs.count(7, 28, timeout=1)
    assert cs.count(7, 28) == 12


@pytest.mark.parametrize("stop", Stop)
def test_every_stop_has_words_a_place_in_the_schema_and_something_to_change(stop: Stop) -> None:
    assert stop.words
    assert str(stop) in schema("answer")["properties"]["stopped"]["enum"]
    assert to_change(stop, Limits(2.5, 100))


def test_the_option_to_change_is_named() -> None:
    assert "--timeout 0.3," in to_change(Stop.TIMEOUT, Limits(seconds=0.15))
    assert "--memory 200," in to_change(Stop.MEMORY, Limits(mebibytes=100))
    assert to_change(Stop.MEMORY).startswith("ask for fewer layers")
    alone = to_change(Stop.TIMEOUT, Limits(seconds=2), layers=1)
    assert alone == "give it more time, as in --timeout 4, or narrow a limit, as in --kernel-size 3..5"
    assert to_change(None, layers=1, conditions=2).startswith("leave out a condition, or narrow a limit")


@pytest.mark.parametrize("limits", [{"timeout": 60}, {"memory": 4000}, {"timeout": "60", "memory": "4000"}])
def test_an_answer_within_its_limits_is_the_same_answer(limits: dict[str, Any]) -> None:
    for question in (partial(cs.solve, 7, 28), partial(cs.solve, 100, 1000, layers=3)):
        assert question(**limits).to_dict() == question().to_dict()
    with pytest.raises(cs.Error, match="too-many"):
        cs.solve("4x4", "61x79", layers=4, all=True, **limits)


@pytest.mark.parametrize("seconds", [0.01, 0.2, 0.6])
def test_a_hard_question_ends_in_time_and_is_never_called_impossible(seconds: float) -> None:
    start = time.monotonic()
    answer = HARD(timeout=seconds)
    assert time.monotonic() - start < seconds + 1
    assert (answer.stopped, answer.complete) == (Stop.TIMEOUT, False)
    assert answer.status == (cs.Status.SOLVED if len(answer) else cs.Status.GAVE_UP)
    valid(answer.to_dict(), "answer")


def test_a_limit_of_memory_ends_it_too() -> None:
    answer = HARD(memory=15)
    assert (answer.status, answer.stopped) == (cs.Status.GAVE_UP, Stop.MEMORY)


def finds_two_then(monkeypatch: pytest.MonkeyPatch, after: Callable[[], None]) -> None:
    """The search finds two, and then does something else."""
    search = answering.search

    def stub(problem: Problem, report: Listener, **_: object) -> None:
        search(problem, lambda event: None if isinstance(event, Ended) else report(event), count=2)
        after()

    monkeypatch.setattr(answering, "search", stub)


def sleeps() -> None:
    time.sleep(60)


def dies() -> None:
    os._exit(7)


def lacks_memory() -> None:
    raise MemoryError


@pytest.mark.parametrize(("after", "stop"), [(sleeps, Stop.TIMEOUT), (dies, Stop.CRASHED), (lacks_memory, Stop.MEMORY)])
def test_nothing_that_was_found_is_lost(monkeypatch: pytest.MonkeyPatch, after: Callable[[], None], stop: Stop) -> None:
    whole = cs.solve(7, 28, layers=4)
    finds_two_then(monkeypatch, after)
    answer = cs.solve(7, 28, layers=4, timeout=2)
    assert (answer.status, answer.stopped, answer.total) == (cs.Status.SOLVED, stop, 3_678_185)
    assert list(answer) == list(whole[:2])
    assert all("z3" in solution.checked for solution in answer)


def test_a_proof_that_is_not_finished_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "prove_impossible", lambda *_: time.sleep(60))
    answer = cs.solve(100, 1000, layers=3, timeout=0.5)
    assert (answer.status, answer.total, answer.stopped) == (cs.Status.GAVE_UP, None, Stop.TIMEOUT)


def test_a_count_that_was_stopped_is_an_error_that_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "search", lambda *_, **__: time.sleep(60))
    with pytest.raises(cs.Error) as caught:
        cs.count(7, 28, timeout=0.2)
    assert str(caught.value) == (
        "error[gave-up]: time ran out before the combinations were counted, or proved to be none\n"
        "  help: give it more time, as in --timeout 0.4, ask for fewer layers, or narrow a limit,"
        " as in --kernel-size 3..5"
    )


def test_z3_without_memory_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    import z3

    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "max. memory exceeded")
    with pytest.raises(MemoryError):
        cs.solve(100, 1000, layers=3)
