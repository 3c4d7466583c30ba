"""The sizes that ways of little style can pass, on one axis by itself.

What it costs to come to a size, and what the rest of a way costs from there, both without the charges for
change, are found for all sizes of a position at once: a size map moves a whole row of costs. A way within
a cap keeps to sizes where both together are, and these are few; the bounds that the search goes by
(`bounds`) are worked out for them alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from convsolve.bounds import NEVER, Floors, idle
from convsolve.layers.maps import SizeMap

Row = list[int]  # a cost for each size of a range; NEVER or more where no way leads


class Corridor:
    """The sizes of one axis by the least that a way through them costs.

    Args:
        floors: one a layer with something to choose.
        spans: per position, the sizes that may be on a way.

    Attributes:
        least: the least that any way costs.
        most: of all sizes on ways, the most.
    """

    def __init__(self, floors: Sequence[Floors], spans: Sequence[range]) -> None:
        self._spans = spans
        front: list[Row] = [[0] * len(spans[0])]
        back: list[Row] = [[0] * len(spans[-1])]
        for place, here in enumerate(floors):
            front.append(_forward(here, front[-1], spans[place], spans[place + 1]))
        for place in reversed(range(len(floors))):
            back.insert(0, _backward(floors[place], back[0], spans[place], spans[place + 1]))
        self._front, self._back = front, back
        passed = Counter(sum(both) for rows in zip(front, back, strict=True) for both in zip(*rows, strict=True))
        self._many = {cost: many for cost, many in passed.items() if cost < NEVER}
        self.least, self.most = min(self._many, default=NEVER), max(self._many, default=NEVER)

    def count(self, cap: int) -> int:
        """How many sizes there are on ways that cost at most so much, all positions together."""
        return sum(many for cost, many in self._many.items() if cost <= cap)

    def within(self, cap: int, among: Sequence[Collection[int]]) -> list[dict[int, int]]:
        """Per position, of some sizes those on ways that cost at most so much, each with what the rest may cost."""
        found, most = [], min(cap, self.most)
        for sizes, front, back, some in zip(self._spans, self._front, self._back, among, strict=True):
            each = zip(sizes, front, back, strict=True)
            found.append({size: cap - spent for size, spent, rest in each if spent + rest <= most and size in some})
        return found


def _backward(floors: Floors, behind: Row, sizes: range, outs: range) -> Row:
    """The least behind each size, from the least behind those that a layer leads to."""
    found = [NEVER] * len(sizes)
    spread: dict[int, Row] = {}
    for size_map, first, last in _maps(floors, sizes, outs):
        stride, offset = size_map.stride, size_map.offset
        if size_map.up:
            start = stride * first + offset - outs.start
            row = behind[start : start + stride * (last - first) + 1 : stride]
        else:
            if stride not in spread:
                spread[stride] = [cost for cost in behind for _ in range(stride)]
            start = first + offset - (outs.start - 1) * stride
            row = spread[stride][start : start + last - first + 1]
        here = slice(first - sizes.start, last - sizes.start + 1)
        found[here] = _lower(found[here], row, floors.least(size_map, idle=False))
    for size, out, cost in chain(_idle_ways(floors, sizes, outs), _listed_ways(floors, sizes, outs)):
        found[size - sizes.start] = min(found[size - sizes.start], cost + behind[out - outs.start])
    return found


def _forward(floors: Floors, front: Row, sizes: range, outs: range) -> Row:
    """The least in front of each size behind a layer, from the least in front of those that lead there."""
    found = [NEVER] * len(outs)
    lowest: dict[int, Row] = {}
    for size_map, first, last in _maps(floors, sizes, outs):
        stride, offset = size_map.stride, size_map.offset
        if size_map.up:
            row = front[first - sizes.start : last - sizes.start + 1]
            start = stride * first + offset - outs.start
            here = slice(start, start + stride * (last - first) + 1, stride)
        else:
            if stride not in lowest:
                lowest[stride] = _lowest(front, stride)
            start, stop = (first + offset) // stride + 1, (last + offset) // stride + 2
            at = (start - 1) * stride - offset - sizes.start + stride - 1
            row = lowest[stride][at : at + stride * (stop - start) : stride]
            here = slice(start - outs.start, stop - outs.start)
        found[here] = _lower(found[here], row, floors.least(size_map, idle=False))
    for size, out, cost in chain(_idle_ways(floors, sizes, outs), _listed_ways(floors, sizes, outs)):
        found[out - outs.start] = min(found[out - outs.start], cost + front[size - sizes.start])
    return found


def _maps(floors: Floors, sizes: range, outs: range) -> Iterator[tuple[SizeMap, int, int]]:
    """The size maps that lead from some sizes to some outs, with the first and the last of those sizes."""
    for size_map in floors.lines:
        up, stride, offset, least = size_map
        if up:
            first, last = -((offset - outs.start) // stride), (outs.stop - 1 - offset) // stride
        else:
            first, last = (outs.start - 1) * stride - offset, (outs.stop - 1) * stride - offset - 1
        first, last = max(first, least, sizes.start), min(last, sizes.stop - 1)
        if first <= last:
            yield size_map, first, last


def _idle_ways(floors: Floors, sizes: range, outs: range) -> Iterator[tuple[int, int, int]]:
    """Two sizes between which a stride has no effect, and what that costs."""
    for size_map in floors.lines:
        if size_map.up:
            out = size_map.out(1)
            if 1 in sizes and out is not None and out in outs:
                yield 1, out, floors.least(size_map, idle=True)
        elif 1 in outs:
            for size in size_map.into(1):
                if size in sizes:
                    yield size, 1, floors.least(size_map, idle=True)


def _listed_ways(floors: Floors, sizes: range, outs: range) -> Iterator[tuple[int, int, int]]:
    """Two sizes that a map found size by size leads between, and what that costs."""
    for size_map in floors.listed:
        for size in sizes:
            out = size_map.out(size)
            if out is not None and out in outs:
                yield size, out, floors.least(size_map, idle=idle(size_map, size, out))


def _lower(known: Row, row: Row, cost: int) -> Row:
    """The lower of each two costs, the second with something added."""
    return [one if one <= (other := part + cost) else other for one, part in zip(known, row, strict=True)]


def _lowest(row: Row, length: int) -> Row:
    """The lowest of each so many in a row, those included that stand out over the ends."""
    around = [NEVER] * (length - 1)
    found = padded = [*around, *row, *around]
    for step in range(1, length):
        found = [*map(min, found, padded[step:])]
    return found
