"""Channels that are to be found: read, and every list of numbers that they may be, the most usual first.

Usual is what numbers that nobody gave would be completed to (`channels`). A list is the less usual the farther its
numbers are from that, in doublings, and for each number that is no power of two, nor three of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush
from math import log2, prod
from typing import NamedTuple

from convsolve.channels import CHANNELS_HELP, ChannelsLike
from convsolve.domains import Domain, Domains, domain_text
from convsolve.errors import Error, shown_value

MOST_LISTS = 10_000  # of channels that a question may have
DOUBLING = 1_000  # thousandths of a nat, as in `ranking`, where a change of habit costs 1,500
THREE = 300  # three times a power of two
EIGHTS = 800  # another multiple of eight
ODD = 1_500  # none of these

Part = int | Domain | None  # a number, what it may be, or nobody said
_COMMA = re.compile(r",(?![^\[\]]*\])")  # not inside brackets


class Widths(NamedTuple):
    """Channels as they were given, one number more than there are convolutions.

    Example:
        >>> Widths.read("512,?,[8..32:8],3").parts
        (512, '?', (8, 16, 24, 32), 3)
    """

    parts: tuple[Part | str, ...]  # "?": a power of two, or three of one, up to the largest that is given

    @classmethod
    def read(cls, channels: ChannelsLike, layers: Sequence[Domain | None] = ()) -> Widths | None:
        """The channels, where some of them are to be found; None where none is.

        Args:
            channels: the list of them, where there is one.
            layers: what the stack says that may come behind each convolution.

        Raises:
            Error: ``bad-channels`` where a part is no number and no domain.
        """
        parts = tuple(map(_part, [None] * (len(layers) + 1) if channels is None else pieces(channels)))
        if len(parts) == len(layers) + 1:
            behind = zip(parts[1:], layers, strict=True)
            parts = (parts[0], *(said if part is None else part for part, said in behind))
        return cls(parts) if any(isinstance(part, tuple | str) for part in parts) else None

    @property
    def record(self) -> list[int | str | None]:
        """As a question's record has them."""
        return [f"[{domain_text(part)}]" if isinstance(part, tuple) else part for part in self.parts]

    @property
    def open(self) -> tuple[int, ...]:
        """Which of them are to be found."""
        return tuple(place for place, part in enumerate(self.parts) if isinstance(part, tuple | str))

    def said(self) -> list[int | None]:
        """What is given; None for the others."""
        return [part if isinstance(part, int) else None for part in self.parts]

    def domains(self, largest: int) -> list[Domain]:
        """What those that are to be found may be, up to the largest where nobody says."""
        doubled = {times << bits for times in (1, 3) for bits in range(largest.bit_length())}
        every = tuple(sorted(number for number in doubled if number <= largest))
        return [every if isinstance(part, str) else part for part in self.parts if isinstance(part, tuple | str)]


def pieces(channels: ChannelsLike) -> Sequence[int | str | AbstractSet[int] | range | None]:
    """A list of channels, each as it was given.

    Example:
        >>> pieces("512,[8, 16],3")
        ['512', '[8, 16]', '3']
    """
    if isinstance(channels, str):
        return [piece.strip() for piece in _COMMA.split(channels)]
    if isinstance(channels, Sequence):
        return channels
    raise Error("bad-channels", f"channels: {shown_value(channels)} is no list", help=[CHANNELS_HELP])


class Listed(NamedTuple):
    """Numbers for what is to be found, and how unusual they are, in the unit of `ranking`."""

    charge: int
    numbers: tuple[int, ...]


def listed(domains: Sequence[Domain], usual: Sequence[int]) -> Iterator[Listed]:
    """Every list of one number a domain, the most usual first.

    Raises:
        Error: ``too-many`` where there are more than can be looked at.

    Example:
        >>> [one.numbers for one in listed([(16, 32, 64), (8, 16)], [64, 16])][:3]
        [(64, 16), (64, 8), (32, 16)]
    """
    number = prod(map(len, domains))
    if number > MOST_LISTS:
        raise Error(
            "too-many",
            f"the channels to be found may be {number:,} lists of numbers, more than {MOST_LISTS:,}",
            help=["narrow them, as in --channels 512,[64..256:64],?,3", 'or --where "out_channels % 8 == 0"'],
        )
    columns = [
        sorted((_charge(channels, most), channels) for channels in domain)
        for domain, most in zip(domains, usual, strict=True)
    ]
    if not all(columns):
        return
    start = (0,) * len(columns)
    heap = [(sum(column[0][0] for column in columns), start)]
    seen = {start}
    while heap:
        charge, indices = heappop(heap)
        yield Listed(charge, tuple(column[index][1] for column, index in zip(columns, indices, strict=True)))
        for place, index in enumerate(indices):
            following = (*indices[:place], index + 1, *indices[place + 1 :])
            if index + 1 < len(columns[place]) and following not in seen:
                seen.add(following)
                more = columns[place][index + 1][0] - columns[place][index][0]
                heappush(heap, (charge + more, following))


def _charge(channels: int, usual: int) -> int:
    rest = channels // (channels & -channels)  # without its factors of two
    odd = 0 if rest == 1 else THREE if rest == 3 else EIGHTS if channels % 8 == 0 else ODD
    return round(DOUBLING * abs(log2(channels / usual))) + odd


def _part(piece: object) -> Part | str:
    if piece is None or piece == "?":
        return piece if piece is None else "?"
    if isinstance(piece, str) and piece.startswith("[") and piece.endswith("]"):
        piece = piece[1:-1]
    elif isinstance(piece, str) and piece.isascii() and piece.isdigit() and len(piece) < 10:
        piece = int(piece)
    if type(piece) is int and 1 <= piece < 2**31:
        return piece
    if isinstance(piece, str | range | set | frozenset):
        try:
            domain = Domains.read(piece, "channels", least=1)
        except Error:
            domain = Domains((), per_axis=True)
        if not domain.per_axis:
            (values,) = domain.each
            return values[0] if len(values) == 1 else values
    raise Error("bad-channels", f"channels: {shown_value(piece)} is no number of channels", help=[CHANNELS_HELP])
