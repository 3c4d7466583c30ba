"""The two streams: data on stdout, words on stderr, and how either may look."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO


class Color(StrEnum):
    """When to draw as on a terminal."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Look:
    """How a stream is written to.

    Attributes:
        table: drawn for a person, else tab-separated for a program.
        colored: whether escape codes are welcome.
        width: columns of the terminal.
    """

    table: bool
    colored: bool
    width: int

    def bold(self, text: str) -> str:
        """What the eye should find first."""
        return f"\x1b[1m{text}\x1b[0m" if self.colored else text

    def dim(self, text: str) -> str:
        """What may be read later."""
        return f"\x1b[2m{text}\x1b[0m" if self.colored else text


def look(color: Color, stream: TextIO | None = None) -> Look:
    """How to write to a stream, stdout by default."""
    stream = sys.stdout if stream is None else stream
    terminal = stream is not None and stream.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    colored = color is Color.ALWAYS or (color is Color.AUTO and terminal and not plain)
    return Look(terminal or color is Color.ALWAYS, colored, shutil.get_terminal_size((100, 24)).columns)


def write(lines: Iterable[str]) -> None:
    """Data, a line each."""
    if sys.stdout is not None:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def write_pieces(pieces: Iterable[str]) -> None:
    """Data that is too much to be one text."""
    if sys.stdout is not None:
        sys.stdout.writelines(pieces)


def write_now(lines: Iterable[str]) -> None:
    """Data that someone may be waiting for, in one write."""
    if sys.stdout is not None:
        sys.stdout.write("".join([f"{line}\n" for line in lines]))
        sys.stdout.flush()


def write_record(record: object) -> None:
    """One JSON object on one line."""
    write([record_text(record)])


def record_text(record: object) -> str:
    """JSON as every command writes it: in ASCII, and with integers of any length."""
    import json

    limit = sys.get_int_max_str_digits()
    # A count may have thousands of digits, and Python's guard is against those that others send us.
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(record, allow_nan=False)
    finally:
        sys.set_int_max_str_digits(limit)


def say(*lines: str) -> None:
    """Words for the person in front of the terminal; that nobody hears them stops nothing."""
    if sys.stdout is not None:
        sys.stdout.flush()  # both may go to one terminal, and are read in this order there
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.writelines(f"{line}\n" for line in lines)
            sys.stderr.flush()


def named(path: str) -> str:
    """A path as a remark names it: as it was typed, unless that would do something to a terminal."""
    from convsolve.errors import shown

    return path if path.isprintable() else shown(path, 200)
