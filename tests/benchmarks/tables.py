"""Tables as text or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.goals import Goal
from tests.benchmarks.measuring import Measured
from tests.benchmarks.results import Results, mean
from tests.benchmarks.tasks import Task

Line = Sequence[str]


def text(head: Line, lines: Sequence[Line], *, markdown: bool) -> str:
    """The lines under their head; the first column is left-aligned, the others right."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]

    def row(line: Line) -> str:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        return f"| {' | '.join(cells)} |" if markdown else "  ".join(cells).rstrip()

    rule = row(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) if markdown else ""
    return "\n".join([row(head), *filter(None, [rule]), *map(row, lines)])


def task_table(task: Task, found: Results, *, markdown: bool) -> str:
    """A column an engine: milliseconds by problem, their geometric mean, and how many were solved."""
    engines = found.engines(task.name)
    rows = found.rows(task.name)
    lines = []
    for row in rows:
        cells = [_cell(task, found.get(task.name, row, engine)) for engine in engines]
        lines.append([row, *cells])
    if task.name != "list":
        solved = [found.solved(task.name, engine) for engine in engines]
        lines += [
            ["solved", *(f"{len(one)} of {len(rows)}" for one in solved)],
            ["geometric mean of these", *(_time(mean(one.values())) if one else "" for one in solved)],
            ["processor time of these", *(_processor(task, found, engine) for engine in engines)],
            [f"by {engines[0]}'s", *(_ratio(task, found, engines[0], engine) for engine in engines)],
        ]
    return text([task.note or "milliseconds", *engines], lines, markdown=markdown)


def _processor(task: Task, found: Results, engine: str) -> str:
    measured = [found.get(task.name, row, engine) for row in found.rows(task.name)]
    times = [max(one.cpu, 1e-6) for one in measured if one is not None and not one.miss]
    return _time(mean(times)) if times else ""


def _ratio(task: Task, found: Results, first: str, other: str) -> str:
    """The other's time by the first one's, over what both solved."""
    ratio = found.ratio((task.name, first), (task.name, other))
    return f"{ratio.factor:.3g}x on {ratio.problems}" if ratio and other != first else ""


def goal_table(goals: Sequence[Goal], *, markdown: bool) -> str:
    words = {True: "met", False: "missed", None: "not measured"}
    lines = [[goal.what, goal.goal, goal.reached, words[goal.met]] for goal in goals]
    table = text(["goal", "wanted", "reached", ""], lines, markdown=markdown)
    missed = [f"- {goal.what}: {goal.why}" for goal in goals if goal.why]
    return "\n".join([table, *(["", "Why those that are missed are:", *missed] if missed else [])])


def _cell(task: Task, one: Measured | None) -> str:
    if one is None:
        return ""
    if one.miss:
        return one.miss.partition(":")[0]
    if task.name == "list":
        return f"{(one.number or 0) / one.wall:,.0f}"
    return _time(one.wall)


def _time(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"
