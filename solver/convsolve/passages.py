"""A layer, made ready to carry all states at once, forwards or backwards.

Of a layer's two ways one scatters: size n goes to stride*n + c for many constants c; the other gathers: n comes
from all of stride*n - c. Constants are sums of independent amounts, so scattering is to draw the row of sizes
apart and add copies of it, and gathering is to add copies and keep every stride-th number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from math import prod
from operator import add, contains, or_
from typing import NamedTuple

from convsolve import rows
from convsolve.components import AnyBundle, Bundle, Mixed
from convsolve.layers.fans import Fan, Part, last, pairs, times, turned
from convsolve.shapes import LARGEST_SIZE
from convsolve.sizewise import Listing, Sizes
from convsolve.tables import Table, span


class Move(NamedTuple):
    """On one axis: n to stride*n + constant + parts (scattered), or back from there (gathered)."""

    stride: int
    constant: int
    reach: int  # the most that the parts add
    parts: tuple[Part, ...]


class Member(NamedTuple):
    """Moves on the long axis, and the fans of each other axis; any of one axis goes with any of another."""

    moves: tuple[Move, ...]
    others: tuple[tuple[Fan, ...], ...]


class Passage:
    """One bundle of joint size maps in one direction.

    Args:
        bundle: the maps.
        long: the axis along which rows lie.
        forward: from the input to the output, or back.
    """

    def __init__(self, bundle: Bundle, long: int, *, forward: bool) -> None:
        self._growth = _growth(bundle, forward=forward)
        self.forward = forward
        self.long = long
        self.least = bundle.least
        self.gathers = forward is not bundle.up
        self.shift = bundle.shift if forward else turned(bundle.shift)
        self.back = 0 if forward else last(bundle.shift)  # how much less than `shift` is added to each size
        self.shifts = last(self.shift) > 0 or times(self.shift) > 1
        moves = [[move_of(fan, forward=forward) for fan in axes[long]] for axes in bundle.members]
        # with further axes it is less work to add copies before these multiply the rows, or after they thinned them out
        alone = len(bundle.least) == 1
        self.shared = _shared([move.parts for some in moves for move in some]) if alone else ()
        self.base = 0 if self.gathers else min(move.constant for some in moves for move in some)
        self.members = [
            Member(
                tuple(self._own(move) for move in some),
                (*axes[:long], *axes[long + 1 :]),
            )
            for some, axes in zip(moves, bundle.members, strict=True)
        ]

    def growth(self, states: int) -> int:
        """By how much the largest number of so many states can grow: as many ways lead to a size, or on from it."""
        del states
        return self._growth

    def _own(self, move: Move) -> Move:
        """What a move has beside what all have."""
        parts = _without(move.parts, self.shared)
        return Move(move.stride, move.constant - self.base, sum(map(last, parts)), parts)

    def carry(self, table: Table, found: Table, allowed: Sequence[Sizes]) -> None:
        """Add to what was found the states that a table leads to, as far as their sizes are allowed."""
        low, high = span(allowed[self.long])
        others = [*allowed[: self.long], *allowed[self.long + 1 :]]
        if self.forward:
            if self.least[self.long] > 1:
                table = _from(table, self.least[self.long])
        else:
            low = max(low, self.least[self.long])
        if self.gathers:
            self._gather(table, found, low, high, others)
        else:
            self._scatter(table, found, low, high, others)

    def _gather(self, table: Table, found: Table, low: int, high: int, others: Sequence[Sizes]) -> None:
        counting, width = table.counting, table.width
        if self.shifts:
            table = _on(table, -self.back).shifted(self.shift)
        parted = self._parted(table)
        for moves, fans in self.members:
            # other axes first: many sizes there lead nowhere
            for key, first, row in self._along_others(parted, fans, others).parts():
                for stride, constant, _, own in moves:
                    # a size n comes from stride*n - constant
                    start = -(first + constant - self.back) % stride
                    lowest = (first + constant - self.back + start) // stride
                    if lowest < low:
                        start, lowest = start + (low - lowest) * stride, low
                    thin = rows.thinned(rows.moved(row, width, own, counting=counting), width, start, stride)
                    lowest, thin = table.crop(lowest, thin, low, high)
                    if thin:
                        found.put(key, lowest, thin)

    def _scatter(self, table: Table, found: Table, low: int, high: int, others: Sequence[Sizes]) -> None:
        counting, width = table.counting, table.width
        base = self.base - self.back
        common = sum(map(last, self.shared)) + last(self.shift)
        wanted = [_before(sizes, self.shift, self.back) for sizes in others] if self.shifts else others
        gathered = found.empty()
        for moves, fans in self.members:
            into = found.empty() if fans else gathered
            for key, first, row in table.parts():
                for stride, constant, reach, own in moves:
                    # no more than what can come to lie between low and high
                    lowest = -((constant + base + common + reach - low) // stride)
                    begin, part = table.crop(first, row, lowest, (high - constant - base) // stride)
                    if part:
                        part = rows.moved(rows.spread(part, width, stride), width, own, counting=counting)
                        into.put(key, stride * begin + constant, part)
            if fans:
                gathered.merge(self._along_others(into, fans, wanted))
        moved = self._parted(gathered)
        if self.shifts:
            moved = moved.shifted(self.shift)
        for key, first, row in moved.parts():
            begin, part = table.crop(first + base, row, low, high)
            state = tuple([size - self.back for size in key]) if self.back else key
            if part and (not self.shifts or all(map(contains, others, state))):
                found.put(state, begin, part)

    def _parted(self, table: Table) -> Table:
        """The table with copies added for the parts that all moves share."""
        if not self.shared:
            return table
        found = table.empty()
        for key, first, row in table.parts():
            found.put(key, first, rows.moved(row, table.width, self.shared, counting=table.counting))
        return found

    def _along_others(self, table: Table, fans: Sequence[Sequence[Fan]], allowed: Sequence[Sizes]) -> Table:
        """Each other axis carried by its fans."""
        look, join = (_ahead if self.forward else _behind), (add if table.counting else or_)
        for axis, (some, sizes) in enumerate(zip(fans, allowed, strict=True), 1):
            offsets = [(fan, fan.offsets()) for fan in some]
            known: dict[int, Sequence[tuple[int, int]]] = {}
            found = table.empty()
            into = found.rows
            for key, row in table.rows.items():
                size = key[axis]
                if size not in known:
                    known[size] = [*look(offsets, size, sizes).items()]
                before, after = key[:axis], key[axis + 1 :]
                for other, settings in known[size]:
                    moved = (*before, other, *after)
                    into[moved] = join(into.get(moved, 0), row * settings if table.counting else row)
            table = found
        return table


AnyPassage = Passage | Listing


def passage(bundle: AnyBundle, long: int, *, forward: bool) -> AnyPassage:
    """A bundle of joint size maps in one direction."""
    if isinstance(bundle, Mixed):
        return Listing(bundle, long, forward=forward)
    return Passage(bundle, long, forward=forward)


def _growth(bundle: Bundle, *, forward: bool) -> int:
    # forwards and down, as many neighbours as the stride come to one size
    each = [
        prod(sum(fan.settings * (fan.stride if forward and not fan.up else 1) for fan in fans) for fans in axes)
        for axes in bundle.members
    ]
    return sum(each) * times(bundle.shift)


def move_of(fan: Fan, *, forward: bool) -> Move:
    """A fan in one direction."""
    up, stride, offset, reach, parts, _ = fan
    constant = offset
    if not forward:
        parts = tuple([part if isinstance(part, range) else turned(part) for part in parts])
        constant = -offset - reach
    if up:
        return Move(stride, constant, reach, parts)
    # m = (n + c)//stride + 1: stride*m is one of n + c + 1, ... n + c + stride
    if stride > 1:
        parts, reach = (*parts, range(stride)), reach + stride - 1
    return Move(stride, constant + 1 if forward else constant - stride, reach, parts)


def _shared(every: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
    """The parts that all have."""
    common = Counter(every[0])
    for parts in every[1:]:
        common &= Counter(parts)
    return tuple(common.elements())


def _without(parts: Sequence[Part], shared: Sequence[Part]) -> tuple[Part, ...]:
    return tuple((Counter(parts) - Counter(shared)).elements())


def _from(table: Table, least: int) -> Table:
    """What a table has from a size on."""
    found = table.empty()
    for key, first, row in table.parts():
        begin, part = table.crop(first, row, least, LARGEST_SIZE)
        if part:
            found.put(key, begin, part)
    return found


def _on(table: Table, amount: int) -> Table:
    """The table with an amount added on all axes but the long one."""
    found = table.empty()
    found.rows = {(block, *[size + amount for size in others]): row for (block, *others), row in table.rows.items()}
    return found


def _ahead(fans: Iterable[tuple[Fan, Mapping[int, int]]], size: int, wanted: Container[int]) -> dict[int, int]:
    """The sizes that come out, each with the number of settings that lead there."""
    found: dict[int, int] = {}
    for fan, offsets in fans:
        if size >= fan.least or fan.least == 1:
            for offset, settings in offsets.items():
                out = fan.stride * size + offset if fan.up else (size + offset) // fan.stride + 1
                if out in wanted:
                    found[out] = found.get(out, 0) + settings
    return found


def _behind(fans: Iterable[tuple[Fan, Mapping[int, int]]], size: int, wanted: Container[int]) -> dict[int, int]:
    """The sizes that lead here, each with the number of settings that do."""
    found: dict[int, int] = {}
    for fan, offsets in fans:
        for offset, settings in offsets.items():
            if fan.up:
                source, rest = divmod(size - offset, fan.stride)
                sources = range(0) if rest else range(source, source + 1)
            else:
                first = (size - 1) * fan.stride - offset
                sources = range(first, first + fan.stride)
            for source in sources:
                if source in wanted and (source >= fan.least or fan.least == 1):
                    found[source] = found.get(source, 0) + settings
    return found


def _before(sizes: Sizes, shift: Part, back: int) -> Sizes:
    """The numbers that some shift brings among the sizes."""
    if isinstance(sizes, range):
        return range(sizes.start + back - last(shift), sizes.stop + back)
    return {size + back - amount for size in sizes for amount, _ in pairs(shift)}
