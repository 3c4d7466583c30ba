"""The nearest combinations to a proposal, by steps of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import islice
from math import lcm
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from convsolve.answer import Solution
from convsolve.errors import Error, shown_value
from convsolve.problem import PARAMETERS
from convsolve.space import checking
from convsolve.space.branch import Branch
from convsolve.space.branches import Branches
from convsolve.space.decisions import NOTHING, Decision, Given, whole
from convsolve.space.nearest import Near, NearestWays, Place, charges_of, steps
from convsolve.space.restricted import Restricted
from convsolve.space.ways import Way

if TYPE_CHECKING:
    from convsolve.space.core import Space

Distance = int | float


class Projection(NamedTuple):
    """A combination near a proposal."""

    solution: Solution
    distance: Distance


def nearest(
    branches: Branches, fixed: Given, wanted: Mapping[str, float], weights: Mapping[str, int]
) -> Iterator[Projection]:
    """The combinations by ascending distance, equally near ones in the space's order."""
    # what a branch itself is apart bounds all that it has: it is looked into when nothing else may be nearer
    heap: list[tuple[Distance, int, Projection | None, Iterator[Projection]]] = []
    for place, (branch, restricted) in enumerate(branches.restricted(fixed)):
        apart = 0
        for name, own in branches.outer_of(branch).items():
            if name in wanted:
                apart += steps(branches.decisions[name], wanted[name], weights.get(name, 1))[own]
        heap.append((apart, place, None, _of_branch(branches, branch, restricted, wanted, weights, apart)))
    heapify(heap)
    while heap:
        _, place, near, others = heappop(heap)
        if near is not None:
            yield near
        following = next(others, None)
        if following is not None:
            heappush(heap, (following.distance, place, following, others))


def _of_branch(  # noqa: PLR0913, PLR0917 - all that a projection is about
    branches: Branches,
    branch: Branch,
    restricted: Restricted,
    wanted: Mapping[str, float],
    weights: Mapping[str, int],
    apart: int,
) -> Iterator[Projection]:
    """Likewise of one branch, which is so far apart itself."""
    proposed: dict[Decision, float] = {}
    charged: dict[Decision, int] = {}
    for name, value in wanted.items():
        for decision in branch.decisions.named(name):
            if decision.name in branches.decisions:
                proposed[decision] = value
                charged[decision] = weights.get(decision.name, 1)
    charges = charges_of(branch, branches.decisions, proposed, charged)
    parts = [NearestWays(ways, some) for ways, some in zip(restricted.parts, charges, strict=True)]
    first = [part.first() for part in parts]
    some = [near for near in first if near is not None]
    if len(some) == len(parts):
        yield Projection(branch.assembled([near.way for near in some]), apart + sum(near.distance for near in some))
        for distance, ways in islice(_together([_Listed(iter(part)) for part in parts]), 1, None):
            yield Projection(branch.assembled(ways), apart + distance)


def project(
    space: Space,
    proposal: Solution | Mapping[str, Any],
    k: int = 1,
    *,
    weights: Mapping[str, Distance] | None = None,
    fixed: Given = NOTHING,
) -> list[Projection]:
    """The combinations that are nearest to a proposal, which need not be one.

    The distance is the sum over all decisions of the steps between the proposed value and the combination's,
    a step being one place further in the decision's domain (`Space.decisions`). A value that is not in the
    domain, be it no integer, counts as the nearest one there (the smaller of two); a decision that the proposal
    leaves out, or that a combination of fewer layers has not, costs nothing. Equally near ones come in the
    space's order.

    Args:
        space: the space.
        proposal: values by decision, a Solution, or its record.
        k: how many; all where there are fewer.
        weights: what a step costs (1 where nothing is said), by decision (``"0.stride"``) or for a parameter
            of all layers (``"stride"``); 0 or more.
        fixed: values that must be kept, by decision.

    Returns:
        Pairs of a ``solution`` and its ``distance``, the nearest first; none where there is no combination.

    Raises:
        Error: ``unknown-decision``, ``bad-value``, ``bad-record``.

    Example:
        >>> import convsolve as cs
        >>> space = cs.Space(7, 28, layers=2, stride=2, output_padding="0..1")
        >>> proposal = {f"{layer}.{name}": 3 for layer in (0, 1) for name in ("kernel_size", "padding")}
        >>> near = space.project(proposal)[0]
        >>> near.distance, [layer.kernel_size for layer in near.solution.layers], near.solution.sizes
        (3, [(3,), (3,)], ((7,), (16,), (28,)))
    """
    count = whole("k", k)
    wanted = wanted_of(space, proposal)
    charges = _weights(space.branches, weights or {})
    parts = lcm(*(weight.denominator for weight in charges.values()))
    exact = {name: int(weight * parts) for name, weight in charges.items()}
    found = islice(nearest(space.branches, fixed, wanted, exact), count)
    return [Projection(solution, _ratio(int(distance), parts)) for solution, distance in found]


def wanted_of(space: Space, proposal: Solution | Mapping[str, Any]) -> dict[str, float]:
    """The values that a proposal has for decisions, whatever numbers they are."""
    if (read := checking.record(proposal)) is not None:
        proposal = read
    if isinstance(proposal, Solution):
        return _said(space.branches, proposal)
    if not isinstance(proposal, Mapping):
        raise Error(
            "bad-value",
            f"{shown_value(proposal)} is no proposal",
            help=['write {"0.kernel_size": 3}, or give a Solution'],
        )
    found: dict[str, float] = {}
    for name, value in proposal.items():
        if name not in space.branches.outer:
            space.branches.named(name)
        found[name] = _real(name, value)
    return found


def _said(branches: Branches, solution: Solution) -> dict[str, float]:
    """What a solution decides of all branches; it may be none of theirs, but must have as many axes."""
    axes = len(solution.start)
    if axes != branches.problem.axes:
        raise Error("bad-value", f"the proposal has {axes} axes, the space {branches.problem.axes}")
    found: dict[str, float] = {"layers": len(solution.layers)} if "layers" in branches.outer else {}
    for branch in branches:
        if branches.outer and branch.unlike(solution) is None:
            found |= branches.outer_of(branch)
    for branch in branches:
        for decision in branch.decisions.open:
            if decision.place < len(solution.layers):
                place = max(decision.place, 0)
                if type(solution.layers[place].kind) is type(branch.problem.layers[place].kind):
                    found[decision.name] = decision.of(solution, branch.problem)
    return found


def _weights(branches: Branches, given: Mapping[str, Distance]) -> dict[str, Fraction]:
    """What a step of each decision costs, exactly."""
    found: dict[str, Fraction] = dict.fromkeys(branches.decisions, Fraction(1))
    for name, value in sorted(given.items(), key=lambda one: "." in one[0]):
        weight = _real(name, value)
        if weight < 0:
            raise Error("bad-value", f"the weight of {name} must be 0 or more, not {shown_value(value)}")
        if name in branches.outer:
            some = [name]
        elif name in PARAMETERS:
            every = (decision for branch in branches for decision in branch.decisions)
            some = [decision.name for decision in every if decision.parameter == name]
        else:
            some = [decision.name for _, decisions in branches.named(name) for decision in decisions]
        found |= dict.fromkeys(some, Fraction(weight))
    return found


def _ratio(number: int, parts: int) -> Distance:
    return number / parts if number % parts else number // parts


def _real(name: str, value: object) -> float:
    """A finite number, be it numpy's or another library's."""
    try:
        number = value if isinstance(value, int) else float(cast("float", value))
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isinstance(value, str | bool) or not abs(number) < float("inf"):
        raise Error("bad-value", f"{name} must be a number, not {shown_value(value)}")
    return number


class _Listed:
    """Ways of one component by index, found as they are asked for."""

    def __init__(self, source: Iterator[Near]) -> None:
        self._source = source
        self._read: list[Near] = []

    def get(self, index: int) -> Near | None:
        self._read.extend(islice(self._source, max(0, index + 1 - len(self._read))))
        return self._read[index] if index < len(self._read) else None


def _together(lists: Sequence[_Listed]) -> Iterator[tuple[int, list[Way]]]:
    """One of each list in every combination, by the sum of their distances, then in order."""
    heap: list[tuple[int, list[Place], tuple[int, ...], list[Way]]] = []
    seen: set[tuple[int, ...]] = set()

    def push(indices: tuple[int, ...]) -> None:
        found = [one.get(index) for one, index in zip(lists, indices, strict=True)]
        some = [near for near in found if near is not None]
        if indices not in seen and len(some) == len(found):
            seen.add(indices)
            distances, orders, ways = zip(*some, strict=True)
            heappush(heap, (sum(distances), [*orders], indices, [*ways]))

    push((0,) * len(lists))
    while heap:
        distance, _, indices, ways = heappop(heap)
        yield distance, ways
        for place in range(len(indices)):
            push((*indices[:place], indices[place] + 1, *indices[place + 1 :]))
