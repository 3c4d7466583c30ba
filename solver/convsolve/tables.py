"""A number for each state: in how many ways one gets there, or only that one does.

A state is a size on each axis. Along one of them, the long one, the numbers lie side by side in one integer
(`rows`), a block of sizes in each; the sizes on the other axes are the key under which a row is found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from operator import mul

from convsolve import rows
from convsolve.layers.fans import Part, pairs

BLOCK = 1024  # sizes in a row: what lies far apart costs nothing in between

State = tuple[int, ...]
Key = tuple[int, ...]  # the number of the block, then the sizes on the other axes


class Table(Collection[State]):
    """Some states, each with a number.

    Args:
        long: the axis along which the rows lie.
        most: what no number exceeds.
        counting: whether ways are counted; else 1 stands for any number of them.
    """

    def __init__(self, long: int, most: int = 1, *, counting: bool) -> None:
        self.long = long
        self.most = most
        self.counting = counting
        self.width = rows.width_for(most) if counting else 1
        self.rows: dict[Key, int] = {}

    @classmethod
    def single(cls, state: State, long: int, *, counting: bool) -> Table:
        """One state, and one way to be there."""
        table = cls(long, counting=counting)
        table.put(_others(state, long), state[long], 1)
        return table

    def empty(self) -> Table:
        """Another table of the same make."""
        table = Table(self.long, counting=self.counting)
        table.most, table.width = self.most, self.width
        return table

    def roomy(self, factor: int) -> Table:
        """The same table, with room for numbers that many times as large."""
        if not self.counting:
            return self
        if self.most * factor >> 8 * self.width:
            self.most = max([max(rows.numbers(row, self.width)) for row in self.rows.values()], default=1)
        table = Table(self.long, self.most * factor, counting=True)
        if table.width <= self.width:
            table.width, table.rows = self.width, self.rows
        else:
            table.rows = {key: rows.widened(row, self.width, table.width) for key, row in self.rows.items()}
        return table

    def join(self, key: Key, row: int) -> None:
        """Add a row to what is there."""
        known = self.rows.get(key)
        if known is not None:
            row = known + row if self.counting else known | row
        self.rows[key] = row

    def put(self, others: State, first: int, row: int) -> None:
        """Add a row that begins at any size."""
        block, inside = divmod(first, BLOCK)
        self._divide(others, block, row << inside * 8 * self.width)

    def _divide(self, others: State, block: int, row: int) -> None:
        bits = BLOCK * 8 * self.width
        blocks = -(-row.bit_length() // bits)
        if blocks > 1:
            half = blocks // 2
            self._divide(others, block, row & ((1 << half * bits) - 1))
            self._divide(others, block + half, row >> half * bits)
        elif blocks:
            self.join((block, *others), row)

    def merge(self, other: Table) -> None:
        """Add a table of the same make."""
        for key, row in other.rows.items():
            self.join(key, row)

    def parts(self) -> Iterator[tuple[State, int, int]]:
        """Each row, with the sizes on the other axes and the size that it begins at."""
        for (block, *others), row in self.rows.items():
            yield tuple(others), block * BLOCK, row

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
            for others, first, row in self._on(amount):
                table.put(others, first, row * count if self.counting else row)
        return table

    def _repeated(self, times: int, step: int) -> Table:
        if times == 1:
            return self
        half = self._repeated(times // 2, step)
        both = self.empty()
        both.rows = dict(half.rows)
        for others, first, row in half._on(step * (times // 2)):  # noqa: SLF001 - its own class
            both.put(others, first, row)
        if times % 2:
            once, both = both, self.empty()
            both.rows = dict(self.rows)
            for others, first, row in once._on(step):  # noqa: SLF001 - its own class
                both.put(others, first, row)
        return both

    def _on(self, amount: int) -> Iterator[tuple[State, int, int]]:
        for others, first, row in self.parts():
            yield tuple([size + amount for size in others]), first + amount, row

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
        """The states that another table has too; both say only which there are."""
        table = self.empty()
        for key, row in self.rows.items():
            if both := row & other.rows.get(key, 0):
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
        keys = [*zip(*self.rows, strict=True)][1:]
        found: list[Collection[int]] = [set(column) for column in keys] or [()] * (len(sizes) - 1)
        found.insert(self.long, sizes[self.long])
        return found

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
