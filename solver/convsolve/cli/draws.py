"""Draws in a file, a record a line: each line is one write at the file's end, so that a kill leaves whole lines."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import NamedTuple

from convsolve.answer import Solution
from convsolve.cli.streams import write_now
from convsolve.emit.writing import refuse
from convsolve.errors import Error, shown
from convsolve.events import Event, Found, Progress

_TAIL = re.compile(r'"draw": (\{[^{}]*\})\}$')


class Source(NamedTuple):
    """Which draws they are: the same source gives the same lines.

    Attributes:
        space: the fingerprint of the space.
        strategy: what they are even over.
        seed: of the random numbers.
    """

    space: str
    strategy: str
    seed: int

    def line(self, number: int, solution: Solution) -> str:
        """The record of a draw, which says what it is a draw of, and which one."""
        draw = json.dumps({**self._asdict(), "number": number})
        return f'{solution.to_json()[:-1]}, "draw": {draw}}}'


class File:
    """A file that draws are appended to.

    Args:
        path: where it is.
        source: which draws it is to have.
        resume: whether it may have some already; these are kept.
        force: whether it is replaced.

    Attributes:
        known: how many it had.

    Raises:
        Error: ``file-exists`` and the like; ``other-draws`` where it has others, ``bad-record`` where no draws.
    """

    def __init__(self, path: str, source: Source, *, resume: bool, force: bool) -> None:
        self.known = 0
        target = Path(path)
        if not (resume and target.is_file()):
            _refuse(path, force=force)
        elif not force:
            self.known = _known(target, source)
        fresh = 0 if self.known else os.O_TRUNC
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | fresh, 0o666)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Error("cannot-write", f"{shown(path, 200)}: {reason}", help=["choose another file"]) from None

    def __call__(self, line: str) -> None:
        """Append a line."""
        data = f"{line}\n".encode()
        while data:  # a signal or a full disk may cut a write short
            data = data[os.write(self._handle, data) :]


class Drawn:
    """A listener that writes each draw: to a file at once, to stdout in blocks."""

    def __init__(self, progress: Progress, source: Source, file: File | None) -> None:
        self.progress = progress
        self.source = source
        self.file = file
        self.number = file.known if file else 0
        self._waiting: list[str] = []
        self._size = 1

    def __call__(self, event: Event) -> None:
        """Hear it; the progress keeps the first draw alone."""
        if not isinstance(event, Found):
            self.progress(event)
            return
        line = self.source.line(self.number, event.solution)
        self.number += 1
        self.progress.told = self.number
        if not self.progress.found:
            self.progress(event)
        if self.file is not None:
            self.file(line)
            return
        self._waiting.append(line)
        if len(self._waiting) >= self._size:
            self.finish()
            self._size = min(2 * self._size, 1_024)

    def finish(self) -> None:
        """Write what is waiting."""
        if self._waiting:
            write_now(self._waiting)
            self._waiting = []


def _refuse(path: str, *, force: bool) -> None:
    try:
        refuse(path, force=force)
    except Error as error:
        more = ["add --resume to go on with it"] if error.code == "file-exists" else []
        raise Error(error.code, error.message, help=[*error.help, *more]) from None


def _known(path: Path, source: Source) -> int:
    """How many draws a file has; what is left of a torn line is cut off."""
    number = 0
    with path.open("rb+") as file:
        whole = 0
        for data in file:
            if not data.endswith(b"\n"):
                break
            _check(path, data.decode(errors="replace").rstrip("\n"), source, number)
            whole += len(data)
            number += 1
        file.truncate(whole)
    return number


def _check(path: Path, line: str, source: Source, number: int) -> None:
    """Raise where a line is not the draw of that number."""
    name, found = shown(str(path), 200), _TAIL.search(line)
    try:
        draw = json.loads(found[1]) if found else None
    except ValueError:
        draw = None
    if draw is None:
        raise Error(
            "bad-record", f"{name}: line {number + 1} is no draw", help=["give a file that convsolve sample wrote"]
        )
    wanted = {**source._asdict(), "number": number}
    if draw == wanted:
        return
    fields = {"space": "of another question", "strategy": "of another strategy", "seed": "of another seed"}
    differs = next((words for field, words in fields.items() if draw.get(field) != wanted[field]), "out of place")
    raise Error(
        "other-draws",
        f"{name}: line {number + 1} is {differs}",
        help=["ask the same question with the same seed", "choose another file"],
    )
