"""The command line under limits and signals: what was found is printed in the asked form, and why it ended is said."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from convsolve import answering
from convsolve.check import child
from convsolve.check.report import Outcome, Report
from convsolve.cli import checks, output, work
from convsolve.cli.signals import GRACE
from convsolve.cli.streams import Look
from convsolve.events import Bound, Counted, Ended, Incumbent, Listener, Progress
from convsolve.limits import Limits, Stop
from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.render.answers import headline
from convsolve.solving import solve
from tests.command_line import convsolve
from tests.records import valid
from tests.terminal import environment

QUESTION = ["solve", "7", "28", "--layers", "4"]
ENDLESS = ["solve", "4x4", "61x79", "--layers", "4", "--jsonl", "--all"]
STYLES: dict[str, list[str]] = {"rows": [], "json": ["--json"], "jsonl": ["--jsonl"], "table": ["--color", "always"]}

After = Callable[[], None]


class Signal(NamedTuple):
    number: signal.Signals
    code: int
    word: str


SIGNALS = [Signal(signal.SIGINT, 130, "interrupted"), Signal(signal.SIGTERM, 143, "terminated")]
each_signal = pytest.mark.parametrize("sent", SIGNALS, ids=["SIGINT", "SIGTERM"])


def sleeps() -> None:
    time.sleep(60)


def sends(number: signal.Signals) -> After:
    def send() -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    return send


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None, After], None]:
    """A search that finds so many, or only counts, and then does something else."""
    search = answering.search

    def patch(number: int | None, after: After) -> None:
        def stub(problem: Problem, report: Listener, **_: object) -> None:
            if number is not None:
                search(problem, lambda event: None if isinstance(event, Ended) else report(event), count=number)
            after()

        monkeypatch.setattr(answering, "search", stub)

    return patch


Finds = Callable[[int | None, After], None]


def solutions(style: str, out: str) -> int:
    """How many solutions stand in an output, all of it readable."""
    assert out.endswith("\n")
    if style == "json":
        record = json.loads(out)
        valid(record, "answer")
        assert not record["complete"]
        return len(record["solutions"])
    lines = out.splitlines()
    if style == "jsonl":
        for line in lines:
            valid(json.loads(line), "solution")
        return len(lines)
    return len({line.split()[0] for line in lines[1:] if line[:2].strip().isdigit()})


@pytest.mark.parametrize(
    ("style", "more"), [*((style, []) for style in STYLES), ("jsonl", ["--memory", "4000"])], ids=" ".join
)
def test_what_was_found_in_time_is_printed(style: str, more: list[str], finds: Finds) -> None:
    finds(2, sleeps)
    said = convsolve(*QUESTION, *STYLES[style], "--timeout", "0.6", *more)
    assert (said.code, solutions(style, said.out)) == (0, 2)
    first, *_, last = said.err.splitlines()
    if style == "jsonl":
        assert first == "2 printed; then time ran out"
    else:
        assert first.endswith(": 2 of 3,678,185 combinations, most conventional first; then time ran out")
    assert last.startswith(
        "  help: give it more time, as in --timeout 1.2, ask for fewer layers, or narrow a limit, as "
    )
    if style == "json":
        assert json.loads(said.out)["stopped"] == "timeout"


@pytest.mark.parametrize("style", STYLES)
@each_signal
@pytest.mark.parametrize("found", [2, 0])
def test_what_was_found_before_a_signal_is_printed(style: str, sent: Signal, found: int, finds: Finds) -> None:
    finds(found, sends(sent.number))
    before = [signal.getsignal(each.number) for each in SIGNALS]
    said = convsolve(*QUESTION, *STYLES[style])
    assert said.code == sent.code
    assert f"it was {sent.word}" in said.err
    assert [signal.getsignal(each.number) for each in SIGNALS] == before
    if found or style == "json":
        assert solutions(style, said.out) == found
    else:
        assert said.out == ""
    assert "help" not in said.err


def test_a_signal_ends_a_search_with_limits_too(finds: Finds) -> None:
    parent = os.getpid()

    def tells_the_parent() -> None:
        os.kill(parent, signal.SIGTERM)
        time.sleep(60)

    finds(2, tells_the_parent)
    said = convsolve(*QUESTION, "--json", "--timeout", "50")
    assert (said.code, solutions("json", said.out), json.loads(said.out)["stopped"]) == (143, 2, "terminated")


@pytest.mark.parametrize("command", ["solve", "count"])
def test_giving_up_says_what_is_known_and_what_to_change(command: str, finds: Finds) -> None:
    finds(None, sleeps)
    said = convsolve(command, "7", "28", "--layers", "4", "--timeout", "0.3")
    assert said[:2] == (4, "")
    assert said.err == (
        "7 -> 28 in 4 ConvTranspose layers: gave up: time ran out before an answer or a proof\n"
        "limits: kernel_size 1..7, stride 1..4, padding 0..3, dilation 1, output_padding 0..3\n"
        "  help: give it more time, as in --timeout 0.6, ask for fewer layers, or narrow a limit,"
        " as in --kernel-size 3..5\n"
    )
    said = convsolve(command, "7", "28", "--layers", "4", "--timeout", "0.3", "--json")
    record = json.loads(said.out)
    valid(record, "answer")
    assert (said.code, record["status"], record["stopped"], record["total"]) == (4, "gave_up", "timeout", None)


def test_a_total_that_is_known_is_said_without_a_solution(finds: Finds) -> None:
    finds(0, sleeps)
    said = convsolve(*QUESTION, "--timeout", "0.5")
    assert said.code == 4
    assert ": gave up: time ran out before one of 3,678,185 combinations was listed\n" in said.err


def test_want_of_memory_and_a_crash_leave_what_was_found(finds: Finds) -> None:
    def lacks() -> None:
        raise MemoryError

    finds(2, lacks)
    said = convsolve(*QUESTION, "--json")
    assert (said.code, solutions("json", said.out), json.loads(said.out)["stopped"]) == (0, 2, "memory")
    said = convsolve(*QUESTION, "--memory", "200")
    assert said.code == 0
    assert "first; then memory ran out\n" in said.err
    assert "give it more memory, as in --memory 400, ask" in said.err
    finds(2, lambda: os._exit(9))
    said = convsolve(*QUESTION, "--memory", "200")
    assert (said.code, solutions("rows", said.out)) == (0, 2)
    assert "first; then its process died\n" in said.err
    assert "  help: please report this command" in said.err


def test_a_terminal_has_a_line_while_it_waits_and_a_pipe_has_none(
    finds: Finds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PATIENCE", 0)
    finds(2, sleeps)
    said = convsolve(*QUESTION, "--timeout", "0.6", terminal=True)
    line, erased, rest = said.out.rpartition("\r\x1b[K")
    assert erased
    assert line.startswith("\r")
    assert "\r2 found of 3,678,185, 0 s\x1b[K" in line
    assert rest.startswith("7 -> 28 in 4 ConvTranspose layers: 2 of 3,678,185 combinations")
    assert "\r" not in "".join(convsolve(*QUESTION, "--timeout", "0.6")[1:])


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ([], "counting"),
        ([Counted(0, "conventional")], "none found, proving it"),
        ([Counted(10**20, "graph")], "0 found of about 1.0e20"),
    ],
)
def test_the_line_says_what_is_under_way(events: list[Counted], line: str) -> None:
    progress = Progress(ask(7, 28))
    for event in events:
        progress(event)
    assert work._so_far(progress) == line


def test_an_objective_is_said_as_far_as_it_is_served() -> None:
    problem = ask("8@7x7", "1@28x28", layers=2, minimize="params")
    best = answering.answer(problem, count=1)
    assert best.values is not None
    progress = Progress(problem)
    progress(Counted(best.total or 0, "conventional"))
    progress(Incumbent(best[0], (9_999,)))
    assert work._so_far(progress) == "best so far 9,999 params"
    words = "1 of 865 combinations, fewest params (9,999) so far"
    assert headline(progress.answer(Stop.TIMEOUT)).endswith(f"{words}, not proved the best; then time ran out")
    progress(Bound((77,)))
    assert headline(progress.answer(Stop.TIMEOUT)).endswith(
        f"{words}; proved: none has params below 77; then time ran out"
    )
    progress(Incumbent(best[0], best.values))
    progress(Bound(best.values))
    assert work._so_far(progress) == "0 found of 865"
    assert ", proved by Z3; then it was interrupted" in headline(progress.answer(Stop.INTERRUPTED))


def test_lines_come_as_they_are_found_and_a_table_only_as_far_as_there_is_time() -> None:
    said = convsolve("solve", "7", "28", "--layers", "2", "--all", "--jsonl", "--timeout", "60")
    assert (said.code, len(said.out.splitlines())) == (0, 865)
    answer = answering.answer(ask(7, 28, layers=2), every=True)
    screen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "write", screen.extend)
        patch.setattr(output, "say", lambda *lines: screen.extend(lines))
        page = Look(table=True, colored=False, width=100)
        output.show(answer, page, [], hint=True, seconds=10 * 2 / output.ROWS_DRAWN)
    assert "these are the first 10 of 865; --jsonl prints each as it is found" in screen
    assert sum(line[:3].strip().isdigit() for line in screen) == 10


def test_texts_made_early_are_those_made_late() -> None:
    problem = ask(7, 28, layers=2)
    progress = Progress(problem)
    texts = output.Texts(progress, output.record)
    answering.search(problem, texts, count=300)
    made = len(texts._texts)
    answer = progress.answer()
    assert made == 300 - output.MOST_RUN - 1
    assert texts.of(answer) == [output.record(0, solution) for solution in answer]


# --- torch, whose child is the program's own


def test_torch_has_what_is_left_of_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Limits] = []

    def check(stacks: Sequence[object], *_: object, limits: Limits) -> list[Report]:
        given.append(limits)
        return [Report(Outcome.TIMED_OUT, notes=("stopped after 1 s",))] * len(stacks)

    monkeypatch.setattr(checks, "check_solutions", check)
    said = convsolve("solve", "1@7", "1@28", "--count", "1", "--check", "torch", "--timeout", "50", "--memory", "1000")
    assert said.code == 4
    assert "solution 1: not checked in torch (timed out): stopped after 1 s\n" in said.err
    assert solutions("rows", said.out) == 1
    (limits,) = given
    assert 0 < limits.seconds < 50
    assert limits.mebibytes == 1000 - child.TORCH_ITSELF


def test_without_time_or_memory_torch_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(child, "_ask", started)
    layers = solve(7, 28)[0].layers
    for limits, outcome in [(Limits(-1), Outcome.TIMED_OUT), (Limits(9, -1), Outcome.OUT_OF_MEMORY)]:
        assert [report.outcome for report in child.check_many([layers] * 2, limits=limits)] == [outcome] * 2


@each_signal
def test_a_signal_while_torch_runs_leaves_the_answer(monkeypatch: pytest.MonkeyPatch, sent: Signal) -> None:
    monkeypatch.setattr(checks, "check_solutions", lambda *_, **__: sends(sent.number)())
    said = convsolve("solve", "1@7", "1@28", "--count", "2", "--check", "torch", "--json")
    assert (said.code, solutions("json", said.out)) == (sent.code, 2)
    assert said.err == "ended before torch had run it\n"


# --- processes whose output nobody takes


def stalled(*limits: str, grace: float = GRACE) -> subprocess.Popen[bytes]:
    """An endless search that waits for a reader who does not read."""
    script = f"from convsolve.cli import app, signals; signals.GRACE = {grace}; app.main()"
    command = [sys.executable, "-c", script, *ENDLESS, *limits]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    waiting, before = array("i", [0]), -1
    while waiting[0] != before or not before:
        before = waiting[0]
        time.sleep(0.15)
        fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)
    return process


@each_signal
def test_a_signal_does_not_wait_for_a_reader(sent: Signal) -> None:
    with stalled() as process:
        start = time.monotonic()
        process.send_signal(sent.number)
        assert process.wait(10) == sent.code
        assert time.monotonic() - start < 5


def test_a_second_signal_ends_it_at_once() -> None:
    with stalled(grace=60) as process:
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_a_limit_of_time_does_not_wait_for_a_reader() -> None:
    start = time.monotonic()
    with stalled("--timeout", "1.5") as process:
        assert process.wait(10) == 0
        assert time.monotonic() - start < 1.5 + GRACE + 5
