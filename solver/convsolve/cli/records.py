"""Reading records that others may have written: strictly, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from convsolve.errors import Error
from convsolve.strict import file_text, json_value, named

LARGEST_RECORD = 64 * 2**20  # bytes, about 90,000 single layers; reading takes several times as much memory
EXAMPLE = "give a file of convsolve solve --json or --jsonl"
SOLUTION, ANSWER, PARETO = "convsolve.solution/1", "convsolve.answer/1", "convsolve.pareto/1"


def read_solution(path: str, pick: int) -> Mapping[str, Any]:
    """The solution at a place, counted from 1: of an answer, of one solution, or of one a line.

    Raises:
        Error: ``cannot-read``, ``bad-record``, or ``bad-pick`` where there are fewer.
    """
    text = file_text(path, LARGEST_RECORD, "bad-record", [EXAMPLE])
    lines = [line for line in text.split("\n") if line.strip()]  # other line ends may stand in a string
    if not lines:
        raise Error("bad-record", f"{named(path)} is empty", help=[EXAMPLE])
    first = _object(lines[0], path) if len(lines) == 1 or _is_whole(lines[0]) else _object(text, path)
    if first.get("schema") == SOLUTION:
        _in_range(pick, len(lines) if _is_whole(lines[0]) else 1, path)
        return first if pick == 1 else _object(lines[pick - 1], path)
    if first.get("schema") not in {ANSWER, PARETO}:
        _refuse(path, f"neither {ANSWER} nor {SOLUTION}")
    solutions = first.get("solutions")
    if not isinstance(solutions, list):
        _refuse(path, "the answer has no list of solutions")
    _in_range(pick, len(solutions), path)
    if not isinstance(solutions[pick - 1], dict):
        _refuse(path, f"solution {pick} is no object")
    return dict(solutions[pick - 1])


def _is_whole(line: str) -> bool:
    """Whether a line is an object by itself, as in JSON lines."""
    return line.lstrip().startswith("{") and line.rstrip().endswith("}")


def _object(text: str, path: str) -> dict[str, Any]:
    try:
        found = json_value(text)
    except ValueError as error:
        _refuse(path, str(error))
    if not isinstance(found, dict):
        _refuse(path, "it is no object")
    return found


def _in_range(pick: int, number: int, path: str) -> None:
    if pick > number:
        what = "no solution" if number == 0 else f"{number} solution(s)"
        raise Error("bad-pick", f"--pick {pick}: {named(path)} has {what}", help=["count from 1"])


def _refuse(path: str, reason: str) -> NoReturn:
    raise Error("bad-record", f"{named(path)}: {reason}", help=[EXAMPLE])
