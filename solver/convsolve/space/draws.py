"""Random numbers below any bound, the same for a seed on every machine and in every version of Python."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from convsolve.errors import Error, shown_value
from convsolve.space.decisions import integer


class Draws:
    """A seeded source of integers; only the generator's bits are used, whose sequence Python guarantees.

    Example:
        >>> draws = Draws(0)
        >>> draws.below(10**30) < 10**30
        True
    """

    def __init__(self, seed: object) -> None:
        number = integer(seed)
        if number is None:
            raise Error("bad-value", f"seed must be an integer, not {shown_value(seed)}", help=["write seed=0"])
        self._bits = Random(number).getrandbits  # noqa: S311 - no secret is made of it

    def below(self, bound: int) -> int:
        """A number from 0 on and below a bound, each as likely as any other."""
        bits = self._bits
        width = bound.bit_length()
        number = bits(width)
        while number >= bound:
            number = bits(width)
        return number

    def distinct(self, bound: int) -> Iterator[int]:
        """All numbers below a bound in random order: the first n are the same however many are taken.

        A shuffle (Fisher and Yates) of which only those places are kept that were touched.
        """
        bits = self._bits
        moved: dict[int, int] = {}
        for place in range(bound):
            left = bound - place
            width = left.bit_length()
            number = bits(width)
            while number >= left:
                number = bits(width)
            at = place + number
            yield moved.get(at, at)
            moved[at] = moved.pop(place, place)
