"""Sizes of a family: ``2H`` and ``H/8-1`` as users write them, and what they are over its members."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

from convsolve.domains import NUMBER

_FORM = re.compile(rf"({NUMBER})?([A-Z])(?:/({NUMBER}))?(?:([+-])({NUMBER}))?")


class Affine(NamedTuple):
    """The size of member number t, counted from 0: (rate*t + base)//divisor, a straight line where nothing is rounded.

    Example:
        >>> Affine(8, 16).at(2), Affine(1, 7, 2).at(2)
        (32, 4)
    """

    rate: int
    base: int
    divisor: int = 1

    @classmethod
    def of(cls, rate: int, base: int, divisor: int) -> Affine:
        """The size in its lowest terms.

        Example:
            >>> Affine.of(4, 6, 2), Affine.of(0, 7, 2), Affine.of(2, 7, 4)
            (Affine(rate=2, base=3, divisor=1), Affine(rate=0, base=3, divisor=1), Affine(rate=1, base=3, divisor=2))
        """
        common = gcd(rate, divisor)
        return cls(rate // common, base // common, divisor // common)

    def at(self, number: int) -> int:
        """The size of one member."""
        return (self.rate * number + self.base) // self.divisor

    def text(self, letter: str, step: int, start: int) -> str:
        """The size as a form of its letter, where member number t is step*t + start.

        Example:
            >>> Affine(8, 4).text("H", 16, 12), Affine(2, -2).text("H", 16, 12), Affine(0, 7).text("H", 1, 1)
            ('H/2-2', '(H-28)/8', '7')
            >>> Affine(1, 1, 2).text("H", 1, 1), Affine(3, 8, 2).text("H", 1, 1)
            ('H//2', '(3H+1)//2+2')
        """
        if not self.rate:
            return str(self.base)
        common = gcd(self.rate, step * self.divisor)
        over, under = self.rate // common, step * self.divisor // common
        rest = (step * self.base - self.rate * start) // common  # what the letter's part leaves, in units of 1/under
        letters, sign = f"{over if over > 1 else ''}{letter}", "/" if self.divisor == 1 else "//"
        shift, rest = divmod(rest, under) if self.divisor > 1 or rest % under == 0 else (0, rest)
        if rest:
            letters = f"({letters}{rest:+})"
        return f"{letters}{f'{sign}{under}' if under > 1 else ''}{f'{shift:+}' if shift else ''}"


@dataclass(frozen=True, slots=True)
class Form:
    """A size of a family as it is written: factor times a letter over a divisor, and a shift.

    Example:
        >>> form = Form.read("H/8-1")
        >>> form.at(64), str(form), Form.read("28")
        (7, 'H/8-1', None)
    """

    letter: str
    factor: int = 1
    divisor: int = 1
    shift: int = 0

    @classmethod
    def read(cls, text: str) -> Form | None:
        """A form from its text; None where it is none."""
        found = _FORM.fullmatch(text)
        if found is None:
            return None
        factor, letter, divisor, sign, shift = found.groups()
        form = cls(letter, int(factor or 1), int(divisor or 1), int(f"{sign or ''}{shift or 0}"))
        return form if form.factor and form.divisor else None

    @property
    def least(self) -> int:
        """The smallest number for its letter with which it is at least 1."""
        return max(1, -(-self.divisor * (1 - self.shift) // self.factor))

    def at(self, number: int) -> int:
        """The size with a number for its letter, one that the divisor divides."""
        return self.factor * number // self.divisor + self.shift

    def over(self, step: int, start: int) -> Affine:
        """The size over the members step*t + start, all of which the divisor divides."""
        return Affine(self.factor * step // self.divisor, self.at(start))

    def __str__(self) -> str:
        factor = f"{self.factor}" if self.factor > 1 else ""
        divisor = f"/{self.divisor}" if self.divisor > 1 else ""
        return f"{factor}{self.letter}{divisor}{f'{self.shift:+}' if self.shift else ''}"
