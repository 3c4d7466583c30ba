"""The ways of one component by their distance from a proposal: shortest paths through its graph."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import product
from typing import NamedTuple, Protocol

from convsolve.domains import Domain
from convsolve.expansion import Settings
from convsolve.layers.base import Setting
from convsolve.layers.maps import SizeMap
from convsolve.listing import Node
from convsolve.space.branch import Branch
from convsolve.space.decisions import INPUT, Decision
from convsolve.space.levels import Levels, Moves
from convsolve.space.restricted import Edge, RestrictedWays
from convsolve.space.ways import Way
from convsolve.tables import State


class Charge(NamedTuple):
    """What the values of one parameter cost.

    Attributes:
        position: where it stands in a setting.
        each: by value.
    """

    position: int
    each: Mapping[int, int]


Charges = Mapping[tuple[int, int], Sequence[Charge]]  # by layer and axis


Place = tuple[int | tuple[int, Settings, int], ...]  # in the order of the ways: where it begins, then layer by layer


class Near(NamedTuple):
    """A way: how far it is from what was proposed, and its place among those that are as far."""

    distance: int
    order: Place
    way: Way


class Rest(Protocol):
    """What the rest of a way costs at the least from the nodes of a position on."""

    def get(self, node: Node, /) -> int | None:
        """The cost; None where no way leads on, or none that matters."""


@lru_cache(4096)
def steps(domain: Domain, value: float, weight: int) -> Mapping[int, int]:
    """What each value of a domain costs: its steps from the value nearest to what was proposed, the smaller of two."""
    at = bisect_left(domain, value)
    if at == len(domain) or (at and value - domain[at - 1] <= domain[at] - value):
        at -= 1
    return {one: weight * abs(place - at) for place, one in enumerate(domain)}


def charges_of(
    branch: Branch, domains: Mapping[str, Domain], wanted: Mapping[Decision, float], weights: Mapping[Decision, int]
) -> list[Charges]:
    """What each value costs that is not as proposed, component by component; `domains` says what a step is."""
    found: list[dict[tuple[int, int], list[Charge]]] = [{} for _ in branch.parts]
    for decision, value in wanted.items():
        part, at = branch.places[decision.axes[0]]
        charge = Charge(decision.position, steps(domains[decision.name], value, weights.get(decision, 1)))
        found[part].setdefault((decision.place, at), []).append(charge)
    return [*found]


class NearestWays:
    """The ways of one component, the nearest first."""

    def __init__(self, ways: RestrictedWays, charges: Charges) -> None:
        self._ways = ways
        self._charges = charges
        self._known: dict[tuple[int, int], Costs] = {}

    def first(self) -> Near | None:
        """The nearest; of equally near ones the first in order."""
        layers = self._ways.layers
        rest: Sequence[Rest]
        if self._ways.narrow:
            levels = self._levels()
            best, rest = self._nearest_source(levels), [levels.at(position) for position in range(layers + 1)]
        else:
            rest = self._rest()
            best = min(self._beginnings(rest[0]), default=None)
        if best is None:
            return None
        distance, number, node = best
        left = rest[0].get(node)
        path, state = [], node[0]
        for place in range(layers):
            known = self._least_outs(place, node) if self._ways.narrow else {}
            found: tuple[int, Settings, int, Edge, int] | None = None
            for edge in self._ways.edges(place, node):
                if found is not None and edge.group > found[0]:
                    break
                behind = rest[place + 1].get(edge.out)
                least = known.get(edge.out[0]) if self._ways.narrow else self._least(place, edge)
                if behind is not None and least is not None and behind + least == left:
                    each = [self._costs(place, axis) for axis in range(len(edge.each))]
                    pairs = zip(each, edge.each, strict=True)
                    settings = tuple([min(some, key=costs.__getitem__) for costs, some in pairs])
                    if found is None or (settings, edge.place) < found[1:3]:
                        found = edge.group, settings, edge.place, edge, behind
            if found is None:
                raise AssertionError(node)
            path.append(found[1])
            node, left = found[3].out, found[4]
        return Near(distance, (number,), Way(state, tuple(path)))

    def __iter__(self) -> Iterator[Near]:
        """All, the nearest first."""
        if self._ways.narrow:
            levels = self._levels()
            levels.finish()
            rest: Sequence[Rest] = [levels.at(position) for position in range(self._ways.layers + 1)]
        else:
            rest = self._rest()
        # equally near ones come in the order of the ways: a path is put in order by the places of its settings
        heap: list[tuple[int, Place, int, int, Node, Way]] = []
        for distance, number, node in self._beginnings(rest[0]):
            spent = distance - (rest[0].get(node) or 0)
            heappush(heap, (distance, (number,), 0, spent, node, Way(node[0], ())))
        while heap:
            distance, order, place, spent, node, way = heappop(heap)
            if place == self._ways.layers:
                yield Near(distance, order, way)
                continue
            for edge in self._ways.edges(place, node):
                behind = rest[place + 1].get(edge.out)
                for settings, charge in self._charged(place, edge) if behind is not None else ():
                    after, following = spent + charge, Way(way.state, (*way.path, settings))
                    here = (*order, (edge.group, settings, edge.place))
                    heappush(heap, (after + (behind or 0), here, place + 1, after, edge.out, following))

    def _beginnings(self, rest: Rest) -> Iterator[tuple[int, int, Node]]:
        """Where ways begin, each with the least distance of these."""
        for number, node in enumerate(self._ways.sources):
            behind = rest.get(node)
            if behind is not None:
                yield behind + self._on_input(node), number, node

    def _on_input(self, node: Node) -> int:
        """What the size of the input costs."""
        each = enumerate(node[0])
        return sum(charge.each[size] for axis, size in each for charge in self._charges.get((INPUT, axis), ()))

    def _levels(self) -> Levels:
        return Levels(self._ways.sizes, self._by_cost)

    @cached_property
    def _by_cost(self) -> list[Moves]:
        return [self._moves(place) for place in range(self._ways.layers)]

    def _nearest_source(self, levels: Levels) -> tuple[int, int, Node] | None:
        """The beginning of the nearest way; looks no further than that takes."""
        best: tuple[int, int, Node] | None = None
        while (cost := levels.next_source()) is not None and (best is None or cost < best[0]):
            best = min(self._beginnings(levels.at(0)), default=None)
        if best is not None:
            levels.until(best[0])  # sizes as near as the nearest may be found later
            best = min(self._beginnings(levels.at(0)))
        return best

    def _rest(self) -> list[dict[Node, int]]:
        """What the rest of a way costs at the least, node by node."""
        nodes: list[set[Node]] = [set(self._ways.sources)]
        for place in range(self._ways.layers):
            nodes.append({edge.out for node in nodes[-1] for edge in self._ways.edges(place, node)})
        found: list[dict[Node, int]] = [dict.fromkeys(nodes[-1], 0)]
        for place in reversed(range(self._ways.layers)):
            here, ahead = {}, found[0]
            for node in nodes[place]:
                edges = self._ways.edges(place, node)
                some = [self._least(place, edge) + ahead[edge.out] for edge in edges if edge.out in ahead]
                if some:
                    here[node] = min(some)
            found.insert(0, here)
        return found

    def _least(self, place: int, edge: Edge) -> int:
        return sum(min(map(self._costs(place, axis).__getitem__, some)) for axis, some in enumerate(edge.each))

    def _charged(self, place: int, edge: Edge) -> Iterator[tuple[tuple[Setting, ...], int]]:
        costs = [self._costs(place, axis) for axis in range(len(edge.each))]
        for settings in product(*edge.each):
            yield settings, sum(cost[setting] for cost, setting in zip(costs, settings, strict=True))

    def _costs(self, place: int, axis: int) -> Costs:
        found = self._known.get((place, axis))
        if found is None:
            found = self._known[place, axis] = Costs(self._charges.get((place, axis), ()))
        return found

    def _moves(self, place: int) -> Moves:
        """The size maps of a layer by what their settings cost at the least."""
        costs = [0]
        charges = {charge.position: charge.each for charge in self._charges.get((place, 0), ())}
        for position, domain in enumerate(self._ways.domains(place)):
            each = [charges[position][value] for value in domain] if position in charges else [0] * len(domain)
            costs = [cost + more for cost in costs for more in each]
        maps, places = self._ways.size_maps(place)
        never = 1 << 62
        least = [never] * (len(maps) + 1)
        for at, cost in zip(places, costs, strict=True):
            least[at] = min(least[at], cost)
        found: dict[int, list[SizeMap]] = {}
        for size_map, cost in zip(maps, least, strict=False):
            found.setdefault(cost, []).append(size_map)
        return sorted(found.items())

    def _least_outs(self, place: int, node: Node) -> dict[State, int]:
        """What it costs at the least to come from a size to others, on one axis."""
        (size,) = node[0]
        found: dict[State, int] = {}
        for cost, size_maps in self._by_cost[place]:
            for size_map in size_maps:
                out = size_map.out(size)
                if out is not None:
                    found.setdefault((out,), cost)
        return found


class Costs(dict[Setting, int]):
    """What settings of one axis cost, found when asked for."""

    def __init__(self, charges: Sequence[Charge]) -> None:
        super().__init__()
        self._charges = charges

    def __missing__(self, setting: Setting) -> int:
        found = self[setting] = sum(each[setting[position]] for position, each in self._charges)
        return found
