"""Combinations as vectors of a fixed length, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, cast

from convsolve.answer import Solution
from convsolve.domains import Domain
from convsolve.errors import Error, shown_value
from convsolve.space.decisions import NOTHING, integer, word_of
from convsolve.space.projecting import nearest

if TYPE_CHECKING:
    from convsolve.space.core import Space

BITS = 20  # of a digit: what stores numbers as floats keeps integers up to 2**53 only

Vector = tuple[int, ...] | tuple[float, ...]


class Code(StrEnum):
    """How a combination is written as a vector."""

    DIGITS = "digits"  # its number, in base 2**20, the most significant digit first
    VALUES = "values"  # the values of all decisions
    UNIT = "unit"  # how far each decision's value is along its domain, from 0 to 1
    ONEHOT = "onehot"  # for each decision and value 1 where it is taken, else 0


def encode(space: Space, solution: Solution, code: str = "digits") -> Vector:
    """A combination as a vector of fixed length.

    Args:
        space: the space.
        solution: one of this space.
        code: ``digits``, its number in base 2**20, the most significant digit first: what stores integers
            as floats loses none of them; ``values``, those of `decisions` in their order; ``unit``, each as
            its place in the decision's domain between 0 and 1; ``onehot``, a 1 for each value that is taken.

    Raises:
        Error: ``not-in-space``, ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space("4x5", "61x79", layers=6, tie="none")
        >>> solution = space[10**21]
        >>> space.encode(solution)
        (867, 379309, 810474, 0)
        >>> space.decode(space.encode(solution, "unit"), "unit") == solution
        True
    """
    number, kind = space.index(solution), word_of(Code, code, "code")
    if kind is Code.DIGITS:
        return digits_of(number, space.total)
    return encoded(kind, space.branches.values(solution), space.branches.decisions)


def decode(space: Space, vector: object, code: str = "digits") -> Solution:
    """The combination of a vector; with ``values``, ``unit`` and ``onehot`` the nearest one (see `project`).

    Args:
        space: the space.
        vector: as many numbers as `encode` gives, in a list or an array; with ``unit`` and ``onehot`` any
            numbers, of which each decision takes the nearest place, or the largest entry.
        code: as for `encode`.

    Raises:
        Error: ``bad-code`` where the vector is none; ``no-combination`` where the space is empty.
    """
    kind = word_of(Code, code, "code")
    if not space:
        raise Error("no-combination", "the space is empty")
    if kind is Code.DIGITS:
        return space[number_of(vector, space.total)]
    wanted = proposed(kind, vector, space.branches.decisions)
    return next(nearest(space.branches, NOTHING, wanted, {})).solution


def digits_of(number: int, total: int) -> tuple[int, ...]:
    """A number below a total in digits, as many as the largest needs."""
    count = digit_count(total)
    return tuple([number >> BITS * place & (1 << BITS) - 1 for place in reversed(range(count))])


def digit_count(total: int) -> int:
    """How many digits the numbers below a total have."""
    return max(1, -(-(total - 1).bit_length() // BITS))


def number_of(digits: object, total: int) -> int:
    """The number that digits stand for.

    Raises:
        Error: ``bad-code``.
    """
    count, found = digit_count(total), 0
    for digit in _entries(digits, count, "digits"):
        whole = integer(digit)
        if whole is None and isinstance(digit, float) and digit.is_integer():
            whole = int(digit)
        if whole is None or not 0 <= whole < 1 << BITS:
            raise Error("bad-code", f"{shown_value(digit)} is no digit from 0 to {(1 << BITS) - 1}")
        found = found << BITS | whole
    if found >= total:
        raise Error("bad-code", f"no combination has the number {found}: there are {total}")
    return found


def encoded(code: Code, values: Mapping[str, int], decisions: Mapping[str, Domain]) -> Vector:
    """A combination by its decisions; one that it has not counts as the first value."""
    some = [values.get(name, domain[0]) for name, domain in decisions.items()]
    if code is Code.VALUES:
        return tuple(some)
    each = [(domain.index(value), len(domain)) for value, domain in zip(some, decisions.values(), strict=True)]
    if code is Code.UNIT:
        return tuple([at / max(1, length - 1) for at, length in each])
    return tuple([int(number == at) for at, length in each for number in range(length)])


def proposed(code: Code, vector: object, decisions: Mapping[str, Domain]) -> dict[str, float]:
    """The values that a vector proposes.

    Raises:
        Error: ``bad-code``.
    """
    domains = decisions.values()
    if code is Code.ONEHOT:
        numbers = iter([*map(_real, _entries(vector, sum(map(len, domains)), code))])
        blocks = [[*islice(numbers, len(domain))] for domain in domains]
        values: list[float] = [domain[block.index(max(block))] for domain, block in zip(domains, blocks, strict=True)]
    else:
        values = [*map(_real, _entries(vector, len(decisions), code))]
        if code is Code.UNIT:
            pairs = zip(domains, values, strict=True)
            values = [domain[round(min(max(one, 0), 1) * (len(domain) - 1))] for domain, one in pairs]
    return dict(zip(decisions, values, strict=True))


def _entries(vector: object, count: int, code: str) -> Sequence[object]:
    try:
        found = list(cast("Iterable[object]", vector))  # which refuses what is no vector
    except TypeError:
        raise Error("bad-code", f"{shown_value(vector)} is no vector") from None
    if len(found) != count:
        raise Error("bad-code", f"{len(found)} entries, where {code} has {count}")
    return found


def _real(entry: object) -> float:
    try:
        number = float(entry)  # type: ignore[arg-type] # float() refuses the rest
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isinstance(entry, str) or not isfinite(number):
        raise Error("bad-code", f"{shown_value(entry)} is no number")
    return number
