"""One measurement: a time limit, a clean heap, every answer checked, whatever went wrong kept as a word."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from statistics import median
from time import perf_counter, process_time
from types import FrameType
from typing import NamedTuple

from convsolve.posing import ask
from tests.benchmarks.checker import CheckerError, check, cost
from tests.benchmarks.engines import Run
from tests.benchmarks.question import Combination, Outcome, OutOfTimeError, RefusedError
from tests.benchmarks.suite import Row
from tests.oracle.order import place_in_order

GRACE = 0.5  # solvers are told the limit; what comes this much later counts as a miss too
KEPT = ("convsolve.language", "convsolve.ranking.standard", "convsolve.layers.base")  # constants of the program


class Measured(NamedTuple):
    """What one engine did with one task on one problem, over all rounds.

    Attributes:
        wall, cpu: seconds, medians; cpu sums over threads.
        number: what the outcome counted; of the most conventional answers the sum of their scores.
        miss: why there is no result: ``time``, ``memory``, ``refused: ...`` or ``wrong: ...``.
        rounds: how often it ran.
    """

    wall: float
    cpu: float
    number: int | None
    miss: str
    rounds: int


class Series:
    """The rounds of one engine on one task and problem."""

    def __init__(self, run: Run, task: str, row: Row, limit: float, budget: float) -> None:
        self.run, self.task, self.row, self.limit, self.budget = run, task, row, limit, budget
        self.walls: list[float] = []
        self.cpus: list[float] = []
        self.number: int | None = None
        self.miss = ""

    @property
    def done(self) -> bool:
        """Whether another round would bring nothing: it missed, or its time is used up."""
        return bool(self.miss) or sum(self.walls) > self.budget

    def round(self) -> None:
        """Runs it once, and checks the answer outside of the measured time."""
        forget()
        gc.collect()
        gc.freeze()
        wall, cpu = perf_counter(), process_time()
        try:
            with _alarm(self.limit + GRACE):
                outcome = self.run(self.row, self.limit)
        except OutOfTimeError:
            self.miss = "time"
        except RefusedError as error:
            self.miss = f"refused: {error}"
        except MemoryError:
            self.miss = "memory"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the engine's fault
            self.miss = f"wrong: {error!r}"
        else:
            self.walls.append(perf_counter() - wall)
            self.cpus.append(process_time() - cpu)
            if outcome.verdict == "gave up" or (self.walls[-1] > self.limit + GRACE):
                self.miss = "time"
            else:
                self._judge(outcome)
        finally:
            gc.unfreeze()

    def _judge(self, outcome: Outcome) -> None:
        self.number = outcome.number
        try:
            judge(self.row, self.task, outcome)
            if self.task in ("best", "five"):
                self.number = sum(score(self.row, answer) for answer in outcome.answers)
        except CheckerError as error:
            self.miss = f"wrong: {error}"

    def measured(self) -> Measured:
        if not self.walls:
            return Measured(0, 0, None, self.miss, 0)
        return Measured(median(self.walls), median(self.cpus), self.number, self.miss, len(self.walls))


def judge(row: Row, task: str, outcome: Outcome) -> None:
    """Raises CheckerError where an outcome is not what the problem has."""
    if outcome.verdict != row.verdict:
        raise CheckerError(f"{outcome.verdict} instead of {row.verdict}")
    for answer in outcome.answers:
        check(row.asked, answer)
    if row.verdict == "impossible":
        return
    if task in ("first", "best", "five", "optimum") and not outcome.answers:
        raise CheckerError("no answer")
    if task == "five" and len(set(outcome.answers)) != min(5, row.count or 5):
        raise CheckerError(f"{len(set(outcome.answers))} answers instead of five")
    if task == "count" and row.count is not None and outcome.number != row.count:
        raise CheckerError(f"{outcome.number} combinations instead of {row.count}")
    if task == "optimum" and row.objective is not None:
        found = cost(row.asked, outcome.answers[0], row.objective)
        if found != outcome.number:
            raise CheckerError(f"{row.objective} {outcome.number} is said, {found} it is")
    if task == "list" and outcome.complete:
        if len(set(outcome.answers)) != outcome.number:
            raise CheckerError("an answer is listed twice")
        if row.count is not None and outcome.number != row.count:
            raise CheckerError(f"{outcome.number} answers instead of {row.count}")


def score(row: Row, answer: Combination) -> int:
    """How conventional an answer is, by the definition."""
    problem = ask(**row.keywords)
    lengths = [len(layer.kind.axis_parameters) for layer in problem.layers]
    settings = [[one[:length] for one in layer] for layer, length in zip(answer, lengths, strict=True)]
    return place_in_order(problem, tuple(map(tuple, settings)))[0]


def forget() -> None:
    """Empties what convsolve remembers from one question to the next, except for constants of the program."""
    for name, module in list(sys.modules.items()):
        if name.startswith("convsolve."):
            for value in list(vars(module).values()):
                if isinstance(value, _lru_cache_wrapper):
                    path = f"{value.__module__}.{value.__qualname__}"
                    if not path.startswith(KEPT):
                        value.cache_clear()


@contextmanager
def _alarm(limit: float) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit, 0.2)  # again and again: a destructor may have swallowed it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
