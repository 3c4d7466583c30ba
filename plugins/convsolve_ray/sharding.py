"""A space in parts that travel: each says which combinations are its own, and makes them where it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from convsolve import Error, Solution, Space


class Shard(NamedTuple):
    """The combinations of one worker; it can be pickled, and is a row for Ray Data.

    Attributes:
        space: of which they are.
        number: which shard it is, from 0 on.
        start: the number of its first combination.
        stop: the number behind its last one.
    """

    space: Space
    number: int
    start: int
    stop: int

    @property
    def total(self) -> int:
        """How many combinations it has."""
        return self.stop - self.start

    def solutions(self) -> Iterator[Solution]:
        """They themselves, one at a time."""
        return self.space.stream(self.start, self.stop)


def shards(space: Space, n: int) -> list[Shard]:
    """A space in n shards that have every combination between them, none twice, as even as can be.

    Args:
        space: what is divided.
        n: how many; with more than there are workers, one that fails has less to do again.

    Raises:
        Error: ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> parts = shards(cs.Space(7, 28, layers=2), 3)
        >>> [part.total for part in parts], next(parts[1].solutions()).sizes[-1]
        ([288, 288, 289], (28,))

    For tasks: ``[task.remote(part) for part in shards(space, 8)]``. For Ray Data:
    ``ray.data.from_items([part._asdict() for part in shards(space, 8)])``, then ``flat_map``.
    """
    if type(n) is not int or n < 1:
        raise Error("bad-value", f"a space is divided into 1 shard or more, not {n!r}")
    parts = [space.shard(number, n) for number in range(n)]
    return [Shard(space, number, part.cursor, part.stop) for number, part in enumerate(parts)]
