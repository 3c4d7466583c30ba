"""Combinations one at a time, from anywhere on and in any order, without repeats and without a memory of them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from math import isqrt
from typing import TYPE_CHECKING

from convsolve.answer import Solution
from convsolve.errors import Error, shown_value
from convsolve.space.branches import Branches
from convsolve.space.decisions import integer, whole
from convsolve.space.draws import Draws

if TYPE_CHECKING:
    from convsolve.space.core import Space

ROUNDS = 6  # of the shuffle; four make it a random permutation where the rounds are random functions


class Order(StrEnum):
    """In what order combinations come."""

    RANK = "rank"
    SHUFFLED = "shuffled"

    @classmethod
    def read(cls, value: object) -> Order:
        """An order from its name."""
        try:
            return cls(str(value))
        except ValueError:
            raise Error("bad-value", f"order must be rank or shuffled, not {shown_value(value)}") from None


class Shuffle:
    """A permutation of the numbers below a bound, of which each place is found by itself.

    A Feistel network on pairs of numbers up to the root of the bound; what comes out at or beyond the bound
    goes through again (M. Luby, C. Rackoff: How to construct pseudorandom permutations, 1988; J. Black,
    P. Rogaway: Ciphers with arbitrary finite domains, 2002).

    Example:
        >>> shuffle = Shuffle(10, seed=0)
        >>> sorted(shuffle(place) for place in range(10))
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    def __init__(self, bound: int, seed: int) -> None:
        from hashlib import shake_256  # only who shuffles pays for it

        self.bound = bound
        self._side = isqrt(max(bound - 1, 0)) + 1
        self._width = (self._side.bit_length() + 7) // 8
        self._keys = [shake_256(f"{seed}.{number}.".encode()) for number in range(ROUNDS)]

    def __call__(self, place: int) -> int:
        """The number at a place."""
        side, bound, width = self._side, self.bound, self._width
        wide = width + 8  # what is left of a number so much longer is even
        while True:
            left, right = divmod(place, side)
            for key in self._keys:
                mixed = key.copy()
                mixed.update(right.to_bytes(width, "little"))
                left, right = right, (left + int.from_bytes(mixed.digest(wide), "little")) % side
            place = left * side + right
            if place < bound:
                return place


class Stream(Iterator[Solution]):
    """Combinations one at a time.

    Attributes:
        cursor: the place of the next one: `Space.stream` goes on there.
        stop: the place behind the last one.
    """

    def __init__(self, branches: Branches, start: int, stop: int, order: Order, seed: int) -> None:
        self._branches = branches
        self._shuffle = Shuffle(branches.total, seed) if order is Order.SHUFFLED else None
        self._order = order
        self._seed = seed
        self.cursor = start
        self.stop = stop

    def __reduce__(self) -> tuple[object, ...]:
        return (Stream, (self._branches, self.cursor, self.stop, self._order, self._seed))

    def __next__(self) -> Solution:
        if self.cursor >= self.stop:
            raise StopIteration
        place = self.cursor
        found = self._branches.solution(place if self._shuffle is None else self._shuffle(place))
        self.cursor = place + 1
        return found

    def __len__(self) -> int:
        return max(0, self.stop - self.cursor)


def stream(space: Space, start: int = 0, stop: int | None = None, *, order: str = "rank", seed: int = 0) -> Stream:
    """Combinations one at a time, without repeats; `cursor` says where to go on.

    Args:
        space: the space.
        start: the place in the order to begin at.
        stop: the place behind the last one; None for all.
        order: ``rank``, that of the numbers, or ``shuffled``, a fixed random order for each seed, of which
            nothing is kept: any place of it is found at once.
        seed: of the shuffle.

    Raises:
        Error: ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=4)
        >>> stream = space.stream(order="shuffled", seed=1)
        >>> first = [next(stream) for _ in range(3)]
        >>> stream.cursor, next(space.stream(2, order="shuffled", seed=1)) == first[2]
        (3, True)
    """
    end = space.total if stop is None else _place("stop", stop, space.total)
    kind, number = Order.read(order), Draws.seed(seed)
    return Stream(space.branches, _place("start", start, space.total), end, kind, number)


def shard(space: Space, i: int, n: int, *, order: str = "rank", seed: int = 0) -> Stream:
    """One of n streams that have every combination between them, none twice, as even as can be.

    Args:
        space: the space.
        i: which one, from 0 on.
        n: how many there are.
        order: as for `stream`.
        seed: likewise.

    Raises:
        Error: ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=2)
        >>> [len(space.shard(i, 3)) for i in range(3)], space.total
        ([288, 288, 289], 865)
    """
    workers = whole("n", n)
    worker = whole("i", i)
    if worker >= workers:
        raise Error("bad-value", f"shard {worker} of {workers} does not exist", help=["count from 0 to n - 1"])
    start, stop = (space.total * at // workers for at in (worker, worker + 1))
    return stream(space, start, stop, order=order, seed=seed)


def _place(name: str, value: object, total: int) -> int:
    """A place among all, as it is given."""
    number = integer(value)
    if number is None or not 0 <= number <= total:
        raise Error("bad-value", f"{name} must be a number from 0 to {total}, not {shown_value(value)}")
    return number
