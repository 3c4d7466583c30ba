"""A number for each state: in how many ways one gets there, or only that one does.

A state is a size on each axis. Along one of them, the long one, the numbers lie side by side in one integer
(`rows`), a block of sizes in each; the sizes on the other axes are the key under which a row is found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from operator import add, mul, or_

from convsolve import rows
from convsolve.layers.fans import Part, pairs

BLOCK = 1024  # sizes in a row: what lies far apart costs nothing in between

State = tuple[int, ...]
Key = tuple[int, ...]  # the number of the block, then the sizes on the other axes


class Table(Collection[State]):
    """Some states, each with a number.

    Args:
        long: the axis along which the rows lie.
        counting: whether ways are counted; else 1 stands for any number of them.
        most: what no number exceeds.
        width: the bytes that a number has, as many as `most` needs or more.
    """

    def __init__(self, long: int, *, counting: bool, most: int = 1, width: int = 1) -> None:
        self.long = long
        self.counting = counting
        self.most = most
        self.width = width
        self.rows: dict[Key, int] = {}
        self._join = add if counting else or_
        self._bits = BLOCK * 8 * width

    @classmethod
    def single(cls, state: State, long: int, *, counting: bool) -> Table:
        """One state, and one way to be there."""
        return cls.all_of([range(size, size + 1) for size in state], long, counting=counting)

    @classmethod
    def all_of(cls, sizes: Sequence[Collection[int]], long: int, *, counting: bool) -> Table:
        """All states with these sizes on each axis, on the long one a range; and one way to be at each."""
        table = cls(long, counting=counting)
        low, high = span(sizes[long])
        row = int.from_bytes(b"\1" * (high + 1 - low), "little")
        for others in product(*sizes[:long], *sizes[long + 1 :]):
            table.put(others, low, row)
        return table

    def empty(self) -> Table:
        """Another table of the same make."""
        return Table(self.long, counting=self.counting, most=self.most, width=self.width)

    def roomy(self, factor: int) -> Table:
        """The same table, with room for numbers that many times as large."""
        if not self.counting:
            return self
        most, width = self.most, self.width
        if most * factor >> 8 * width:
            most = max([max(rows.numbers(row, width)) for row in self.rows.values()], default=1)
            width = max(width, rows.width_for(most * factor))
        table = Table(self.long, counting=True, most=most * factor, width=width)
        table.rows = self.rows
        if width > self.width:
            table.rows = {key: rows.widened(row, self.width, width) for key, row in self.rows.items()}
        return table

    def put(self, others: State, first: int, row: int) -> None:
        """Add a row that begins at any size."""
        block, inside = divmod(first, BLOCK)
        row <<= inside * 8 * self.width
        if row.bit_length() > self._bits:
            half = -(-row.bit_length() // self._bits) // 2
            self.put(others, block * BLOCK, row & ((1 << half * self._bits) - 1))
            self.put(others, (block + half) * BLOCK, row >> half * self._bits)
        elif row:
            key = (block, *others)
            known = self.rows.get(key)
            self.rows[key] = row if known is None else self._join(known, row)

    def packed(self, sizes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Numbers by size as rows for `put`, one a block, each with the size that it begins at."""
        blocks: dict[int, list[tuple[int, int]]] = {}
        for size in sorted(sizes):
            blocks.setdefault(size // BLOCK, []).append((size % BLOCK, sizes[size]))
        for block, pairs_here in blocks.items():
            yield block * BLOCK, rows.packed(pairs_here, self.width)

    def merge(self, other: Table) -> None:
        """Add a table of the same make."""
        for key, row in other.rows.items():
            known = self.rows.get(key)
            self.rows[key] = row if known is None else self._join(known, row)

    def parts(self) -> Iterator[tuple[State, int, int]]:
        """Each row, with the sizes on the other axes and the size that it begins at."""
        for key, row in self.rows.items():
            yield key[1:], key[0] * BLOCK, row

    def crop(self, first: int, row: int, low: int, high: int) -> tuple[int, int]:
        """What a row has between two sizes, both included; the size that it begins at, and the rest of it."""
        bits = 8 * self.width
        if first < low:
            first, row = low, row >> (low - first) * bits
        room = max(0, high + 1 - first) * bits
        return first, (row if row.bit_length() <= room else row & ((1 << room) - 1))

    def shifted(self, part: Part) -> Table:
        """The table moved on by each amount of a part, on all axes at once."""
        if isinstance(part, range):
            return self._repeated(len(part), part.step)
        table = self.empty()
        for amount, count in pairs(part):
            for others, first, row in self.on(amount):
                table.put(others, first, row * count if self.counting else row)
        return table

    def _repeated(self, times: int, step: int) -> Table:
        if times == 1:
            return self
        half = self._repeated(times // 2, step)
        both = half.doubled(half, step * (times // 2))
        return self.doubled(both, step) if times % 2 else both

    def doubled(self, other: Table, amount: int) -> Table:
        """The table and another one that is moved on."""
        table = self.empty()
        table.rows = dict(self.rows)
        for others, first, row in other.on(amount):
            table.put(others, first, row)
        return table

    def on(self, amount: int) -> Iterator[tuple[State, int, int]]:
        """The parts, an amount further on all axes."""
        for key, row in self.rows.items():
            yield tuple([size + amount for size in key[1:]]), key[0] * BLOCK + amount, row

    def drop(self, state: State) -> None:
        """Leave a state out."""
        key, shift = self._place(state)
        row = self.rows.get(key, 0)
        row ^= row & ((1 << 8 * self.width) - 1) << shift
        if row:
            self.rows[key] = row
        else:
            self.rows.pop(key, None)

    def within(self, other: Table) -> Table:
        """The states that another table has too, which says only which there are."""
        table = self.empty()
        whole = (1 << 8 * self.width) - 1 if self.counting else 1
        for key, row in self.rows.items():
            if key in other.rows and (both := row & rows.widened(other.rows[key], other.width, self.width) * whole):
                table.rows[key] = both
        return table

    def product(self, other: Table) -> int:
        """The sum over all states of both tables' numbers multiplied."""
        total = 0
        for key, row in self.rows.items():
            if key in other.rows:
                total += sum(map(mul, rows.numbers(row, self.width), rows.numbers(other.rows[key], other.width)))
        return total

    def items(self) -> Iterator[tuple[State, int]]:
        """Every state with its number."""
        for others, first, row in self.parts():
            for size, number in enumerate(rows.numbers(row, self.width), first):
                if number:
                    yield (*others[: self.long], size, *others[self.long :]), number

    @cached_property
    def states(self) -> frozenset[State]:
        """All states of a table that is complete."""
        return frozenset(state for state, _ in self.items())

    def __contains__(self, state: object) -> bool:
        return state in self.states

    def __iter__(self) -> Iterator[State]:
        return (state for state, _ in self.items())

    def __len__(self) -> int:
        if self.counting:
            return sum(1 for _ in self)
        return sum(map(int.bit_count, self.rows.values()))

    def __bool__(self) -> bool:
        return bool(self.rows)

    def _place(self, state: State) -> tuple[Key, int]:
        block, inside = divmod(state[self.long], BLOCK)
        return (block, *_others(state, self.long)), inside * 8 * self.width

    def columns(self, sizes: Sequence[Collection[int]]) -> list[Collection[int]]:
        """The sizes on each axis; on the long one what is given."""
        found: list[Collection[int]] = [
            self.column(axis) if axis != self.long else here for axis, here in enumerate(sizes)
        ]
        return found

    def column(self, axis: int) -> set[int]:
        """The sizes on one axis."""
        if axis != self.long:
            return {key[axis + (axis < self.long)] for key in self.rows}
        every: dict[int, int] = {}
        for key, row in self.rows.items():
            every[key[0]] = every.get(key[0], 0) | row
        return {
            size
            for block, row in every.items()
            for size, number in enumerate(rows.numbers(row, self.width), block * BLOCK)
            if number
        }

    @property
    def extent(self) -> int:
        """How long the rows are: what carrying the table on takes."""
        return sum([row.bit_length() for row in self.rows.values()])


def _others(state: State, long: int) -> State:
    return (*state[:long], *state[long + 1 :])


def span(sizes: Collection[int]) -> tuple[int, int]:
    """The smallest and the largest of some sizes."""
    if isinstance(sizes, range):
        return (sizes[0], sizes[-1]) if sizes else (1, 0)
    return min(sizes, default=1), max(sizes, default=0)
