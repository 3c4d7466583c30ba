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
        self._bits = Random(self.seed(seed)).getrandbits  # noqa: S311 - no secret is made of it

    @staticmethod
    def seed(value: object) -> int:
        """A seed as it is given."""
        number = integer(value)
        if number is None or number < 0:
            raise Error(
                "bad-value", f"seed must be a number from 0 on, not {shown_value(value)}", help=["write seed=0"]
            )
        return number

    @classmethod
    def of(cls, *seeds: int) -> Draws:
        """A source for several seeds together."""
        from hashlib import sha256

        return cls(int.from_bytes(sha256(repr(seeds).encode()).digest(), "big"))

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
