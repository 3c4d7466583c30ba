"""Shapes as users write them: ``28``, ``28x28``, ``128@4x5x6``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from convsolve.domains import NUMBER
from convsolve.errors import Error, shown, shown_number, shown_value

LARGEST_SIZE = 2**31 - 1  # PyTorch's pools count in 32 bits, and so do we everywhere
MOST_AXES = 3
LONGEST_TEXT = 1_000  # characters
EXAMPLES = "write a size an axis: 28, 28x28, 4x5x6, with channels in front: 128@4x4"
# what interface.md also has: ?, [2..8], families such as H/8xW/8, several inputs
_AXIS = rf"(?:{NUMBER}|\?|\[{NUMBER}\.\.{NUMBER}\]|(?:{NUMBER})?[A-Z](?:/{NUMBER})?(?:[+-]{NUMBER})?)"
_LATER = re.compile(rf"(?:(?:{NUMBER}|\?)@)?{_AXIS}(?:x{_AXIS})*(?:,{_AXIS}(?:x{_AXIS})*)*")
_SHAPE = re.compile(rf"(?:({NUMBER})@)?({NUMBER}(?:x{NUMBER})*)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """Channels, where they were said, and one size an axis.

    Example:
        >>> Shape.read("128@4x5")
        Shape(channels=128, size=(4, 5))
    """

    channels: int | None
    size: tuple[int, ...]

    @classmethod
    def read(cls, value: object, what: str = "size") -> Shape:
        """Read a shape from text, an int, or a tuple of ints.

        Raises:
            Error: ``bad-size`` where it is no shape, ``unsupported`` where it is one of a kind that
                this version cannot solve for.
        """
        match value:
            case Shape():
                return value
            case str():
                channels, size = _read_text(value, what)
            case int() if type(value) is int:
                channels, size = None, (value,)
            case tuple() if value and all(type(part) is int for part in value):
                channels, size = None, tuple(int(part) for part in value)
            case _:
                raise Error("bad-size", f"{_named(what)}{shown_value(value)} is no size", help=[EXAMPLES])
        if len(size) > MOST_AXES:
            raise Error(
                "bad-size",
                f"{what} {shown_value(value)} has {len(size)} axes; PyTorch convolves over 1 to 3",
                help=[EXAMPLES],
            )
        for number in size if channels is None else (channels, *size):
            if not 1 <= number <= LARGEST_SIZE:
                raise Error(
                    "bad-size", f"{what}: {shown_number(number)} is not between 1 and {LARGEST_SIZE}", help=[EXAMPLES]
                )
        return cls(channels, size)

    def __str__(self) -> str:
        return shape_text(self.channels, self.size)


def shape_text(channels: int | None, size: tuple[int, ...]) -> str:
    """``128@4x4``, the notation of network figures."""
    axes = "x".join(map(str, size))
    return axes if channels is None else f"{channels}@{axes}"


def _read_text(text: str, what: str) -> tuple[int | None, tuple[int, ...]]:
    if re.fullmatch("[0-9x@]*[1-9][0-9]{10}[0-9x@]*", text[:100]):
        raise Error("bad-size", f"{_named(what)}{shown(text)}: no number is above {LARGEST_SIZE}", help=[EXAMPLES])
    if len(text) > LONGEST_TEXT:
        raise Error("bad-size", f"{_named(what)}{shown(text)} is no size", help=[EXAMPLES])
    found = _SHAPE.fullmatch(text.strip()) if text.isascii() else None
    if found and found[2]:
        return int(found[1]) if found[1] else None, tuple(map(int, found[2].split("x")))
    if _LATER.fullmatch(text.strip()):
        raise Error(
            "unsupported",
            f"{shown(text)}: sizes to be found, families and several inputs are not solved in this version",
            help=[EXAMPLES],
        )
    raise Error("bad-size", f"{_named(what)}{shown(text)} is no size", help=[EXAMPLES])


def _named(what: str) -> str:
    return "" if what == "size" else f"{what} "
