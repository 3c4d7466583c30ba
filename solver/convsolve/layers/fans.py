"""Size maps by the handful: all that share direction and stride, their offsets as a sum of independent choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import NamedTuple

from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import SizeMap

# What one choice adds to an offset, from 0 on: amounts that are evenly spaced and come once each, or
# amounts with the number of settings that add each.
Part = range | tuple[tuple[int, int], ...]


LARGEST = 1 << 62  # beyond every size


class Fan(NamedTuple):
    """The maps n -> stride*n + c (``up``) or n -> (n + c)//stride + 1 for many offsets c.

    c is ``offset`` plus one amount of each part, in every combination, and at most ``offset + reach``. What
    comes out is at least 1; inputs below ``least`` are refused beside that.

    Example:
        >>> fan = fan_of(2, part_of([0, 1]), part_of([0, -2, -4]), constant=1, up=True)
        >>> fan.offset, fan.parts
        (-3, (range(0, 2), range(0, 5, 2)))
        >>> sorted(fan.offsets().items())
        [(-3, 1), (-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1)]
    """

    up: bool
    stride: int
    offset: int
    reach: int
    parts: tuple[Part, ...]
    least: int

    @property
    def settings(self) -> int:
        """How many settings these maps have together."""
        return prod([times(part) for part in self.parts])

    def offsets(self) -> dict[int, int]:
        """Every offset, with the number of settings that give it."""
        found = {self.offset: 1}
        for part in self.parts:
            sums: dict[int, int] = {}
            for (offset, settings), (amount, count) in product(found.items(), pairs(part)):
                sums[offset + amount] = sums.get(offset + amount, 0) + settings * count
            found = sums
        return found

    def maps(self) -> Iterator[tuple[SizeMap, int]]:
        """Every map, with the number of settings that have it."""
        for offset, settings in self.offsets().items():
            yield SizeMap.of(self.stride, offset, up=self.up, least=self.least), settings

    @property
    def slopes(self) -> set[Fraction | None]:
        """How much larger outputs get as inputs grow: all maps alike."""
        return {SizeMap.of(self.stride, self.offset, up=self.up, least=self.least).slope}


class Listed(NamedTuple):
    """Maps that are found size by size, each with the number of settings that have it."""

    each: tuple[tuple[ListedMap, int], ...]

    def maps(self) -> Iterator[tuple[SizeMap, int]]:
        """Every map, with the number of settings that have it."""
        return iter(self.each)

    @property
    def slopes(self) -> set[Fraction | None]:
        """How much larger outputs get as inputs grow, by each map."""
        return {size_map.slope for size_map, _ in self.each}


AnyFan = Fan | Listed


def fan_of(stride: int, *choices: tuple[int, Part], constant: int, up: bool, least: int = 1) -> Fan:
    """A fan from what is added to the constant, each as `part_of` gives it."""
    offset, reach, parts = constant, 0, []
    for lowest, part in choices:
        offset += lowest
        if last(part) or times(part) != 1:
            reach += last(part)
            parts.append(part)
    return Fan(up, stride, offset, reach, tuple(parts), least)


def ahead(fans: Iterable[AnyFan], sizes: range) -> range:
    """From the smallest to the largest size that may come out of some sizes in a row."""
    low, high = sizes.start, sizes.stop - 1
    first, final = LARGEST, 0
    for fan in fans:
        if isinstance(fan, Listed):
            for hull in [size_map.ahead(sizes) for size_map, _ in fan.each]:
                if hull:
                    first, final = min(first, hull[0]), max(final, hull[-1])
            continue
        up, stride, offset, reach, _, least = fan
        start = max(low, least)
        if start <= high:
            if up:
                first, final = min(first, stride * start + offset), max(final, stride * high + offset + reach)
            else:
                first = min(first, (start + offset) // stride + 1)
                final = max(final, (high + offset + reach) // stride + 1)
    return range(max(first, 1), final + 1)


def behind(fans: Iterable[AnyFan], sizes: range) -> range:
    """From the smallest to the largest size that may lead to some sizes in a row."""
    low, high = sizes.start, sizes.stop - 1
    first, final = LARGEST, 0
    if low <= high:
        for fan in fans:
            if isinstance(fan, Listed):
                for hull in [size_map.behind(sizes) for size_map, _ in fan.each]:
                    if hull:
                        first, final = min(first, hull[0]), max(final, hull[-1])
                continue
            up, stride, offset, reach, _, least = fan
            if up:
                start, end = -((offset + reach - low) // stride), (high - offset) // stride
            else:
                start, end = (low - 1) * stride - offset - reach, high * stride - 1 - offset
            first, final = min(first, max(start, least)), max(final, end)
    return range(first, final + 1)


def part_of(amounts: Iterable[int], counts: Mapping[int, int] | None = None) -> tuple[int, Part]:
    """The least of some amounts, and all of them counted from there; `counts` has how often each comes, else once."""
    ordered = sorted(amounts)
    first, final = ordered[0], ordered[-1]
    if counts is None or sum(counts.values()) == len(counts):
        step = ordered[1] - first if final > first else 1
        if ordered == [*range(first, final + 1, step)]:
            return first, range(0, final - first + 1, step)
    return first, tuple([(amount - first, 1 if counts is None else counts[amount]) for amount in ordered])


def counted(amounts: Sequence[int]) -> tuple[int, Part]:
    """Likewise, of amounts that may come several times."""
    if len(amounts) == 1:
        return part_of(amounts)
    counts = Counter(amounts)
    return part_of(counts, counts)


def turned(part: Part) -> Part:
    """The same amounts seen from the largest of them."""
    return part if isinstance(part, range) else tuple((part[-1][0] - amount, count) for amount, count in reversed(part))


def last(part: Part) -> int:
    """The largest amount."""
    return part[-1] if isinstance(part, range) else part[-1][0]


def times(part: Part) -> int:
    """How many settings the choice is between."""
    return len(part) if isinstance(part, range) else sum(count for _, count in part)


def pairs(part: Part) -> Iterable[tuple[int, int]]:
    """Every amount with the number of settings that add it."""
    return ((amount, 1) for amount in part) if isinstance(part, range) else part
