"""What others may have written, read strictly: files within limits, JSON and TOML without what Python lets pass."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any, BinaryIO, NoReturn

from convsolve.errors import Error, shown

LONGEST_NUMBER = 20  # characters; only a total has more, and nobody reads it back
LARGEST_TOML = 2**18  # characters; Python's reader may take a thousand bytes for each of them
MOST_DOTS = 500  # in a line of TOML: what a key takes of time and memory grows with the square of its parts
STDIN = "-"
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_NUMBER_LIKE = re.compile(r"(?<![\w.])(?:0[xX][\w.]*|[0-9][\w.]*(?:(?<=[eE])[+-][0-9_]+)?)")
_NUMERAL = re.compile(r"[0-9][0-9_]*\.?[0-9_]*([eE][+-]?[0-9_]+)?[jJ]?|0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+")


@contextmanager
def opened(path: str, help: Sequence[str]) -> Iterator[BinaryIO]:  # noqa: A002 - the word users see
    """A file that others have written, or stdin where the path is ``-``.

    Raises:
        Error: ``cannot-read``, with what to give instead; whatever goes wrong before the file is closed.
    """
    try:
        if path == STDIN:
            if sys.stdin is None:
                raise Error("cannot-read", "there is no stdin", help=help)
            yield sys.stdin.buffer
        else:
            from pathlib import Path

            with Path(path).open("rb") as file:
                yield file
    except (OSError, ValueError) as error:  # a ValueError is a NUL or a lone surrogate in the path
        if isinstance(error, Error):
            raise
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Error("cannot-read", f"{named(path)}: {reason.lower()}", help=[*help, "- reads stdin"]) from None


def file_text(path: str, largest: int, code: str, help: Sequence[str]) -> str:  # noqa: A002 - the word users see
    """The text of a file, or of stdin where the path is ``-``.

    Args:
        path: as it was typed.
        largest: bytes that it may have.
        code: of the error where it has more, or is no UTF-8.
        help: what to give instead.

    Raises:
        Error: with that code; ``cannot-read`` where there is nothing to read.
    """
    with opened(path, help) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise Error(code, f"{named(path)}: more than {largest // 2**20} MiB", help=help)
    try:
        return data.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError:
        raise Error(code, f"{named(path)}: it is not UTF-8", help=help) from None


def named(path: str) -> str:
    """A path as a message quotes it."""
    return "stdin" if path == STDIN else shown(path, 200)


def json_value(text: str) -> object:
    """JSON without what Python lets pass: doubled keys, NaN, infinities; a longer integer than any stays text.

    Raises:
        ValueError: it is none, with the reason.

    Example:
        >>> json_value('{"stride": 2, "stride": 3}')
        Traceback (most recent call last):
        ValueError: the key 'stride' stands twice
    """

    def keyed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            raise ValueError(f"the key {shown(twice)} stands twice")
        return found

    def integer(digits: str) -> int | str:
        return int(digits) if len(digits) <= LONGEST_NUMBER else digits

    def fraction(digits: str) -> float:
        number = float(digits)
        if len(digits) > 2 * LONGEST_NUMBER or not isfinite(number):
            raise ValueError("a number is too large")
        return number

    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    import json  # as pathlib: what only reads expressions does without

    try:
        return json.loads(
            text, object_pairs_hook=keyed, parse_int=integer, parse_float=fraction, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def python_expression(text: str) -> ast.expr:
    """One Python expression as a tree; nothing is evaluated.

    Raises:
        ValueError: it is none; or it is one of which Python would say on stderr that it does not like it (``3and``,
            a backslash), and no silence kept for one thread.
        RecursionError, MemoryError: it is nested too deeply for Python.

    Example:
        >>> type(python_expression("stride == 2")).__name__
        'Compare'
    """
    bare = _QUOTED.sub('""', text)
    if "\\" in text or any(not _NUMERAL.fullmatch(word) for word in _NUMBER_LIKE.findall(bare)):
        raise ValueError(text[:40])
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(text[:40]) from None


def toml_table(text: str) -> dict[str, Any]:
    """TOML as a table; raises ValueError with the reason where it is none.

    Example:
        >>> toml_table("stride = 2")
        {'stride': 2}
    """
    import tomllib  # where it is needed: no other command pays for it

    if len(text) > LARGEST_TOML:
        raise ValueError(f"more than {LARGEST_TOML // 2**10} KiB of TOML")
    if any(line.count(".") > MOST_DOTS for line in _QUOTED.sub("", text).split("\n")):
        raise ValueError("a line has too many dots")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        raise ValueError(f"no TOML: {reason[:1].lower()}{reason[1:]}" if reason.isascii() else "no TOML") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:  # Python's own limit
        raise ValueError("a number is too long") from None
