"""Combinations as the rows that pymoo works on: the values of all decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from convsolve import Error, Solution, Space

MOST_KEPT = 10_000  # rows of which the combination is remembered: parents and survivors come again and again


class Vectors:
    """Rows of a space and its combinations, in both directions.

    Args:
        space: what is searched.

    Raises:
        Error: ``no-combination`` where the space is empty.
    """

    def __init__(self, space: Space) -> None:
        if not space:
            raise Error("no-combination", "the space is empty: there is nothing to search")
        self.space = space
        self._known: dict[tuple[float, ...], Solution] = {}

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        return len(self.space.decisions)

    def solution(self, row: Sequence[float]) -> Solution:
        """The combination of a row, or the one nearest to it."""
        key = tuple(row)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            found = self._known[key] = self.space.decode(key, "values")
        return found

    def rows(self, solutions: Iterable[Solution]) -> Any:  # noqa: ANN401 - an array
        """The rows of combinations."""
        return np.array([self.space.encode(solution, "values") for solution in solutions], dtype=int)
