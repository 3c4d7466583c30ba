"""Questions that are answered side by side, in one order: each is looked into only when its turn may have come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.scouting import Scout
from convsolve.search import BestFirst, Listed, Placed, conventional

Place = tuple[int, int, Combination, tuple[int, ...]]


class _Next(NamedTuple):
    """What comes next of a question; its number keeps what is behind it from being compared."""

    place: Place
    number: int
    at: int  # its place among those of its question
    problem: Problem
    placed: Placed
    listed: Listed[Placed]


class Tier:
    """Questions with as many layers, merged: by how unusual their channels are and the score of their settings.

    Args:
        scouts: the graphs of each.
        most: how many combinations are wanted of all.
        carried: whether conditions can be carried; else they are asked along each way.
    """

    def __init__(self, scouts: Iterable[Scout], most: int, *, carried: bool = True) -> None:
        self._most = most
        self._carried = carried
        self._scouts = sorted(scouts, key=lambda found: found.problem.charge)
        self._opened: list[Scout] = []
        self._searches: list[BestFirst] = []
        self._shared: dict[tuple[int, int], Listed[Placed]] = {}
        self._bare: dict[int, list[BestFirst]] = {}  # of graphs, conditions left out

    @property
    def states(self) -> int:
        """How many states the questions have that were looked into."""
        return sum(found.states for found in self._opened) if self._carried else 0

    @property
    def expanded(self) -> int:
        """How many states were looked into."""
        return sum(search.expanded for search in self._searches)

    def __iter__(self) -> Iterator[tuple[Problem, Placed]]:
        heap: list[_Next] = []
        floors = [(self._floor(found), number) for number, found in enumerate(self._scouts)]
        waiting = sorted(floors, reverse=True)
        while waiting or heap:
            while waiting and (not heap or waiting[-1][0] <= heap[0].place[0]):
                _, number = waiting.pop()
                found = self._scouts[number]
                self._push(heap, number, 0, found.problem, self._listed(found))
            if heap:
                _, number, index, problem, placed, listed = heappop(heap)
                yield problem, placed
                self._push(heap, number, index + 1, problem, listed)

    @cached_property
    def _least(self) -> int:
        """What no combination can score below, whatever its channels, were there no conditions."""
        graphs = {id(found.graphs): replace(found, conditions=None) for found in self._scouts}
        best = (next(conventional(bare.problem, bare.searches(), 1), None) for bare in graphs.values())
        return min((placed.score for placed in best if placed), default=0)

    def _floor(self, found: Scout) -> int:
        """What no combination of a question can score below."""
        charge = found.problem.charge
        if charge:
            return charge + self._least
        if len(self._scouts) == 1:
            return 0
        known = id(found.graphs)
        if known not in self._bare:
            self._bare[known] = replace(found, conditions=None).searches()
        return sum(search.members.floor for search in self._bare[known])

    @staticmethod
    def _push(heap: list[_Next], number: int, index: int, problem: Problem, listed: Listed[Placed]) -> None:
        placed = listed.get(index)
        if placed is not None:
            score, uneven, combination, size = placed.place
            place = problem.charge + score, uneven, combination, size
            heappush(heap, _Next(place, number, index, problem, placed, listed))

    def _listed(self, found: Scout) -> Listed[Placed]:
        """The combinations of one question; those that have graphs and conditions in common have the same."""
        key = id(found.graphs), id(found.conditions)
        if key not in self._shared:
            self._shared[key] = self._made(found)
        return self._shared[key]

    def _made(self, found: Scout) -> Listed[Placed]:
        self._opened.append(found)
        if not self._carried:
            return Listed(found.along(self._searches, self._most))
        if found.never or found.conditions is not None:
            return Listed(found.in_order(self._searches, self._most))
        searches = self._bare.get(id(found.graphs)) or found.searches()
        self._searches += searches
        return Listed(conventional(found.problem, searches, self._most))
