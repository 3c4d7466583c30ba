"""Reading records that others may have written: strictly, within limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from convsolve.errors import Error, shown

LARGEST_RECORD = 64 * 2**20  # bytes, about 90,000 single layers; reading takes several times as much memory
LONGEST_NUMBER = 20  # characters; whatever a record of ours counts in a layer has fewer
EXAMPLE = "give a file of convsolve solve --json or --jsonl"
SOLUTION, ANSWER = "convsolve.solution/1", "convsolve.answer/1"


def read_solution(path: str, pick: int) -> Mapping[str, Any]:
    """The solution at a place, counted from 1: of an answer, of one solution, or of one a line.

    Raises:
        Error: ``cannot-read``, ``bad-record``, or ``bad-pick`` where there are fewer.
    """
    text = _text(path)
    lines = [line for line in text.split("\n") if line.strip()]  # other line ends may stand in a string
    if not lines:
        raise Error("bad-record", f"{_named(path)} is empty", help=[EXAMPLE])
    first = _object(lines[0], path) if len(lines) == 1 or _is_whole(lines[0]) else _object(text, path)
    if first.get("schema") == SOLUTION:
        _in_range(pick, len(lines) if _is_whole(lines[0]) else 1, path)
        return first if pick == 1 else _object(lines[pick - 1], path)
    if first.get("schema") != ANSWER:
        _refuse(path, f"neither {ANSWER} nor {SOLUTION}")
    solutions = first.get("solutions")
    if not isinstance(solutions, list):
        _refuse(path, "the answer has no list of solutions")
    _in_range(pick, len(solutions), path)
    if not isinstance(solutions[pick - 1], dict):
        _refuse(path, f"solution {pick} is no object")
    return dict(solutions[pick - 1])


def strict(text: str) -> object:
    """JSON without what Python lets pass: doubled keys, NaN, infinities, integers of any length.

    Raises:
        ValueError: it is none, with the reason.
    """

    def keyed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the key {shown(twice)} stands twice")
        return found

    def integer(digits: str) -> int:
        if len(digits) > LONGEST_NUMBER:
            raise ValueError("a number is too long")
        return int(digits)

    def fraction(digits: str) -> float:
        number = float(digits)
        if len(digits) > 2 * LONGEST_NUMBER or number in {float("inf"), float("-inf")}:
            raise ValueError("a number is too large")
        return number

    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(
            text, object_pairs_hook=keyed, parse_int=integer, parse_float=fraction, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _text(path: str) -> str:
    try:
        if path == "-":
            if sys.stdin is None:
                raise Error("cannot-read", "there is no stdin", help=[EXAMPLE])
            data = sys.stdin.buffer.read(LARGEST_RECORD + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST_RECORD + 1)
    except (OSError, ValueError) as error:  # a ValueError is a NUL or a lone surrogate in the path
        if isinstance(error, Error):
            raise
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Error("cannot-read", f"{_named(path)}: {reason.lower()}", help=[EXAMPLE, "- reads stdin"]) from None
    if len(data) > LARGEST_RECORD:
        _refuse(path, f"more than {LARGEST_RECORD // 2**20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        _refuse(path, "it is not UTF-8")


def _is_whole(line: str) -> bool:
    """Whether a line is an object by itself, as in JSON lines."""
    return line.lstrip().startswith("{") and line.rstrip().endswith("}")


def _object(text: str, path: str) -> dict[str, Any]:
    try:
        found = strict(text)
    except ValueError as error:
        _refuse(path, str(error))
    if not isinstance(found, dict):
        _refuse(path, "it is no object")
    return found


def _in_range(pick: int, number: int, path: str) -> None:
    if pick > number:
        what = "no solution" if number == 0 else f"{number} solution(s)"
        raise Error("bad-pick", f"--pick {pick}: {_named(path)} has {what}", help=["count from 1"])


def _refuse(path: str, reason: str) -> NoReturn:
    raise Error("bad-record", f"{_named(path)}: {reason}", help=[EXAMPLE])


def _named(path: str) -> str:
    return "stdin" if path == "-" else shown(path, 200)
