"""Defaults that a project or an environment sets: ``[tool.convsolve]`` in a pyproject.toml, CONVSOLVE_* variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from convsolve.errors import Error, did_you_mean

if TYPE_CHECKING:  # what reads a table is imported where there is one: most commands find none
    from convsolve.spec import Value

FILE, TABLE, PREFIX = "pyproject.toml", "[tool.convsolve]", "CONVSOLVE_"
LARGEST_FILE = 2**20  # bytes
# What a question is about, which files are written and what a program reads are no matter of habit.
DOMAINS = ("kernel_size", "stride", "padding", "dilation", "output_padding")
FLAGS = ("no_checkerboard", "exact", "odd_kernels", "monotone")
OF_A_QUESTION = ("layer", "layers", "latent", *DOMAINS, "tie", "where", *FLAGS)
OF_AN_ANSWER = ("count", "seed", "check", "explain", "timeout", "memory", "color")
OF_CODE = ("activation", "norm", "final_activation")
KEYS = (*OF_A_QUESTION, *OF_AN_ANSWER, *OF_CODE)
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_HEADER = r"""^[ \t]*\[[ \t]*["']?tool["']?[ \t]*\.[ \t]*["']?convsolve["']?[ \t]*\]"""
# Whether a file may have the table at all: to read it as TOML takes a hundred times as long.
_LIKELY = re.compile(rb"^[ \t]*(\[[ \t]*)?[\"']?tool[\"']?[ \t]*(\]|=|\.[ \t]*[\"']?convsolve)", re.MULTILINE)


class Setting(NamedTuple):
    """A default, as its option would be typed, and where it stands."""

    value: Value
    source: str  # environment or pyproject; spec for a word of a question in a file
    place: str  # a file and its line, or the name of a variable


def configured(directory: str | None = None, environ: Mapping[str, str] | None = None) -> dict[str, Setting]:
    """All defaults that are set, by the names of their options; the environment goes before the project.

    Args:
        directory: where the search for a pyproject.toml starts, upwards; the current one by default.
        environ: the variables; those of the process by default.

    Raises:
        Error: ``bad-config``, ``unknown-key``, and what is wrong with a value, each with the file and the key.
    """
    return project(directory) | environment(os.environ if environ is None else environ)


def project(directory: str | None = None) -> dict[str, Setting]:
    """The defaults in the nearest pyproject.toml that has the table; see `configured`."""
    for path in _files(directory):
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes as long to import as this to run
                data = file.read(LARGEST_FILE)
        except OSError:  # not there, or not ours to read
            continue
        if _LIKELY.search(data) and (found := _table(path, data)) is not None:
            return found
    return {}


def environment(environ: Mapping[str, str]) -> dict[str, Setting]:
    """The defaults in variables such as CONVSOLVE_KERNEL_SIZE; empty and unknown ones say nothing."""
    found = {}
    for key in KEYS:
        name = PREFIX + key.upper()
        if text := environ.get(name, "").strip():
            try:
                found[key] = Setting(_checked(key, _from_text(key, text)), "environment", name)
            except Error as error:
                raise Error(error.code, f"{name}: {error.message}", help=error.help) from None
    return found


def strangers(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that nothing reads, each with what may have been meant."""
    names = [PREFIX + key.upper() for key in KEYS]
    return [
        ": ".join([f"{name} is not known", *(line for line in did_you_mean(name, names) if "?" in line)])
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in names and name.isprintable()
    ]


def _files(directory: str | None) -> Iterator[str]:
    try:
        place = os.path.abspath(directory or os.getcwd())  # noqa: PTH100, PTH109
    except OSError:  # the directory is gone
        return
    while True:
        yield os.path.join(place, FILE)  # noqa: PTH118
        place, before = os.path.dirname(place), place  # noqa: PTH120
        if place == before:
            return


def _table(path: str, data: bytes) -> dict[str, Setting] | None:
    from convsolve.spec import words
    from convsolve.strict import toml_table

    where = f"{_shortest(path)} {TABLE}"
    try:
        text = data.decode()
        table: Any = toml_table(text).get("tool", {})
        table = table.get("convsolve") if isinstance(table, dict) else None
    except ValueError as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Error("bad-config", f"{_shortest(path)}: {reason}", help=["--isolated leaves it unread"]) from None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise Error("bad-config", f"{where} is no table", help=[f"write {TABLE} on a line, and kernel_size = 3 below"])
    found = {}
    for key, given in words(table, KEYS, where).items():
        if given is None:
            continue
        try:
            checked = _checked(key, given)
        except Error as error:
            raise Error(error.code, f"{where}: {error.message}", help=error.help) from None
        found[key] = Setting(checked, "pyproject", f"{_shortest(path)}:{_line(text, key)}")
    return found


def _shortest(path: str) -> str:
    try:
        return min(os.path.relpath(path), path, key=len)
    except (OSError, ValueError):
        return path


def _line(text: str, key: str) -> int:
    """The line of a key, or of the table where it is written in another way."""
    lines = text.split("\n")
    start = next((place for place, line in enumerate(lines) if re.match(_HEADER, line)), 0)
    written = re.compile(rf"""[ \t]*["']?{key.replace("_", "[_-]")}["']?[ \t]*=""")
    found = (place for place, line in enumerate(lines[start:], start) if written.match(line))
    return 1 + next(found, start)


def _from_text(key: str, text: str) -> object:
    """What a variable says: a flag's words as such, conditions apart."""
    if key == "where":
        return [part.strip() for part in text.split(";") if part.strip()]
    if key in FLAGS:
        if text.lower() not in _TRUE | _FALSE:
            raise Error("bad-value", f"{key}: {text[:40]!a} is neither yes nor no", help=["write 1 or 0"])
        return text.lower() in _TRUE
    return text


def _checked(key: str, given: object) -> Value:
    """A value that its option would not refuse whatever the question."""
    from convsolve.spec import value

    found = value(key, given)
    if key in DOMAINS and found not in ("same", "valid"):
        from convsolve.domains import Domains

        Domains.read(found, key, int(key in ("kernel_size", "stride", "dilation")))
    elif key == "where" and isinstance(found, list):
        from convsolve.conditions import Condition

        for text in found:
            Condition.read(text)
    elif key in ("timeout", "memory"):
        from convsolve.limits import Limits

        Limits.read(**{"timeout": None, "memory": None, key: found})
    return found
