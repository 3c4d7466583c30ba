"""Work in a thread and in a child process: whatever becomes of it, it ends in time and what it told stands."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from convsolve import workers
from convsolve.errors import Error
from convsolve.limits import Limits, Stop, Stopped
from convsolve.workers import MOST_WAITING, Work, followed, limited

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits need a fork")

Tell = Callable[[Any], None]


def heard(work: Work, limits: Limits) -> tuple[list[Any], BaseException | None]:
    """All that the work told, and what was raised at its end."""
    events: list[Any] = []
    try:
        for batch in limited(work, limits):
            events += batch
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it is what the test is about
        return events, error
    return events, None


def numbers(tell: Tell) -> None:
    for number in range(20_000):
        tell(number)


def busy(tell: Tell) -> None:
    tell("found")
    while True:
        pass


def deaf(tell: Tell) -> None:
    """A long call that holds Python up: no other thread runs."""
    tell("found")
    ctypes.PyDLL(None).sleep(30)


def stubborn(tell: Tell) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    tell("found")
    while True:
        time.sleep(1)


def fills(tell: Tell) -> None:
    tell("found")
    held = []
    while True:
        held.append(bytearray(2**20))
        time.sleep(0.0005)


def leaps(tell: Tell) -> None:
    tell("found")
    tell(len(bytearray(2**33)))


def killed(tell: Tell) -> None:
    tell("found")
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(tell: Tell) -> None:
    tell("found")
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGUSR2)


def bursts(tell: Tell) -> None:
    tell("found")
    tell("found")
    tell("found")
    os._exit(7)


def errs(tell: Tell) -> None:
    tell("found")
    raise Error("bad-size", "no size", help=["write 4"])


def breaks(tell: Tell) -> None:
    tell("found")
    raise ZeroDivisionError("by nothing")


@pytest.mark.parametrize("limits", [Limits(seconds=60), Limits(mebibytes=4000)], ids=str)
def test_all_that_is_told_arrives_in_order(limits: Limits) -> None:
    assert heard(numbers, limits) == ([*range(20_000)], None)


@pytest.mark.parametrize("work", [busy, deaf, stubborn])
@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_a_limit_of_time_is_kept_whatever_the_work_does(work: Work, seconds: float) -> None:
    start = time.monotonic()
    events, end = heard(work, Limits(seconds=seconds))
    assert time.monotonic() - start < seconds + 1
    assert isinstance(end, Stopped)
    assert (events, end.stop) == (["found"], Stop.TIMEOUT)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # there is none, not even a dead one


@pytest.mark.parametrize("work", [fills, leaps])
def test_a_limit_of_memory_is_kept(work: Work) -> None:
    events, end = heard(work, Limits(seconds=60, mebibytes=100))
    assert isinstance(end, Stopped)
    assert (events, end.stop) == (["found"], Stop.MEMORY)


def test_the_limit_of_memory_is_kept_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "confine", lambda _: None)
    events, end = heard(fills, Limits(seconds=30, mebibytes=100))
    assert (events, str(end)) == (["found"], "memory")


def test_memory_that_the_listener_takes_counts_too() -> None:
    with pytest.raises(Stopped) as caught:
        [b"x" * 2**26 for _ in limited(busy, Limits(seconds=60, mebibytes=100))]
    assert caught.value.stop is Stop.MEMORY


@pytest.mark.parametrize(("work", "stop"), [(killed, Stop.MEMORY), (crashes, Stop.CRASHED)])
def test_a_child_that_dies_is_told_and_what_it_found_stands(work: Work, stop: Stop) -> None:
    events, end = heard(work, Limits(seconds=60))
    assert isinstance(end, Stopped)
    assert (events, end.stop) == (["found"], stop)


def test_what_is_told_at_once_is_sent_at_once() -> None:
    events, end = heard(bursts, Limits(seconds=60))
    assert (events, str(end)) == (["found"] * 3, "crashed")


def test_what_the_work_raises_is_raised_here() -> None:
    events, end = heard(errs, Limits(seconds=60))
    assert events == ["found"]
    assert isinstance(end, Error)
    assert (end.code, end.message, end.help) == ("bad-size", "no size", ("write 4",))
    events, end = heard(breaks, Limits(seconds=60))
    assert events == ["found"]
    assert isinstance(end, RuntimeError)
    assert str(end).startswith("ZeroDivisionError at test_workers.py:")
    with pytest.raises(ZeroDivisionError):
        [*followed(breaks)]


def test_leaving_early_ends_the_child() -> None:
    told = limited(busy, Limits(seconds=60))
    next(told)
    told.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_limits_are_kept_beside_other_threads() -> None:
    """As in a notebook: the one who asks is not the main thread, and there are others."""
    results: list[object] = []
    thread = Thread(target=lambda: results.append(heard(numbers, Limits(seconds=60))))
    thread.start()
    assert heard(numbers, Limits(seconds=60)) == ([*range(20_000)], None)
    thread.join()
    assert results == [([*range(20_000)], None)]


@pytest.mark.parametrize(
    "sibling", ["", "        os.fork() or time.sleep(30)\n"], ids=["alone", "its pipe is kept open"]
)
def test_the_child_ends_with_its_parent(sibling: str) -> None:
    script = (
        "import os, sys, time\n"
        "from convsolve.limits import Limits\n"
        "from convsolve.workers import limited\n"
        "def work(tell):\n"
        "    tell(os.getpid())\n"
        "    time.sleep(60)\n"
        "for batch in limited(work, Limits(seconds=60)):\n"
        "    for event in batch:\n"
        f"{sibling}        print(event, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("it is still there")


def test_a_thread_waits_for_its_listener_and_ends_without_one() -> None:
    given: list[None] = []

    def endless(tell: Tell) -> None:
        while True:
            given.append(None)
            tell(None)

    told = followed(endless)
    taken = len(next(told))
    before = -1
    while before != len(given):  # until it stands still
        before = len(given)
        time.sleep(0.2)
    assert len(given) <= taken + MOST_WAITING + 1
    told.close()
    time.sleep(0.2)
    before = len(given)
    time.sleep(0.2)
    assert len(given) == before


def test_a_signal_is_heard_while_the_work_is_deaf() -> None:
    """A handler runs in the main thread, which is not the one that works."""
    heard_at = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard_at.append(time.monotonic()))
    try:

        def work(tell: Tell) -> None:
            tell(time.monotonic())
            os.kill(os.getpid(), signal.SIGUSR1)
            ctypes.CDLL(None).usleep(1_300_000)

        told = [event for batch in followed(work) for event in batch]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard_at[0] - told[0] < 1
