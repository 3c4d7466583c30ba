"""Combinations in the formats of tools that sweep over what they are given."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from convsolve.space import Space

if TYPE_CHECKING:
    from convsolve.answer import Solution
    from convsolve.problem import Problem


def written(form: str, problem: Problem, solutions: Sequence[Solution]) -> Iterator[str]:
    """The lines of a format: ``wandb``, ``csv``, ``jsonl`` or ``optuna``.

    A combination is named by its number in the space, as text: what reads it as a float would lose digits.
    """
    space = Space.of(problem)
    return {"wandb": _wandb, "csv": _csv, "jsonl": _jsonl, "optuna": _optuna}[form](space, solutions)


def python(problem: Problem) -> str:
    """The call that gives the space again."""
    record = problem.to_dict()
    arguments = [repr(record.pop("input")), repr(record.pop("target"))]
    if record["tie"] == "default":
        del record["tie"]
    if not any(record.get("channels") or ()):
        record.pop("channels", None)
    return f"cs.Space({', '.join([*arguments, *(f'{name}={value!r}' for name, value in record.items())])})"


def _jsonl(space: Space, solutions: Sequence[Solution]) -> Iterator[str]:
    for solution in solutions:
        yield json.dumps({"rank": str(space.index(solution)), "values": space.values(solution)})


def _optuna(space: Space, solutions: Sequence[Solution]) -> Iterator[str]:
    yield json.dumps([space.values(solution) for solution in solutions])


def _csv(space: Space, solutions: Sequence[Solution]) -> Iterator[str]:
    names = [*space.decisions]
    yield from _row(["rank", *names])
    for solution in solutions:
        values = space.values(solution)
        yield from _row([str(space.index(solution)), *(str(values.get(name, "")) for name in names)])


def _row(cells: Sequence[str]) -> Iterator[str]:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    yield line.getvalue()


def _wandb(space: Space, solutions: Sequence[Solution]) -> Iterator[str]:
    """A grid over numbers of combinations: W&B has no constraints between parameters."""
    yield f"# {space!r}, fingerprint {space.fingerprint}"
    yield "# In the program:"
    yield "#   import convsolve as cs"
    yield f"#   space = {python(space.problem)}"
    yield "#   solution = space[int(wandb.config.architecture)]"
    yield "program: train.py"
    yield "method: grid"
    yield "metric:"
    yield "  name: loss"
    yield "  goal: minimize"
    yield "parameters:"
    yield "  architecture:"
    yield "    values:"
    for solution in solutions:
        yield f'      - "{space.index(solution)}"'
