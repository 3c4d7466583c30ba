"""What is measured: each task with the problems that it is asked of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.benchmarks.suite import SUITE, Row

LIMIT = 6.0  # seconds an engine has for a problem
LISTING = 1.0  # and for listing what it can


class Task(NamedTuple):
    """A task.

    Attributes:
        name: as engines know it.
        title: what the table is called.
        rows: its problems.
        limit: seconds.
        note: what a reader must know.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    limit: float = LIMIT
    note: str = ""


def _of(choose: Callable[[Row], bool]) -> tuple[Row, ...]:
    return tuple(filter(choose, SUITE))


STYLED = ("7 -> 28, one layer", "28 -> 4 in three", "DCGAN, 1 -> 64 in five", "224 -> 7 in five")
WIDE_AXES = "4x4 -> 61x79 in four"
LISTED = "DCGAN, 1 -> 64 in five"

TASKS = (
    Task(
        "first",
        "First answer: any that is valid",
        _of(lambda row: row.group in ("plain", "deep", "wide", "conditions", "relations")),
    ),
    Task("impossible", "Proved impossible", _of(lambda row: row.group == "impossible")),
    Task(
        "best",
        "The most conventional answer",
        _of(lambda row: row.name in (*STYLED, WIDE_AXES) or row.group in ("deep", "conditions", "relations")),
    ),
    Task(
        "five",
        "The five most conventional answers",
        _of(lambda row: row.name in (*STYLED, WIDE_AXES) or row.group == "deep"),
    ),
    Task("count", "The exact number of answers", _of(lambda row: row.group in ("plain", "deep", "wide"))),
    Task("optimum", "The least cost, proved", _of(lambda row: row.group == "optimum")),
    Task(
        "list",
        "Answers listed in a second",
        _of(lambda row: row.name == LISTED),
        LISTING,
        "answers a second, in memory, settings of every layer",
    ),
)
