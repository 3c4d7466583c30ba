"""How little the rest of a way can cost: the lower bounds behind the best-first search.

For one axis by itself, backward, with the charge for changing kernel_size and stride, and without
those for padding, dilation and output_padding. On several axes the bounds add up, since the score
does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter

from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import SizeMap
from convsolve.potential import EVERY_KERNEL, Edges
from convsolve.ranking import CHANGE, GROWTH, Style

Class = tuple[int, int | None]  # kernel_size and stride of a setting, None where the stride is idle
NEVER = 1 << 62


class Floors:
    """The settings of one axis of one layer, by size map; what the least of them costs is found when asked for."""

    def __init__(
        self, kind: LayerKind, settings: Mapping[SizeMap, Sequence[Setting]], style: Style, *, first: bool
    ) -> None:
        self.kind = kind
        self.maps = tuple(settings)
        self.listed = [size_map for size_map in settings if isinstance(size_map, ListedMap)]
        self.lines = [size_map for size_map in settings if not isinstance(size_map, ListedMap)]
        self._first = first
        self._settings = settings
        self._style = style
        self._kernels: dict[tuple[SizeMap, bool], list[tuple[int, int]]] = {}

    def kernels(self, size_map: SizeMap, *, idle: bool) -> list[tuple[int, int]]:
        """Each kernel_size that a map comes with, and the least that its settings cost, their stride idle or not.

        The least come first.
        """
        found = self._kernels.get((size_map, idle))
        if found is None:
            least: dict[int, int] = {}
            for setting in self._settings[size_map]:
                kernel, floor = 0, self.kind.charge(setting)
                if (window := self.kind.window(setting)) is not None:
                    kernel = window[0]
                    floor = self._style.layer_floor(self.kind.record, window, idle=idle, first=self._first)
                least[kernel] = min(least.get(kernel, floor), floor)
            found = self._kernels[size_map, idle] = sorted(least.items(), key=itemgetter(1))
        return found

    def least(self, size_map: SizeMap, *, idle: bool) -> int:
        """The least that any setting with this map costs."""
        return self.kernels(size_map, idle=idle)[0][1]


def idle(size_map: SizeMap, size: int, out: int) -> bool:
    """Whether one position is left between these sizes, so that the stride has no effect."""
    return (size if size_map.up else out) == 1


class After:
    """The least that the rest of a way costs from one size on, by the layer in front."""

    def __init__(self, ways: Mapping[Class, int]) -> None:
        self.least = min(ways.values(), default=0)  # no ways: the end
        self._ways = ways
        self._by_kernel: dict[int, int] = {}
        for (kernel, _), cost in ways.items():
            self._by_kernel[kernel] = min(cost, self._by_kernel.get(kernel, NEVER))
        self._kernels = sorted(self._by_kernel)
        self._up_to = list(accumulate((self._by_kernel[kernel] for kernel in self._kernels), min))
        self._known: dict[Class, int] = {}

    def __call__(self, before: Class) -> int:
        """After a layer of the same kind of this class; the charges are those of `Style.change_cost`."""
        found = self._known.get(before)
        if found is None:
            kernel, stride = before
            if stride is None:
                found = self._by_kernel.get(kernel, NEVER)
            else:
                found = min(self._ways.get(before, NEVER), self._ways.get((kernel, None), NEVER))
            if smaller := bisect_right(self._kernels, kernel):
                found = min(found, CHANGE + self._up_to[smaller - 1])
            found = self._known[before] = min(found, GROWTH + self.least) if self._ways else 0
        return found


class AxisBounds:
    """Lower bounds on one axis.

    Args:
        floors: one a layer with something to choose.
        live: per position, the sizes that are on some way.
        best: per layer, where there are objectives, the edges that their cheapest ways take: ways that
            leave these cost more by an objective, however little they cost in style.
        most: per position and size, what the rest of a way may cost; more than that need not be told apart.
    """

    def __init__(
        self,
        floors: Sequence[Floors],
        live: Sequence[Collection[int]],
        best: Sequence[Edges] | None = None,
        most: Sequence[Mapping[int, int]] | None = None,
    ) -> None:
        self._floors = floors
        self._most = most
        self._after: list[dict[int, After]] = [dict.fromkeys(live[-1], After({}))]
        for place in reversed(range(len(floors))):
            edges, spans = None if best is None else best[place], _Spans(floors[place], live[place + 1])
            here = {size: After(self._ways(place, size, spans, edges)) for size in live[place]}
            self._after.insert(0, here)

    def bound(self, place: int, size: int, previous: Class | None) -> int:
        """The least that layers from `place` on can cost, after a layer of this class in front of it."""
        after = self._after[place][size]
        return after.least if previous is None or not self._alike(place) else after(previous)

    def _alike(self, place: int) -> bool:
        """Whether a layer with a window follows one of its own kind: then changes are charged."""
        if not 0 < place < len(self._floors):
            return False
        before, here = self._floors[place - 1].kind, self._floors[place].kind
        return before.record == here.record and "kernel_size" in here.positions()

    def _ways(self, place: int, size: int, spans: _Spans, edges: Edges | None) -> dict[Class, int]:
        kernels_of, ahead, alike = self._floors[place].kernels, self._after[0], self._alike(place + 1)
        ways: dict[Class, int] = {}
        most = NEVER if self._most is None else self._most[place][size]
        for size_map, out in spans.behind(size):
            still = idle(size_map, size, out)
            stride, after = None if still else size_map.stride, ahead[out]
            wanted = EVERY_KERNEL if edges is None else edges.get((size, out), ())
            for kernel, floor in kernels_of(size_map, idle=still):
                if floor + after.least > most:
                    break
                if wanted is EVERY_KERNEL or kernel in wanted:
                    following = (kernel, stride)
                    cost = floor + (after(following) if alike else after.least)
                    if cost < ways.get(following, NEVER):
                        ways[following] = cost
        return ways or {(0, None): NEVER}


class _Spans:
    """A layer's size maps by stride, to find those that lead from a size to live ones."""

    def __init__(self, floors: Floors, live: Collection[int]) -> None:
        self._live = sorted(live)
        self._alive = live  # to ask whether a size is among them
        self._listed = floors.listed
        by_stride: dict[tuple[bool, int], dict[int, SizeMap]] = {}
        for size_map in floors.lines:
            by_stride.setdefault((size_map.up, size_map.stride), {})[size_map.offset] = size_map
        self._strides = [(*key, min(maps), max(maps), maps) for key, maps in by_stride.items()]

    def behind(self, size: int) -> list[tuple[SizeMap, int]]:
        """The maps that lead from a size to live ones, with these."""
        every = ((size_map, size_map.out(size)) for size_map in self._listed)
        found: list[tuple[SizeMap, int]] = [
            (size_map, out) for size_map, out in every if out is not None and out in self._alive
        ]
        for up, stride, low, high, maps in self._strides:
            base, step = (stride * size, 1) if up else (-size, stride)
            first, last = (base + low, base + high) if up else ((size + low) // stride + 1, (size + high) // stride + 1)
            for out in self._live[bisect_left(self._live, first) : bisect_right(self._live, last)]:
                offset = out - base if up else (out - 1) * stride - size
                for at in range(offset, offset + step):
                    size_map = maps.get(at)
                    if size_map is not None and size >= size_map.least:
                        found.append((size_map, out))
        return found
