"""The nearest combinations to a proposal, by steps of its parameters: shortest paths through the graph."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from convsolve.answer import Solution
from convsolve.domains import Domain
from convsolve.errors import Error, shown_value
from convsolve.layers.base import Setting
from convsolve.listing import Node
from convsolve.problem import PARAMETERS
from convsolve.space import checking
from convsolve.space.branch import Branch
from convsolve.space.decisions import INPUT, NOTHING, Decision, Decisions, Given, whole
from convsolve.space.restricted import Edge, Restricted, RestrictedWays
from convsolve.space.ways import Way

if TYPE_CHECKING:
    from convsolve.space.core import Space

Distance = int | float
Charges = Mapping[
    tuple[int, int], Sequence[tuple[int, Mapping[int, Distance]]]
]  # by layer and axis: positions' charges


class Projection(NamedTuple):
    """A combination near a proposal."""

    solution: Solution
    distance: Distance


class Near(NamedTuple):
    """A way: how far it is from what was proposed, and its place among those that are as far."""

    distance: Distance
    order: tuple[int, ...]
    way: Way


def steps(domain: Domain, value: float) -> Mapping[int, int]:
    """How many steps each value of a domain is from the one nearest to what was proposed, the smaller of two."""
    at = bisect_left(domain, value)
    if at == len(domain) or (at and value - domain[at - 1] <= domain[at] - value):
        at -= 1
    return {one: abs(place - at) for place, one in enumerate(domain)}


def charges_of(branch: Branch, wanted: Mapping[Decision, float], weights: Mapping[Decision, Distance]) -> list[Charges]:
    """What each value costs that is not as proposed, component by component."""
    found: list[dict[tuple[int, int], list[tuple[int, Mapping[int, Distance]]]]] = [{} for _ in branch.parts]
    for decision, value in wanted.items():
        part, at = branch.places[decision.axes[0]]
        weight = weights.get(decision, 1)
        each = {one: weight * number for one, number in steps(decision.domain, value).items()}
        found[part].setdefault((decision.place, at), []).append((decision.position, each))
    return [*found]


def nearest(
    branch: Branch, restricted: Restricted, wanted: Mapping[Decision, float], weights: Mapping[Decision, Distance]
) -> Iterator[tuple[Distance, list[Way]]]:
    """The combinations by ascending distance, equally near ones in the space's order."""
    charges = charges_of(branch, wanted, weights)
    parts = [NearestWays(ways, some) for ways, some in zip(restricted.parts, charges, strict=True)]
    if not all(part.found for part in parts):
        return
    yield from _together([_Listed(iter(part)) for part in parts])


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
    a step being one place further in the decision's domain. A value that is not in the domain, be it no
    integer, counts as the nearest one there (the smaller of two); a decision that the proposal leaves out
    costs nothing. Equally near ones come in the space's order.

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
    charges = weights_of(space.catalogue, weights or {})
    restricted = space.restricted(fixed)
    found = nearest(space.branch, restricted, wanted, charges)
    return [Projection(space.branch.assembled(ways), distance) for distance, ways in islice(found, count)]


def wanted_of(space: Space, proposal: Solution | Mapping[str, Any]) -> dict[Decision, float]:
    """The values that a proposal has for the open decisions, whatever numbers they are."""
    if (read := checking.record(proposal)) is not None:
        proposal = read
    if isinstance(proposal, Solution):
        if (other := checking.unlike(space.problem, proposal)) is not None:
            raise Error("bad-value", f"the proposal is of another kind: {other[1]}")
        return {decision: decision.of(proposal) for decision in space.catalogue.open}
    if not isinstance(proposal, Mapping):
        raise Error(
            "bad-value",
            f"{shown_value(proposal)} is no proposal",
            help=['write {"0.kernel_size": 3}, or give a Solution'],
        )
    found: dict[Decision, float] = {}
    for name, value in proposal.items():
        for decision in space.catalogue.named(name):
            found[decision] = _real(name, value)
    return found


def weights_of(decisions: Decisions, given: Mapping[str, Distance]) -> dict[Decision, Distance]:
    """What a step of each decision costs."""
    found: dict[Decision, Distance] = dict.fromkeys(decisions, 1)
    for name, value in sorted(given.items(), key=lambda one: "." in one[0]):
        weight = _real(name, value)
        if weight < 0:
            raise Error("bad-value", f"the weight of {name} must be 0 or more, not {shown_value(value)}")
        exact = int(weight) if weight == int(weight) else weight
        some = (
            [decision for decision in decisions if decision.parameter == name]
            if name in PARAMETERS
            else decisions.named(name)
        )
        found |= dict.fromkeys(some, exact)
    return found


def _real(name: str, value: object) -> float:
    """A finite number, be it numpy's or another library's."""
    try:
        number = value if isinstance(value, int) else float(value)  # type: ignore[arg-type] # float() refuses the rest
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if isinstance(value, str | bool) or not abs(number) < float("inf"):
        raise Error("bad-value", f"{name} must be a number, not {shown_value(value)}")
    return number


class NearestWays:
    """The ways of one component, the nearest first."""

    def __init__(self, ways: RestrictedWays, charges: Charges) -> None:
        self._ways = ways
        self._charges = charges
        self._known: dict[tuple[int, int], dict[Setting, Distance]] = {}
        self._rest: list[dict[Node, Distance]] = []
        nodes: list[set[Node]] = [set(ways.sources)]
        for place in range(ways.layers):
            nodes.append({edge.out for node in nodes[-1] for edge in ways.edges(place, node)})
        self._rest = [dict.fromkeys(nodes[-1], 0)]
        for place in reversed(range(ways.layers)):
            here: dict[Node, Distance] = {}
            for node in nodes[place]:
                some = [
                    self._least(place, edge) + self._rest[0][edge.out]
                    for edge in ways.edges(place, node)
                    if edge.out in self._rest[0]
                ]
                if some:
                    here[node] = min(some)
            self._rest.insert(0, here)

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return bool(self._rest[0])

    def __iter__(self) -> Iterator[Near]:
        # equally near ones come in the order of the ways: a path is put in order by the places of its settings
        heap: list[tuple[Distance, tuple[int, ...], int, Distance, Node, Way]] = []
        for number, node in enumerate(self._ways.sources):
            if node in self._rest[0]:
                spent = sum(
                    each[size] for axis, size in enumerate(node[0]) for _, each in self._charges.get((INPUT, axis), ())
                )
                heappush(heap, (spent + self._rest[0][node], (number,), 0, spent, node, Way(node[0], ())))
        while heap:
            distance, order, place, spent, node, way = heappop(heap)
            if place == self._ways.layers:
                yield Near(distance, order, way)
                continue
            rest, number = self._rest[place + 1], 0
            for edge in self._ways.edges(place, node):
                behind = rest.get(edge.out)
                for settings, charge in self._charged(place, edge):
                    number += 1
                    if behind is not None:
                        after, following = spent + charge, Way(way.state, (*way.path, settings))
                        heappush(heap, (after + behind, (*order, number), place + 1, after, edge.out, following))

    def _least(self, place: int, edge: Edge) -> Distance:
        return sum(min(map(self._costs(place, axis).__getitem__, some)) for axis, some in enumerate(edge.each))

    def _charged(self, place: int, edge: Edge) -> Iterator[tuple[tuple[Setting, ...], Distance]]:
        costs = [self._costs(place, axis) for axis in range(len(edge.each))]
        for settings in product(*edge.each):
            yield settings, sum(cost[setting] for cost, setting in zip(costs, settings, strict=True))

    def _costs(self, place: int, axis: int) -> dict[Setting, Distance]:
        found = self._known.get((place, axis))
        if found is None:
            found = self._known[place, axis] = Costs(self._charges.get((place, axis), ()))
        return found


class Costs(dict[Setting, Distance]):
    """What settings of one axis are charged, found when asked for."""

    def __init__(self, charges: Sequence[tuple[int, Mapping[int, Distance]]]) -> None:
        super().__init__()
        self._charges = charges

    def __missing__(self, setting: Setting) -> Distance:
        found = self[setting] = sum(each[setting[position]] for position, each in self._charges)
        return found


class _Listed:
    """Ways of one component by index, found as they are asked for."""

    def __init__(self, source: Iterator[Near]) -> None:
        self._source = source
        self._read: list[Near] = []

    def get(self, index: int) -> Near | None:
        self._read.extend(islice(self._source, max(0, index + 1 - len(self._read))))
        return self._read[index] if index < len(self._read) else None


def _together(lists: Sequence[_Listed]) -> Iterator[tuple[Distance, list[Way]]]:
    """One of each list in every combination, by the sum of their distances, then in order."""
    heap: list[tuple[Distance, list[tuple[int, ...]], tuple[int, ...], list[Way]]] = []
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
