"""How near the rest of a way can be from each size on: for all sizes of a position at once, on one axis.

Sizes stand side by side in one integer (`rows`), a byte each, so that what a layer does to all of them is a few
shifts. Sets of sizes from which the target can be reached are found in the order of what that costs, as by Dijkstra.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heappop, heappush

from convsolve import rows
from convsolve.layers.maps import SizeMap
from convsolve.listing import Node

WIDTH = 1  # bytes a size
BITS = 8 * WIDTH
Moves = Sequence[tuple[int, Sequence[SizeMap]]]  # what settings cost at the least, ascending, with their size maps
Alike = tuple[bool, int, int]  # direction, stride and the first place that is accepted
Shifts = Sequence[tuple[Alike, Sequence[int]]]


class Levels:
    """What the rest of a way costs at the least, by position and size, as far as that was looked for.

    Args:
        live: per position the sizes that are looked at.
        moves: per layer.
    """

    def __init__(self, live: Sequence[Collection[int]], moves: Sequence[Moves]) -> None:
        self._first = [min(sizes, default=0) for sizes in live]
        self._moves = [
            [(cost, self._shifts(place, maps)) for cost, maps in by_cost] for place, by_cost in enumerate(moves)
        ]
        self._live = [
            rows.packed([(size - first, 1) for size in sorted(sizes)], WIDTH) if sizes else 0
            for sizes, first in zip(live, self._first, strict=True)
        ]
        self._unseen = [*self._live]
        self._found: list[list[tuple[int, int]]] = [[] for _ in live]
        # what is to be looked at: by cost and, the last first, by position; there each set behind with the maps to it
        self._waiting: dict[tuple[int, int], list[tuple[int, Shifts]]] = {}
        self._heap: list[tuple[int, int]] = []
        if self._live[-1]:
            self._reached(0, len(moves), self._live[-1])

    def until(self, cost: int) -> None:
        """Look for all that costs no more than that."""
        while self._heap and self._heap[0][0] <= cost:
            self._step()

    def finish(self) -> None:
        """Look for all."""
        while self._heap:
            self._step()

    def next_source(self) -> int | None:
        """Look on until further sizes of the input are found; what the rest costs from there, None at the end."""
        before = len(self._found[0])
        while self._heap:
            cost = self._step()
            if len(self._found[0]) > before:
                return cost
        return None

    def at(self, position: int) -> Level:
        """The sizes of a position."""
        return Level(self._found[position], self._first[position])

    def _step(self) -> int:
        cost, back = heappop(self._heap)
        place, behind = -back, self._waiting.pop((cost, back))
        unseen = self._unseen[place]
        if unseen and (row := self._into(behind) & unseen):
            self._reached(cost, place, row)
        return cost

    def _reached(self, cost: int, position: int, row: int) -> None:
        self._unseen[position] &= ~row
        self._found[position].append((cost, row))
        if position == 0 or not self._unseen[position - 1]:
            return
        for more, shifts in self._moves[position - 1]:
            key = (cost + more, 1 - position)
            if key not in self._waiting:
                self._waiting[key] = []
                heappush(self._heap, key)
            self._waiting[key].append((row, shifts))

    def _shifts(self, place: int, maps: Sequence[SizeMap]) -> Shifts:
        """Size maps as shifts of rows: of what comes out of a layer, to the first size in front of it."""
        here, there = self._first[place : place + 2]
        found: dict[Alike, list[int]] = {}
        for up, stride, offset, least in maps:
            # where the first size here comes out; down, where the first of those is that give the first one there
            shift = stride * here + offset - there if up else here + offset - (there - 1) * stride
            found.setdefault((up, stride, max(least - here, 0)), []).append(shift * BITS)
        return [*found.items()]

    def _into(self, behind: Sequence[tuple[int, Shifts]]) -> int:
        """The sizes in front of a layer that lead to given ones behind it."""
        alike: dict[Alike, int] = {}
        for row, by_stride in behind:
            for key, shifts in by_stride:
                up, stride, _ = key
                spaced = row if up or stride == 1 else _filled(row, stride)
                found = alike.get(key, 0)
                for shift in shifts:
                    found |= spaced >> shift if shift >= 0 else spaced << -shift
                alike[key] = found
        together = 0
        for (up, stride, low), row in alike.items():
            found = rows.thinned(row, WIDTH, 0, stride) if up else row
            together |= found >> low * BITS << low * BITS
        return together


def _filled(row: int, stride: int) -> int:
    """All sizes that a stride leads to given ones."""
    return rows.moved(rows.spread(row, WIDTH, stride), WIDTH, [range(stride)], counting=False)


class Level:
    """What the rest of a way costs at the least from the sizes of a position on, where that is known."""

    def __init__(self, found: Sequence[tuple[int, int]], first: int) -> None:
        self._found = found
        self._first = first

    def get(self, node: Node) -> int | None:
        """The least cost from a node on; None where none is known."""
        shift = (node[0][0] - self._first) * BITS
        if shift < 0:
            return None
        return next((cost for cost, row in self._found if row >> shift & 1), None)
