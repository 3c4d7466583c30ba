"""Tables: drawn for a person, tab-separated for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

GAP = "  "


class Column(NamedTuple):
    """A column's name, the shorter one where the terminal is narrow, and whether numbers stand in it."""

    name: str
    short: str = ""
    number: bool = True


Row = tuple[str, ...]
Part = Row | str  # a row, or a line of its own


def drawn(
    columns: Sequence[Column],
    parts: Sequence[Part],
    *,
    width: int,
    bold: Callable[[str], str] = str,
    dim: Callable[[str], str] = str,
) -> Iterator[str]:
    r"""The lines of a table: a head, rows under it, and lines that stand between rows.

    Args:
        columns: what the head says; numbers are set to the right.
        parts: rows, one text a column, and lines of their own.
        width: of the terminal; where the whole is wider, the short names are used.
        bold: how to make a text stand out.
        dim: how to make one step back.

    Example:
        >>> columns = [Column("layer", number=False), Column("kernel_size", "k")]
        >>> print("\n".join(drawn(columns, [("Conv", "3"), ("MaxPool", "2"), "all"], width=80)))
        layer    kernel_size
        Conv               3
        MaxPool            2
        all
    """
    rows = [part for part in parts if not isinstance(part, str)]
    names = [column.name for column in columns]
    widths = _widths([names, *rows])
    if sum(widths) + len(GAP) * (len(widths) - 1) > width:
        names = [column.short or column.name for column in columns]
        widths = _widths([names, *rows])

    def line(cells: Sequence[str]) -> str:
        placed = [
            cell.rjust(room) if column.number else cell.ljust(room)
            for cell, room, column in zip(cells, widths, columns, strict=True)
        ]
        return GAP.join(placed).rstrip()

    yield bold(line(names))
    for part in parts:
        yield (dim(part) if part else "") if isinstance(part, str) else line(part)


def tabbed(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The same for a program: a head, then a line a row, nothing cut."""
    yield "\t".join(names)
    for row in rows:
        yield "\t".join(row)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, cells)) for cells in zip(*rows, strict=True)]
