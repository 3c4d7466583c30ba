"""What a message of torch's comes to: an equation that does not hold, and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

N = r"(-?[0-9]{1,10})"  # one number
BY = r"([-0-9x ]{1,80})"  # sizes with a cross between them
LIST = r"\[([-0-9, ]{1,120})\]"  # sizes as a list


@dataclass(frozen=True)
class Message:
    """What a message of torch's says.

    Attributes:
        name: what is wrong, in one word or two.
        message: the part that was recognised.
        equation: what must hold, and the same with the numbers put in.
        because: what that means.
        help: what to do, the smallest first.
        command: a question to convsolve that helps, where one does.
    """

    name: str
    message: str
    equation: str
    because: str
    help: tuple[str, ...]
    command: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The message as a record (``convsolve.message/1``)."""
        return {
            "schema": "convsolve.message/1",
            "name": self.name,
            "message": self.message,
            "equation": self.equation,
            "because": self.because,
            "help": list(self.help),
            "command": self.command,
        }


class Told(NamedTuple):
    """What the numbers of a message mean."""

    equation: str
    because: str
    help: tuple[str, ...]
    command: str | None = None


class Known(NamedTuple):
    """A kind of message: its stable words with its numbers as groups, and what is made of these."""

    name: str
    pattern: str
    tell: Callable[..., Told]


class Unlikely(Exception):  # noqa: N818 - no error: the message is then not recognised
    """The numbers are not those that torch would have complained of."""


def numbers(text: str) -> list[int]:
    """All numbers of a text.

    Example:
        >>> numbers("kT: 4 kH: 5")
        [4, 5]
    """
    return [int(number) for number in re.findall(r"-?[0-9]{1,10}", text)]


def first(axes: Iterable[tuple[int, ...]], *, where: Callable[..., bool]) -> tuple[int, ...]:
    """The first axis on which the numbers are wrong."""
    found = next((axis for axis in axes if where(*axis)), None)
    if found is None:
        raise Unlikely
    return found


def paired(one: str, other: str) -> list[tuple[int, int]]:
    """The numbers of two texts, axis by axis.

    Example:
        >>> paired("5 x 9", "[7, 7]")
        [(5, 7), (9, 7)]
    """
    return list(zip(numbers(one), numbers(other), strict=False))


def crossed(sizes: list[int]) -> str:
    """Sizes as a shape is written.

    Example:
        >>> crossed([4, 5])
        '4x5'
    """
    return "x".join(map(str, sizes))
