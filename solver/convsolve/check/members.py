"""Which members of a family torch runs: the smallest, with every rest that strides leave, and one far out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, takewhile
from math import gcd, lcm

from convsolve.families import Family, layers_at, positions
from convsolve.layers.maps import SizeMap
from convsolve.layers.solved import SolvedLayer
from convsolve.letters import Members
from convsolve.sizes import Affine

LONGEST_PERIOD = 32  # members that are run in a row
FAR = 500  # what the letters of one of them stand for, or more


def members_run(family: Family, layers: Sequence[SolvedLayer]) -> list[tuple[SolvedLayer, ...]]:
    """The layers on the way of each member that is run.

    Every formula is linear but for the rest that a stride leaves: that is the same for all members of a line where
    sizes are straight, and comes again after a few where they are rounded.

    Example:
        >>> import convsolve as cs
        >>> solution = cs.solve("H", "H/4", layers=2)[0]
        >>> [run[0].in_size for run in members_run(solution.family, solution.layers)]
        [(4,), (8,), (500,)]
        >>> solution = cs.solve("H", "1", stack="Conv(s=2) * 2 >> AdaptiveAvgPool(1)")[0]
        >>> [run[0].in_size for run in members_run(solution.family, solution.layers)]
        [(1,), (2,), (3,), (4,), (500,)]
    """
    period = lcm(*(_period(column) for line in range(family.lines) for column in _columns(family, layers, line)))
    chosen = family.some(min(LONGEST_PERIOD, family.lines * max(2, period)))
    far = {one.letter: _far(one) for one in family.members}
    chosen += [far] if far not in chosen else []
    return [layers_at(family, layers, letters) for letters in chosen]


def _far(members: Members) -> int:
    """The first number from `FAR` on, or else the largest."""
    near = [*takewhile(FAR.__gt__, members.numbers())]
    return next(islice(members.numbers(), len(near), None), near[-1] if near else 0)


def _columns(family: Family, layers: Sequence[SolvedLayer], line: int) -> Iterator[tuple[tuple[SizeMap, Affine], ...]]:
    """On each axis, what every layer does and the size that comes to it."""
    sizes = zip(*positions(family, layers, line)[:-1], strict=True)
    for axis, column in enumerate(sizes):
        maps = (layer.kind.size_map(layer.settings[axis]) for layer in layers)
        yield tuple(zip(maps, column, strict=True))


def _period(column: Sequence[tuple[SizeMap, Affine]]) -> int:
    """After how many members each stride leaves the same rest again."""
    shares = [
        size.divisor * (Fraction(1) if size_map.slope is None else size_map.slope).denominator
        for size_map, size in column
    ]
    return lcm(*(share // gcd(size.rate, share) for share, (_, size) in zip(shares, column, strict=True)))
