"""How little the rest of a way can cost: the lower bounds behind the best-first search.

For one axis by itself, backward, with the charge for changing kernel_size and stride, and without
those for padding, dilation and output_padding. On several axes the bounds add up, since the score
does.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence

from convsolve.layers.base import LayerKind, Setting, SizeMap
from convsolve.potential import EVERY_KERNEL, Edges
from convsolve.ranking import Style

Class = tuple[int | None, ...]  # kernel_size and stride of a setting, None where the stride is idle


class Floors:
    """The settings of one axis of one layer, by size map; what the least of them costs is found when asked for."""

    def __init__(
        self, kind: LayerKind, settings: Mapping[SizeMap, Sequence[Setting]], style: Style, *, first: bool
    ) -> None:
        self.kind = kind
        self._first = first
        self.maps = tuple(settings)
        self._settings = settings
        self._style = style
        self._classes: dict[SizeMap, list[tuple[int, int, int, int]]] = {}
        self._least: dict[SizeMap, int] = {}

    def classes(self, size_map: SizeMap) -> list[tuple[int, int, int, int]]:
        """Kernel_size, stride, and the least that settings with them and this map cost, not idle and idle."""
        found = self._classes.get(size_map)
        if found is None:
            least: dict[tuple[int, int], tuple[int, int]] = {}
            for setting in self._settings[size_map]:
                window = self.kind.window(setting)
                key, floors = (0, 0), (0, 0)  # a kind without a window costs nothing
                if window is not None:
                    key = window[:2]
                    floors = (self._floor(window, idle=False), self._floor(window, idle=True))
                known = least.get(key, floors)
                least[key] = (min(known[0], floors[0]), min(known[1], floors[1]))
            found = self._classes[size_map] = [(*key, *floors) for key, floors in least.items()]
        return found

    def _floor(self, window: tuple[int, int, int, int, int], *, idle: bool) -> int:
        return self._style.layer_floor(self.kind.record, window, idle=idle, first=self._first)

    def least(self, size_map: SizeMap) -> int:
        """The least that any setting with this map costs at any size."""
        found = self._least.get(size_map)
        if found is None:
            found = self._least[size_map] = min(either for *_, either in self.classes(size_map))
        return found


class AxisBounds:
    """Lower bounds on one axis.

    Args:
        floors: one a layer with a window.
        live: per position, the sizes that are on some way.
        style: the score.
        best: per layer, where there are objectives, the edges that their cheapest ways take: ways that
            leave these cost more by an objective, however little they cost in style.
    """

    def __init__(
        self,
        floors: Sequence[Floors],
        live: Sequence[Collection[int]],
        style: Style,
        best: Sequence[Edges] | None = None,
    ) -> None:
        self._floors = floors
        self._style = style
        self._edges = best
        self._best: list[dict[int, list[tuple[int, Class]]]] = [{} for _ in floors]
        self._charges: dict[tuple[str, Class, Class], int] = {}
        self._known: list[dict[tuple[int, Class | None], int]] = [{} for _ in floors]
        for place in reversed(range(len(floors))):
            ahead = live[place + 1]
            self._best[place] = {size: self._ways_on(place, size, ahead) for size in live[place]}

    def bound(self, place: int, size: int, previous: Class | None) -> int:
        """The least that layers from `place` on can cost, after a layer of the same kind of this class."""
        if place == len(self._floors):
            return 0
        if place == 0 or self._floors[place - 1].kind.record != self._floors[place].kind.record:
            previous = None
        known = self._known[place]
        found = known.get((size, previous))
        if found is None:
            found = known[size, previous] = self._least(place, size, previous)
        return found

    def _least(self, place: int, size: int, previous: Class | None) -> int:
        ways = self._best[place][size]
        if previous is None:
            return ways[0][0]
        record = self._floors[place].kind.record
        best = 1 << 62
        for cost, following in ways:  # ascending, and a charge is never negative
            if cost >= best:
                break
            best = min(best, cost + self._charge(record, previous, following))
        return best

    def _ways_on(self, place: int, size: int, ahead: Container[int]) -> list[tuple[int, Class]]:
        floors = self._floors[place]
        edges = None if self._edges is None else self._edges[place]
        ways: dict[Class, int] = {}
        for size_map in floors.maps:
            up, slope, offset, least = size_map
            if size < least:
                continue
            out = slope * size + offset if up else (size + offset) // slope + 1
            if out not in ahead:
                continue
            kernels = EVERY_KERNEL if edges is None else edges.get((size, out), ())
            if not kernels:
                continue
            idle = (size if up else out) == 1  # where one position is left, its stride has no effect
            for kernel_size, stride, floor, idle_floor in floors.classes(size_map):
                if edges is not None and kernel_size not in kernels:
                    continue
                following = (kernel_size, None if idle else stride)
                cost = (idle_floor if idle else floor) + self.bound(place + 1, out, following)
                if cost < ways.get(following, 1 << 62):
                    ways[following] = cost
        return sorted(((cost, key) for key, cost in ways.items()), key=_order)

    def _charge(self, record: str, before: Class, after: Class) -> int:
        """The charge for a change of kernel_size and stride, all else equal."""
        key = (record, before, after)
        found = self._charges.get(key)
        if found is None:
            found = self._style.change_cost(record, (*before, 0, None, 0), (*after, 0, None, 0))
            self._charges[key] = found
        return found


def _order(way: tuple[int, Class]) -> tuple[int, list[int]]:
    cost, key = way
    return cost, [number or 0 for number in key]
