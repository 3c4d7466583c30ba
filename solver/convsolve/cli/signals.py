"""Ctrl-C and SIGTERM: the first ends the work in order, and in time; the second at once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Event, Thread
from typing import Self

from convsolve.cli.exits import ExitCode
from convsolve.limits import Limits, Stop, leave_signals_to_others

GRACE = 0.8  # seconds that a program which was told to end may take to put things in order

STOPS = {signal.SIGINT: Stop.INTERRUPTED, signal.SIGTERM: Stop.TERMINATED}
CODES = {Stop.INTERRUPTED: ExitCode.INTERRUPTED, Stop.TERMINATED: ExitCode.TERMINATED}


class Terminated(BaseException):
    """SIGTERM, raised where the program stands, so that what is open is closed."""


class Signals:
    """Listens to both signals for as long as its context lasts.

    Attributes:
        heard: what the program was told, once it was.
        started: when the listening began, which limits are counted from.
    """

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.heard: Stop | None = None
        self._noted = False
        self._end = inf
        self._over = Event()
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        with suppress(ValueError):  # not in the main thread: whoever started this one decides
            for number in STOPS:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._over.set()

    def _hear(self, number: int, _: object) -> None:
        if self.heard is not None:
            os._exit(CODES[self.heard])
        stop = STOPS[signal.Signals(number)]
        self.told(stop)
        if not self._noted:
            raise KeyboardInterrupt if stop is Stop.INTERRUPTED else Terminated

    def told(self, stop: Stop) -> None:
        """What was found may be printed now, and then it is over."""
        self.heard = stop
        self.end_in(GRACE, lambda: CODES[stop])

    def end_in(self, seconds: float, code: Callable[[], int]) -> None:
        """End the process by then, whatever it is at: a reader of our output may have stopped reading."""
        self._end = min(self._end, time.monotonic() + seconds)

        def wait() -> None:
            leave_signals_to_others()
            if not self._over.wait(seconds):
                os._exit(code())

        Thread(target=wait, daemon=True).start()

    @property
    def left(self) -> float:
        """Seconds until the process ends at the latest."""
        return self._end - time.monotonic()

    def remaining(self, limits: Limits) -> Limits:
        """What is left of limits that were given when the program started."""
        return Limits(limits.seconds - (time.monotonic() - self.started), limits.mebibytes)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A signal is noted in `heard` and raises nothing, so that what is at work here is not torn apart."""
        self._noted = True
        try:
            yield
        finally:
            self._noted = False
