"""Combinations at random, and what may still be chosen."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate, islice
from math import dist, inf
from typing import TYPE_CHECKING, Literal, overload

from convsolve.answer import Solution
from convsolve.errors import Error
from convsolve.space.codes import Vector, encode
from convsolve.space.decisions import NOTHING, Given, whole, word_of
from convsolve.space.draws import Draws
from convsolve.space.trajectories import even

if TYPE_CHECKING:
    from convsolve.space.core import Space

POOL = 2_000  # uniform draws of which diverse ones are chosen


class Strategy(StrEnum):
    """What draws are to be even over."""

    UNIFORM = "uniform"  # the combinations
    TRAJECTORY = "trajectory"  # the sequences of sizes
    DIVERSE = "diverse"  # the whole extent: as far apart as can be


def sample(space: Space, n: int = 1, *, seed: int = 0, strategy: str = "uniform") -> list[Solution]:
    """Combinations drawn at random, no two the same.

    Args:
        space: the space.
        n: how many; all in random order where there are fewer.
        seed: of the random numbers.
        strategy: ``uniform``: each combination is as likely as any other. ``trajectory``: each sequence of sizes
            (and of channels, where these are to be found) is, and none comes a second time before all have come
            once; as uniform draws have mostly those with many settings. ``diverse``: as far apart as can be, by the
            Euclidean distance of their ``unit`` codes: from a pool of uniform draws, 2,000 or four times as many as
            are wanted, always the one whose nearest among those chosen is farthest. The first n are the same
            however many are drawn, of diverse ones up to 500.

    Raises:
        Error: ``bad-value``; ``unsupported`` where the sequences that conditions leave cannot be counted.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=4)
        >>> len(set(space.sample(1000, seed=0))), space.sample(5, seed=0) == space.sample(9, seed=0)[:5]
        (1000, True)
        >>> [len({one.sizes for one in space.sample(500, strategy=word)}) for word in ("uniform", "trajectory")]
        [458, 500]
    """
    count, number = whole("n", n), Draws.seed(seed)
    match word_of(Strategy, strategy, "strategy"):
        case Strategy.UNIFORM:
            return [*map(space.branches.solution, islice(Draws(number).distinct(space.total), count))]
        case Strategy.TRAJECTORY:
            return [*islice(even(space.branches, number), count)]
    pool = sample(space, max(POOL, 4 * count), seed=number)
    return _far_apart(pool, [encode(space, solution, "unit") for solution in pool], count)


def _far_apart(pool: Sequence[Solution], codes: Sequence[Vector], count: int) -> list[Solution]:
    """From the first of a pool on always the one that is farthest from all before it."""
    apart, found = [inf] * len(pool), []
    at = 0
    for _ in range(min(count, len(pool))):
        found.append(pool[at])
        code = codes[at]
        apart = [min(before, dist(code, other)) for before, other in zip(apart, codes, strict=True)]
        apart[at] = -1
        at = apart.index(max(apart))
    return found


@overload
def choices(space: Space, name: str, given: Given = ..., *, weights: Literal[False] = ...) -> tuple[int, ...]: ...


@overload
def choices(space: Space, name: str, given: Given = ..., *, weights: Literal[True]) -> dict[int, int]: ...


def choices(
    space: Space, name: str, given: Given = NOTHING, *, weights: bool = False
) -> tuple[int, ...] | dict[int, int]:
    """The values that a decision may still take, so that at least one combination is left.

    Args:
        space: the space.
        name: of the decision: ``0.kernel_size``; ``0.padding.1``, axis 1, where axes are free.
        given: what is decided already, by name.
        weights: also say how many combinations each value leaves, as a dict.

    Raises:
        Error: ``unknown-decision``, ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28)
        >>> space.choices("0.stride"), space.choices("0.kernel_size", given={"0.stride": 4}, weights=True)
        ((4,), {1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2})
    """
    restricted = space.branches.restricted(given)
    found: Counter[int] = Counter()
    if name in space.branches.outer:
        for branch, left in restricted:
            found[space.branches.outer_of(branch)[name]] += left.total
        found = +found
    else:
        decisions = dict(space.branches.named(name))
        for branch, left in restricted:
            if len(decisions[branch]) > 1:
                one = decisions[branch][0].name
                raise Error("unknown-decision", f"{name} is decided axis by axis", help=[f"write {one}"])
            for decision in decisions[branch]:
                found.update(left.choices(decision))
    counts = dict(sorted(found.items()))
    return counts if weights else tuple(counts)


def complete(space: Space, partial: Given, *, seed: int = 0) -> Solution:
    """A combination that has the given values, each as likely as any other.

    Args:
        space: the space.
        partial: what is decided already, by name.
        seed: of the random numbers.

    Raises:
        Error: ``no-completion`` where no combination has these values together; ``unknown-decision``,
            ``bad-value``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=2)
        >>> space.complete({"0.kernel_size": 3, "1.stride": 4}, seed=0).layers[0].kernel_size
        (3,)
    """
    draws, some = Draws(seed), space.branches.restricted(partial)
    if len(some) == 1:
        found = some[0][1].another(draws)
    else:
        totals = [left.total for _, left in some]
        number = draws.below(sum(totals)) if sum(totals) else 0
        at = bisect_right([*accumulate(totals)], number)
        found = some[at][1].another(draws) if any(totals) else None
    if found is None:
        said = ", ".join(f"{name}={value}" for name, value in partial.items())
        raise Error(
            "no-completion",
            f"no combination has {said}" if said else "there is no combination",
            help=["leave some of it out; space.choices(name, given) says what may still be chosen"],
        )
    return found
