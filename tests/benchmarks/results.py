"""Everything that one run measured, and ratios within it."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log
from typing import NamedTuple

from tests.benchmarks.measuring import Measured
from tests.benchmarks.suite import Row


class Ratio(NamedTuple):
    """How many times as long another engine takes, over the problems that both solved."""

    factor: float
    problems: int


class Results:
    """What each engine did with each task on each problem."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Measured] = {}  # by task, problem, engine

    def keep(self, task: str, row: Row, engine: str, measured: Measured) -> None:
        self._found[task, row.name, engine] = measured

    def by_processor(self) -> Results:
        """The same with processor time instead of the clock's."""
        found = Results()
        found._found = {key: one._replace(wall=max(one.cpu, 1e-6)) for key, one in self._found.items()}
        return found

    def engines(self, task: str) -> list[str]:
        return list(dict.fromkeys(engine for one, _, engine in self._found if one == task))

    def rows(self, task: str) -> list[str]:
        return list(dict.fromkeys(row for one, row, _ in self._found if one == task))

    def get(self, task: str, row: str, engine: str) -> Measured | None:
        return self._found.get((task, row, engine))

    def solved(self, task: str, engine: str, rows: Iterable[str] | None = None) -> dict[str, float]:
        """Median seconds by problem, where there was a right answer in time."""
        found = {}
        for row in self.rows(task) if rows is None else rows:
            one = self.get(task, row, engine)
            if one is not None and not one.miss:
                found[row] = one.wall
        return found

    def ratio(self, ours: tuple[str, str], theirs: tuple[str, str], rows: Iterable[str] | None = None) -> Ratio | None:
        """Theirs by ours, each a task and an engine; None where no problem was solved by both."""
        own, other = self.solved(*ours, rows), self.solved(*theirs, rows)
        both = [row for row in own if row in other]
        return Ratio(mean(other[row] / own[row] for row in both), len(both)) if both else None

    def best(self, task: str, family: str, rows: Iterable[str] | None = None) -> str | None:
        """The engine of a family that solves most, and of these the fastest."""
        some = [engine for engine in self.engines(task) if engine.startswith(family)]
        chosen = list(rows) if rows is not None else self.rows(task)
        times = {engine: self.solved(task, engine, chosen) for engine in some}
        able = [engine for engine in some if times[engine]]
        return min(able, key=lambda engine: (-len(times[engine]), mean(times[engine].values())), default=None)

    def wrong(self) -> list[str]:
        """Every answer that the checker refused."""
        return [
            f"{engine}, {task}, {row}: {one.miss}"
            for (task, row, engine), one in self._found.items()
            if one.miss.startswith("wrong")
        ]

    def disagreements(self) -> list[str]:
        """Counts, scores and proved minima that are not the same for all engines."""
        found = []
        for task in ("count", "best", "five", "optimum"):
            for row in self.rows(task):
                said: dict[int, str] = {}
                for engine in self.engines(task):
                    one = self.get(task, row, engine)
                    if one is not None and not one.miss and one.number is not None:
                        said.setdefault(one.number, engine)
                if len(said) > 1:
                    found.append(f"{task}, {row}: " + ", ".join(f"{number} ({name})" for number, name in said.items()))
        return found


def mean(numbers: Iterable[float]) -> float:
    """The geometric mean."""
    logs = list(map(log, numbers))
    return exp(sum(logs) / len(logs))
