"""A search at work: its events heard, signals and limits kept, and a line that shows how far it is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from math import inf
from typing import TYPE_CHECKING, Protocol

from convsolve.answer import Solution, Status
from convsolve.cli.exits import ExitCode
from convsolve.cli.signals import GRACE, Signals
from convsolve.events import Counted, Ended, Event, Explained, Found, Listener, Progress
from convsolve.limits import Limits, Stop, Stopped
from convsolve.problem import Problem
from convsolve.workers import Work, followed, limited

if TYPE_CHECKING:
    from convsolve.space import Space

PATIENCE = 1.0  # seconds before the line appears
EVERY = 0.2  # seconds between two of them
LAST = 0.1  # seconds in which a search that was told to end is still heard


class Hearer(Protocol):
    """A listener, with what it has heard so far."""

    progress: Progress

    def __call__(self, event: Event) -> None:
        """Hear it."""


def heard(work: Work, hear: Hearer, limits: Limits, signals: Signals, *, line: bool = True) -> Stop | None:
    """Do the work and hear what it tells; what ended it early, if anything did.

    Args:
        work: tells events.
        hear: is told each.
        limits: of the whole command.
        signals: is asked whether to stop, and sees to it that a limit of time is kept by all else, too.
        line: whether stderr may show a line.
    """
    progress = hear.progress
    status = _Line(progress, shown=line)
    watched = limits.seconds == inf
    end = inf
    try:
        with signals.noted(), closing(limited(work, signals.remaining(limits)) if limits else followed(work)) as told:
            for batch in told:
                if not watched:  # not before: a process should not fork beside a thread
                    watched = True
                    code = lambda: ExitCode.FOUND if progress.found else ExitCode.GAVE_UP  # noqa: E731
                    signals.end_in(max(0, signals.remaining(limits).seconds) + GRACE, code)
                for event in batch:
                    hear(event)
                if end < inf and (not batch or time.monotonic() > end):
                    return signals.heard
                if signals.heard is not None and end == inf:
                    end = time.monotonic() + LAST  # what was told before the signal may still be on its way
                status.draw()
    except Stopped as stopped:
        return stopped.stop
    except MemoryError:
        return Stop.MEMORY
    except KeyboardInterrupt:  # Z3 took the signal
        signals.told(Stop.INTERRUPTED)
        return Stop.INTERRUPTED
    finally:
        status.erase()
    return None


def explained(work: Work, problem: Problem, report: Listener) -> None:
    """Do the work of a search; where it ends in impossibility, tell why, too."""
    ended: list[Status] = []

    def hear(event: Event) -> None:
        if isinstance(event, Ended):
            ended.append(event.status)
        report(event)

    work(hear)
    if ended == [Status.IMPOSSIBLE]:
        from convsolve.explain import explain

        report(Explained(explain(problem)))


def drawn(draw: Callable[[Space], Iterable[Solution]], problem: Problem, report: Listener) -> None:
    """Tell the combinations that are drawn from a question's space; where there are none, what a search says of it."""
    from convsolve.space import Space

    space = Space.of(problem)
    solutions = draw(space)
    if not space:
        from convsolve.answering import search

        search(problem, report, count=0)
        return
    report(Counted(space.total, "graph"))
    for solution in solutions:
        report(Found(solution))
    report(Ended(Status.SOLVED))


class _Line:
    """One line on a terminal, for whoever waits there; erased before anything else is written."""

    def __init__(self, progress: Progress, *, shown: bool) -> None:
        self.progress = progress
        terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._started = time.monotonic()
        self._due = self._started + PATIENCE if shown and terminal else inf
        self._drawn = False

    def draw(self) -> None:
        """Show how far it is, where that is due."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            self._drawn = True
            self._write(f"\r{_so_far(self.progress)}, {now - self._started:.0f} s\x1b[K")

    def erase(self) -> None:
        """Leave the terminal as it was."""
        if self._drawn:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _so_far(progress: Progress) -> str:
    from convsolve.render.answers import amount

    if progress.total is None:
        return "counting"
    if progress.ended is not None and not progress.found:
        return "impossible, looking for what mends it"
    if progress.total == 0:
        return "none found, proving it"
    if progress.values and progress.bound != progress.values:
        objectives = zip(progress.values, progress.problem.objectives, strict=True)
        return f"best so far {', '.join(f'{value:,} {objective.cost}' for value, objective in objectives)}"
    return f"{max(len(progress.found), progress.told):,} found of {amount(progress.total)}"
