"""What work may use, and what ended it early."""

from __future__ import annotations

import os
import re
import signal
import sys
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from convsolve.errors import Error, shown_value

LOOK = 0.1  # seconds between two looks at whether the parent is there
LONGEST = 10**8  # seconds, three years
LARGEST = 2**30  # mebibytes, a pebibyte
_PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20}")


class Stop(StrEnum):
    """What ended a search before its end."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    BUDGET = "budget"  # Z3's own, in a proof
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    CRASHED = "crashed"

    @property
    def words(self) -> str:
        """What happened, as a clause."""
        return {
            Stop.TIMEOUT: "time ran out",
            Stop.MEMORY: "memory ran out",
            Stop.BUDGET: "Z3's budget ran out",
            Stop.INTERRUPTED: "it was interrupted",
            Stop.TERMINATED: "it was terminated",
            Stop.CRASHED: "its process died",
        }[self]


class Stopped(Exception):  # noqa: N818 - what was told before stands: no error
    """The work was stopped, or its process died."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(str(stop))
        self.stop = stop


@dataclass(frozen=True)
class Limits:
    """What work may use; true where anything is limited.

    Attributes:
        seconds: wall time.
        mebibytes: resident memory beyond that of the process that starts the work.

    Example:
        >>> Limits.read("2.5", None)
        Limits(seconds=2.5, mebibytes=inf)
        >>> bool(Limits())
        False
    """

    seconds: float = inf
    mebibytes: float = inf

    def __bool__(self) -> bool:
        return min(self.seconds, self.mebibytes) < inf

    def within(self, others: Limits) -> Limits:
        """The narrower of both."""
        return Limits(min(self.seconds, others.seconds), min(self.mebibytes, others.mebibytes))

    @classmethod
    def read(cls, timeout: object, memory: object) -> Limits:
        """The limits as a user gives them: seconds and mebibytes, as numbers or as text; None for none.

        Raises:
            Error: ``bad-value``; ``unsupported`` where this system cannot fork a process.
        """
        limits = cls(_read("timeout", timeout, LONGEST), _read("memory", memory, LARGEST))
        if limits and not hasattr(os, "fork"):
            raise Error(
                "unsupported",
                "--timeout and --memory need a system that can fork a process",
                help=["leave them out; Ctrl-C ends a search, and what was found is printed"],
            )
        return limits


UNLIMITED = Limits()


def _read(name: str, value: object, most: int) -> float:
    if value is None:
        return inf
    number: float = 0
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        number = float(value)
    elif type(value) is int or type(value) is float:
        number = value
    if not 0 < number <= most:
        unit = "seconds" if name == "timeout" else "mebibytes"
        raise Error(
            "bad-value",
            f"--{name}: {shown_value(value)} is no number of {unit} above 0 and up to {most}",
            help=[f"write --{name} {'10' if name == 'timeout' else '500'}, in Python {name}=..."],
        )
    return float(number)


def to_change(stop: Stop | None, limits: Limits = UNLIMITED, *, layers: int = 2, conditions: int = 0) -> str:
    """Which option to change so that the next search gets further.

    Args:
        stop: what ended this one.
        limits: those that it had.
        layers: how many layers the question has at most.
        conditions: and how many conditions.

    Example:
        >>> to_change(Stop.TIMEOUT, Limits(seconds=2.5))
        'give it more time, as in --timeout 5, ask for fewer layers, or narrow a limit, as in --kernel-size 3..5'
    """
    ways = ["ask for fewer layers"] * (layers > 1) + ["leave out a condition"] * (conditions > 0)
    easier = f"{''.join(f'{way}, ' for way in ways)}{'or ' if ways else ''}narrow a limit, as in --kernel-size 3..5"
    if stop is Stop.TIMEOUT:
        return f"give it more time, as in --timeout {2 * limits.seconds:.10g}, {easier if ways else f'or {easier}'}"
    if stop is Stop.MEMORY and limits.mebibytes < inf:
        return f"give it more memory, as in --memory {2 * limits.mebibytes:.10g}, {easier if ways else f'or {easier}'}"
    if stop is Stop.CRASHED:
        return "please report this command, and what convsolve doctor prints"
    return easier


def leave_signals_to_others() -> None:
    """Let no signal be delivered to this thread: it would not wake the main one, whose the handlers are."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def end_with(parent: int) -> None:
    """End this process soon after its parent has ended, by whatever that was."""
    import time
    from threading import Thread

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def confine(data: float, seconds: float = inf) -> None:
    """Limit this process for good: its data segments, in bytes, and its processor time; and no core files.

    What goes beyond is refused memory, as `MemoryError`, or killed.
    """
    if sys.platform == "win32":
        return
    import resource

    for kind, value in {
        resource.RLIMIT_DATA: data,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
    }.items():
        if value < inf:
            _, hard = resource.getrlimit(kind)
            soft = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
            resource.setrlimit(kind, (soft, hard))
