"""What goes wrong: one class for all that a user can mend.

An impossible question is an answer, not an error; a defect of convsolve is an ordinary exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Error(ValueError):
    """A question that cannot be asked as it was, and what to write instead.

    Args:
        code: kebab-case name of the mistake, stable across versions.
        message: what was wrong, in one line.
        help: what to do about it, a line each.

    Example:
        >>> print(Error("bad-size", "'4x' is no size", help=["write 4x4"]))
        error[bad-size]: '4x' is no size
          help: write 4x4
    """

    def __init__(self, code: str, message: str, *, help: Iterable[str] = ()) -> None:  # noqa: A002 - the word users see
        self.code = code
        self.message = message
        self.help = tuple(help)
        super().__init__(code, message, self.help)

    def __str__(self) -> str:
        return "\n".join([f"error[{self.code}]: {self.message}", *(f"  help: {line}" for line in self.help)])

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.code, self.message, self.help))


def _rebuild(code: str, message: str, help_lines: tuple[str, ...]) -> Error:
    return Error(code, message, help=help_lines)


def did_you_mean(word: str, known: Iterable[str]) -> list[str]:
    """Help lines for a word that is not among the known ones: the nearest, or else all of them."""
    names = list(known)
    by_lowercase = {name.lower(): name for name in names}
    begun = [name for name in by_lowercase if len(word) > 1 and name.startswith(word.lower())]
    near = begun if len(begun) == 1 else difflib.get_close_matches(word.lower(), by_lowercase, n=1, cutoff=0.6)
    if near:
        return [f"did you mean {by_lowercase[near[0]]!r}?"]
    return [f"known: {', '.join(names)}"]


def shown(text: str, limit: int = 40) -> str:
    """A user's own text as a message quotes it: escaped, and cut where it is long."""
    quoted = ascii(text[: limit + 1])  # what is cut anyway need not be escaped, be it a hundred megabytes
    return quoted if len(quoted) <= limit else f"{quoted[: limit - 4]}...{quoted[-1]}"


def shown_value(value: object) -> str:
    """Any Python value as a message quotes it."""
    try:
        return shown(value if isinstance(value, str) else repr(value))
    except ValueError:  # Python refuses to print an integer of five thousand digits
        return f"a value of type {type(value).__name__}"


def shown_number(value: int, limit: int = 12) -> str:
    """A user's number as a message quotes it: Python refuses to print one of five thousand digits."""
    return str(value) if abs(value) < 10**limit else f"a number of more than {limit} digits"
