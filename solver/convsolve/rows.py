"""Numbers at consecutive sizes, side by side in one integer: what a layer does to all of them is a few additions.

Every number has `width` bytes (1, 2, 4 or a multiple of 8) and must stay below what fits into them, so that
nothing carries over into its neighbour. Integers have any length in Python, and long ones are added and
shifted at the speed of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add, or_
from struct import unpack
from typing import Literal

from convsolve.layers.fans import Part

Join = Callable[[int, int], int]

_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
MANY = 16  # irregular amounts from which on one multiplication is faster than as many additions


def width_for(most: int) -> int:
    """The bytes that numbers up to `most` need, with room so that widening is rare."""
    needed = (most.bit_length() + 7) // 8
    return next((width for width in _FORMATS if width >= needed), (needed + needed // 8 + 7) // 8 * 8)


def places(row: int, width: int) -> int:
    """How many places the row has, up to its last number."""
    return -(-row.bit_length() // (8 * width))


def numbers(row: int, width: int) -> Sequence[int]:
    """The numbers themselves."""
    count = places(row, width)
    data = row.to_bytes(count * width, "little")
    if width in _FORMATS:
        return unpack(f"<{count}{_FORMATS[width]}", data)
    return [int.from_bytes(data[place : place + width], "little") for place in range(0, len(data), width)]


def packed(pairs: Sequence[tuple[int, int]], width: int) -> int:
    """A row from places, in ascending order, and the numbers there."""
    data = bytearray((pairs[-1][0] + 1) * width)
    for place, number in pairs:
        data[place * width : (place + 1) * width] = number.to_bytes(width, "little")
    return int.from_bytes(data, "little")


def spread(row: int, width: int, step: int) -> int:
    """Each number `step` times as far from the first place."""
    if step == 1:
        return row
    count = places(row, width)
    spaced = bytearray(((count - 1) * step + 1) * width)
    source, lanes = _lanes(row.to_bytes(count * width, "little"), width)
    target, _ = _lanes(spaced, width)
    for lane in range(lanes):
        target[lane :: lanes * step] = source[lane::lanes]
    return int.from_bytes(spaced, "little")


def thinned(row: int, width: int, start: int, step: int) -> int:
    """Every `step`-th number from place `start` on."""
    if step == 1:
        return row >> start * 8 * width
    count = places(row, width)
    kept = -((start - count) // step)
    if kept <= 0:
        return 0
    source, lanes = _lanes(row.to_bytes(count * width, "little"), width)
    if lanes == 1:
        return int.from_bytes(source[start::step].tobytes(), "little")
    thin = bytearray(kept * width)
    target, _ = _lanes(thin, width)
    for lane in range(lanes):
        target[lane::lanes] = source[start * lanes + lane :: step * lanes]
    return int.from_bytes(thin, "little")


def widened(row: int, width: int, wider: int) -> int:
    """The same numbers with more bytes each."""
    count = places(row, width)
    data, wide = row.to_bytes(count * width, "little"), bytearray(count * wider)
    for byte in range(width):
        wide[byte::wider] = data[byte::width]
    return int.from_bytes(wide, "little")


def moved(row: int, width: int, parts: Iterable[Part], *, counting: bool) -> int:
    """The row moved on by one amount of each part, in every combination, and all of that together.

    Numbers are added up. Where they only say whether there is any, 1 and 1 make 1, and how often an amount
    comes is no matter.
    """
    join, bits = (add if counting else or_), 8 * width
    for part in parts:
        if isinstance(part, range):
            row = _repeated(row, len(part), part.step * bits, join)
        elif counting and len(part) > MANY:
            row *= packed(part, width)
        else:
            row = reduce(join, ((row * count if counting else row) << amount * bits for amount, count in part))
    return row


def _repeated(row: int, times: int, shift: int, join: Join) -> int:
    """The row joined with `times` - 1 copies, each shifted further than the one before."""
    found, copies = row, 1
    for bit in range(times.bit_length() - 2, -1, -1):
        found = join(found, found << shift * copies)
        copies *= 2
        if times >> bit & 1:
            found = join(row, found << shift)
            copies += 1
    return found


def _lanes(data: bytes | bytearray, width: int) -> tuple[memoryview, int]:
    """The bytes in units that are copied at once, and how many of these a number has."""
    unit = min(width, 8)
    return memoryview(data).cast(_FORMATS[unit]), width // unit
