"""The combinations that no other one beats in every cost, and the best by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from convsolve.answer import Solution
from convsolve.errors import Error
from convsolve.families import refuse_growing
from convsolve.space.decisions import whole
from convsolve.space.labels import Budget, Labels, Values, Wish, kept_of

if TYPE_CHECKING:
    from convsolve.space.core import Space

MOST_STEPS = 20_000_000  # labels through layers; half a minute


class Point(NamedTuple):
    """A combination that no other one beats, with its costs in the order in which they were asked for."""

    solution: Solution
    values: tuple[int, ...]


def best(space: Space, cost: str, k: int = 1, *, budget: int = MOST_STEPS) -> list[Point]:
    """The combinations that cost the least, equally cheap ones in the space's order.

    Args:
        space: the space.
        cost: one of those of `pareto`; with ``-`` in front the largest come first.
        k: how many; all where there are fewer.
        budget: as for `pareto`.

    Returns:
        Points: ``point.solution`` is the combination, ``point.values`` what it costs, here one number.

    Raises:
        Error: as `pareto`.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space("4@8", "2@32", layers=2)
        >>> [point.values for point in space.best("-params", 3)]
        [(88,), (88,), (88,)]
        >>> space.best("params")[0].solution.costs.params
        16
    """
    return _points(space, [Wish.read(cost)], whole("k", k), budget)


def pareto(space: Space, *costs: str, budget: int = MOST_STEPS) -> list[Point]:
    """The combinations that no other one beats in every cost, one for each set of values.

    Exact: what is dropped on the way is beaten by what is kept, whatever layers come in front of it.

    Args:
        space: the space.
        costs: two or more of ``params``, ``macs``, ``activations``, ``peak``, ``receptive_field`` (summed over the
            axes) and ``overlap`` (kernel_size - stride where that is positive, summed over layers and axes);
            with ``-`` in front a cost is to be as large as it can be.
        budget: how many labels may be carried through layers, each some microseconds.

    Returns:
        Pairs of a ``solution`` and its ``values``, ascending by the first cost (descending where it is to be large).

    Raises:
        Error: ``bad-objective``; ``unknown-channels``; ``too-many`` where the budget does not suffice.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space("4@8", "2@32", layers=2)
        >>> [point.values for point in space.pareto("params", "-receptive_field")]
        [(16, 1), (24, 2), (32, 3), (40, 4), (48, 5), (56, 6), (64, 7), (76, 8), (80, 9), (88, 10)]
    """
    if not costs:
        raise Error("bad-objective", "no cost is given", help=['write space.pareto("params", "macs")'])
    wishes = [Wish.read(text) for text in costs]
    if len({wish.cost for wish in wishes}) < len(wishes):
        raise Error("bad-objective", "a cost stands twice", help=["give each once"])
    return _points(space, wishes, None, budget)


def _points(space: Space, wishes: Sequence[Wish], most: int | None, budget: int) -> list[Point]:
    """The first of all combinations by one cost, or with `most` None the Pareto set."""
    if most == 0:
        return []
    if space.problem.family:
        refuse_growing(wish.cost for wish in wishes)
    steps = Budget(budget)
    found: list[tuple[Values, Solution]] = []
    for branch in space.branches:
        if branch.total:
            found += Labels(branch, wishes, most, steps).found()
    kept = kept_of([(values, number) for number, (values, _) in enumerate(found)], most)
    signs = [wish.sign for wish in wishes]
    return [
        Point(found[number][1], tuple([sign * value for sign, value in zip(signs, values, strict=True)]))
        for values, number in sorted(kept)
    ]
