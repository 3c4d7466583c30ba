"""Joint size maps that are no lines, or lead upwards on one axis and downwards on another: carried size by size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, reduce
from itertools import product
from math import prod
from operator import add, getitem, or_

from convsolve import rows
from convsolve.components import Mixed
from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import SizeMap
from convsolve.shapes import ANY_SIZE, LARGEST_SIZE
from convsolve.tables import State, Table, span

Sizes = Collection[int]


class Asked:
    """Which of some states lead into a table.

    Args:
        table: with the numbers of what is behind.
        only: the states in front.
    """

    def __init__(self, table: Table, only: Table) -> None:
        self.table = table
        self._only = only

    @cached_property
    def numbers(self) -> dict[State, int]:
        """Of each state behind."""
        return dict(self.table.items())

    @cached_property
    def states(self) -> list[State]:
        """Those in front, one by one."""
        return [*self._only]


class Listing:
    """Joint size maps carried size by size, in one direction: axes with few sizes first, the long one last.

    Args:
        bundle: the maps.
        long: the axis along which rows lie.
        forward: from the input to the output, or back.
    """

    def __init__(self, bundle: Mixed, long: int, *, forward: bool) -> None:
        self.forward = forward
        self.long = long
        self._maps = bundle.maps
        self._settings = prod(sum(settings for _, settings in maps) for maps in bundle.maps)
        # on the long axis what makes any size the same is told apart: it need not be asked of each of them
        self._same: dict[int, int] = {}
        self._others: list[tuple[SizeMap, int]] = []
        for size_map, settings in bundle.maps[long]:
            same = size_map.out(1) if size_map.slope == 0 else None
            if same is not None and len(size_map.into(same)) == LARGEST_SIZE:
                self._same[same] = self._same.get(same, 0) + settings
            else:
                self._others.append((size_map, settings))

    def growth(self, states: int) -> int:
        """By how much the largest number of so many states can grow: forwards, all may come to one."""
        return self._settings * (max(1, states) if self.forward else 1)

    def leads(self, behind: Sequence[Sizes]) -> bool:
        """Whether some state can lead to sizes behind the layer: of bundles with one size each, most need no look."""
        ends = [span(sizes) for sizes in behind]
        return all(
            any(_hull(size_map, low, high) for size_map, _ in maps)
            for maps, (low, high) in zip(self._maps, ends, strict=True)
        )

    def carry(self, table: Table, found: Table, allowed: Sequence[Sizes]) -> None:
        """Add to what was found the states that a table leads to, as far as their sizes are allowed."""
        join: Callable[[int, int], int] = add if table.counting else or_
        others = [axis for axis in range(len(self._maps)) if axis != self.long]
        for place, axis in enumerate(others, 1):
            into = table.empty()
            ways = _Ways(self._maps[axis], allowed[axis], forward=self.forward)
            for key, row in table.rows.items():
                for other, settings in ways[key[place]]:
                    moved = (*key[:place], other, *key[place + 1 :])
                    into.rows[moved] = join(into.rows.get(moved, 0), row * settings if table.counting else row)
            table = into
        here = allowed[self.long]
        ways = _Ways(self._others, here, forward=self.forward)
        by_state: dict[tuple[int, ...], dict[int, int]] = {}
        for state, first, row in table.parts():
            sizes = by_state.setdefault(state, {})
            numbers = rows.numbers(row, table.width)
            if self._same and self.forward:
                whole = reduce(join, numbers)
                for same, settings in self._same.items():
                    if same in here:
                        sizes[same] = join(sizes.get(same, 0), whole * settings if table.counting else whole)
            elif self._same:
                found_here = [
                    numbers[same - first] * (settings if table.counting else 1)
                    for same, settings in self._same.items()
                    if 0 <= same - first < len(numbers)
                ]
                self._everywhere(found, state, reduce(join, found_here, 0), here)
            for size, number in enumerate(numbers if self._others else (), first):
                for other, settings in ways[size] if number else ():
                    sizes[other] = join(sizes.get(other, 0), number * settings if table.counting else number)
        _put(found, by_state)

    @staticmethod
    def _everywhere(found: Table, state: tuple[int, ...], number: int, here: Sizes) -> None:
        """Add a number at all sizes that are looked at."""
        if number and isinstance(here, range):
            found.put(state, here.start, int.from_bytes(number.to_bytes(found.width, "little") * len(here), "little"))
        elif number:
            _put(found, {state: dict.fromkeys(here, number)})

    def ask(self, asked: Asked, found: Table) -> None:
        """Add to what was found those of some states that lead into a table: any number may lead to one size."""
        counting, numbers = asked.table.counting, asked.numbers
        join: Callable[[int, int], int] = add if counting else or_
        by_state: dict[tuple[int, ...], dict[int, int]] = {}
        ways = [_Ways(maps, ANY_SIZE, forward=True) for maps in self._maps]
        for state in asked.states:
            number = 0
            for some in product(*map(getitem, ways, state)):
                known = numbers.get(tuple([size for size, _ in some]))
                if known is not None:
                    number = join(number, known * prod([settings for _, settings in some]) if counting else known)
            if number:
                others = (*state[: self.long], *state[self.long + 1 :])
                by_state.setdefault(others, {})[state[self.long]] = number
        _put(found, by_state)


def _hull(size_map: SizeMap, low: int, high: int) -> range:
    """Between two sizes, both included, all that may come out of a map, seen from afar."""
    hull = size_map.ahead(ANY_SIZE) if isinstance(size_map, ListedMap) else ANY_SIZE
    return range(max(low, hull.start), min(high + 1, hull.stop))


def _put(found: Table, by_state: Mapping[tuple[int, ...], Mapping[int, int]]) -> None:
    """Add numbers by the sizes on the other axes and on the long one."""
    for others, sizes in by_state.items():
        for first, row in found.packed(sizes):
            found.put(others, first, row)


class _Ways(dict[int, Sequence[tuple[int, int]]]):
    """The sizes that one leads to, or that lead to it, each with the number of settings; found when first asked for."""

    def __init__(self, maps: Sequence[tuple[SizeMap, int]], allowed: Sizes, *, forward: bool) -> None:
        super().__init__()
        self._maps = maps
        self._allowed = allowed
        self._forward = forward

    def __missing__(self, size: int) -> Sequence[tuple[int, int]]:
        found: dict[int, int] = {}
        low, high = span(self._allowed)
        for size_map, settings in self._maps:
            out = size_map.out(size) if self._forward else None
            sources = size_map.into(size) if not self._forward else range(0) if out is None else range(out, out + 1)
            for other in range(max(sources.start, low), min(sources.stop, high + 1)):
                if other in self._allowed:
                    found[other] = found.get(other, 0) + settings
        ways = self[size] = [*found.items()]
        return ways
