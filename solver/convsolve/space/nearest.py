"""The nearest combinations to a proposal, by steps of its parameters: shortest paths through the graph."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice, product
from typing import NamedTuple

from convsolve.domains import Domain
from convsolve.layers.base import Setting
from convsolve.listing import Node
from convsolve.space.branch import Branch
from convsolve.space.decisions import INPUT, Decision
from convsolve.space.restricted import Edge, Restricted, RestrictedWays
from convsolve.space.ways import Way

Distance = int | float
Charges = Mapping[
    tuple[int, int], Sequence[tuple[int, Mapping[int, Distance]]]
]  # by layer and axis: positions' charges


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


def nearest(
    branch: Branch, restricted: Restricted, wanted: Mapping[Decision, float], weights: Mapping[Decision, Distance]
) -> Iterator[tuple[Distance, list[Way]]]:
    """The combinations by ascending distance, equally near ones in the space's order."""
    charges: list[dict[tuple[int, int], list[tuple[int, Mapping[int, Distance]]]]] = [{} for _ in branch.parts]
    for decision, value in wanted.items():
        part, at = branch.places[decision.axes[0]]
        weight = weights[decision]
        each = {one: weight * number for one, number in steps(decision.domain, value).items()}
        charges[part].setdefault((decision.place, at), []).append((decision.position, each))
    parts = [NearestWays(ways, some) for ways, some in zip(restricted.parts, charges, strict=True)]
    if not all(part.found for part in parts):
        return
    yield from _together([_Listed(iter(part)) for part in parts])


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
            found = self._known[place, axis] = _Costs(self._charges.get((place, axis), ()))
        return found


class _Costs(dict[Setting, Distance]):
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
