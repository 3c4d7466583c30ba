"""Which members of a family torch runs: a whole period of the strides from the smallest on, and one far out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice, takewhile
from math import lcm, prod

from convsolve.families import Family, layers_at
from convsolve.layers.solved import SolvedLayer
from convsolve.letters import Members

LONGEST_PERIOD = 32  # members that are run in a row
FAR = 500  # what the letters of one of them stand for, or more


def members_run(family: Family, layers: Sequence[SolvedLayer]) -> list[tuple[SolvedLayer, ...]]:
    """The layers on the way of each member that is run.

    Every formula is linear but for the rest that a stride leaves; the same rest comes again with the product of all.

    Example:
        >>> import convsolve as cs
        >>> solution = cs.solve("H", "H/4", layers=2)[0]
        >>> [run[0].in_size for run in members_run(solution.family, solution.layers)]
        [(4,), (8,), (12,), (16,), (500,)]
    """
    period = min(LONGEST_PERIOD, lcm(*(_period(layers, axis) for axis in range(len(family.source)))))
    chosen = family.some(period)
    far = {one.letter: _far(one) for one in family.members}
    chosen += [far] if far not in chosen else []
    return [layers_at(family, layers, letters) for letters in chosen]


def _far(members: Members) -> int:
    """The first number from `FAR` on, or else the largest."""
    near = [*takewhile(FAR.__gt__, members.numbers())]
    return next(islice(members.numbers(), len(near), None), near[-1] if near else 0)


def _period(layers: Sequence[SolvedLayer], axis: int) -> int:
    slopes = [layer.kind.size_map(layer.settings[axis]).slope or Fraction(1) for layer in layers]
    return prod(slope.denominator for slope in slopes)
