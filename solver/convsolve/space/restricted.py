"""Part of a space, where some decisions are taken: how many ways are left, and one of them at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, NamedTuple

from convsolve.answer import Solution
from convsolve.domains import Domain
from convsolve.expansion import Settings
from convsolve.filling import Layer
from convsolve.layers.base import Setting
from convsolve.layers.listed import ListedMap
from convsolve.layers.maps import SizeMap
from convsolve.listing import Node
from convsolve.space.branch import Branch
from convsolve.space.decisions import INPUT, Decision, Fixed
from convsolve.space.draws import Draws
from convsolve.space.ways import Way, Ways

TRIES = 200  # draws without conditions before those that meet them are counted
WIDEST = 1 << 16  # sizes of a position, or settings of a layer, that are looked at side by side
Wanted = tuple[tuple[int, int], ...]  # positions in a setting, with the values that they must have


class Edge(NamedTuple):
    """Settings that lead from one node to another, any of one axis with any of another.

    Attributes:
        each: the settings, an axis each, ascending.
        out: the node behind.
        group: the group that they are of, and `place` which of the nodes behind it is: ways are in the order
            of groups, settings and places.
    """

    each: Sequence[Sequence[Setting]]
    out: Node
    group: int = 0
    place: int = 0

    @property
    def settings(self) -> int:
        """How many there are."""
        return prod(map(len, self.each))


class SizeMaps(NamedTuple):
    """The size maps of a layer on one axis.

    Attributes:
        maps: each once.
        places: for all values of the parameters in every combination, which one that is; one more than there
            are, where the values may not be together.
    """

    maps: Sequence[SizeMap]
    places: Sequence[int]


class Restricted:
    """The combinations of a branch in which decisions have given values."""

    def __init__(self, branch: Branch, fixed: Fixed) -> None:
        self.branch = branch
        self._fixed = fixed
        wanted: list[dict[tuple[int, int], dict[int, int]]] = [{} for _ in branch.parts]
        for decision, value in fixed.items():
            for axis in decision.axes:
                part, at = branch.places[axis]
                wanted[part].setdefault((decision.place, at), {})[decision.position] = value
        whole = branch.decisions.decided(branch.problem, fixed)
        self.parts = [
            RestrictedWays(
                ways,
                {key: tuple(values.items()) for key, values in some.items()},
                {
                    place: tuple([settings[axis] for axis in ways.graph.component.axes])
                    for place, settings in whole.items()
                },
            )
            for ways, some in zip(branch.parts, wanted, strict=True)
        ]

    @property
    def total(self) -> int:
        """How many combinations are left."""
        return prod(part.total for part in self.parts)

    def choices(self, decision: Decision) -> dict[int, int]:
        """The values that one decision may still take, each with how many combinations it leaves."""
        own, at = self.branch.places[decision.axes[0]]
        others = prod(part.total for number, part in enumerate(self.parts) if number != own)
        if not others:
            return {}
        counts = self.parts[own].choices(decision.place, at, decision.position)
        return {value: count * others for value, count in sorted(counts.items())}

    def drawn(self, draws: Draws) -> list[Way]:
        """The ways of one combination, each as likely as any other; there must be one."""
        return [part.drawn(draws) for part in self.parts]

    def another(self, draws: Draws, than: Solution | None = None) -> Solution | None:
        """A combination, each as likely as any other, other than one of these; None where there is none."""
        branch = self.branch
        if not all(ways.plain for ways in branch.parts):
            # to count what conditions leave takes long; most often a few draws without them have one that meets them
            free = Restricted(branch.free, self._fixed)
            for _ in range(TRIES if free.total else 0):
                found = branch.free.assembled(free.drawn(draws))
                if found != than and all(
                    part.holds(way) for part, way in zip(branch.parts, branch.ways(found), strict=True)
                ):
                    return found
        while self.total > (than is not None):
            found = branch.assembled(self.drawn(draws))
            if found != than:
                return found
        return None


class RestrictedWays:
    """The ways of one component whose settings have given values."""

    def __init__(
        self, ways: Ways[Any], wanted: Mapping[tuple[int, int], Wanted], whole: Mapping[int, Settings]
    ) -> None:
        self._ways = ways
        self._wanted = wanted
        self._whole = whole  # layers in which nothing is left to choose
        self._last = max((place for place, _ in wanted), default=-1)  # from here on all ways are left
        self._edges: dict[tuple[int, Node], list[Edge]] = {}
        self._size_maps: dict[tuple[Layer, Wanted], SizeMaps] = {}
        self._numbers: dict[int, dict[Node, int]] = {}
        sizes = {axis: value for (place, axis), values in wanted.items() if place == INPUT for _, value in values}
        self.sources = [one for one in ways.sources if all(one[0][axis] == size for axis, size in sizes.items())]
        self._reached: dict[int, dict[Node, int]] = {0: dict.fromkeys(self.sources, 1)}

    @cached_property
    def sizes(self) -> list[set[int]]:
        """Per position the sizes that are on some way, of a component of one axis."""
        return [{size for (size,) in live} for live in self._ways.graph.live]

    @cached_property
    def narrow(self) -> bool:
        """Whether all sizes of a position can be looked at side by side: on one axis, without folds."""
        return (
            self.axes == 1
            and self._ways.plain
            and all(max(sizes, default=0) - min(sizes, default=0) < WIDEST for sizes in self.sizes)
            and all(prod(map(len, step.layer.domains[0])) < WIDEST for step in self._ways.graph.steps)
            and not any(
                isinstance(one, ListedMap) for place in range(self.layers) for one in self.size_maps(place).maps
            )
        )

    def size_maps(self, place: int) -> SizeMaps:
        """The size maps of a layer, as its settings have them."""
        layer = self._ways.graph.steps[place].layer
        wanted = self._wanted.get((place, 0), ())
        key = (layer, wanted)
        if key not in self._size_maps:
            legal = self._ways.settings(place, 0)
            met = {one for one in legal if all(one[position] == value for position, value in wanted)}
            maps = {setting: layer.kind.size_map(setting) for setting in met}
            numbers = {size_map: number for number, size_map in enumerate(dict.fromkeys(maps.values()))}
            places = [numbers[maps[one]] if one in met else len(numbers) for one in product(*layer.domains[0])]
            self._size_maps[key] = SizeMaps([*numbers], places)
        return self._size_maps[key]

    def domains(self, place: int) -> Sequence[Domain]:
        """The values of a layer's parameters on the first axis."""
        return self._ways.graph.steps[place].layer.domains[0]

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return self._ways.layers

    @property
    def axes(self) -> int:
        """How many axes the component has."""
        return self._ways.graph.axes

    @property
    def total(self) -> int:
        """How many ways are left."""
        self._count()
        return sum(self._number(0, node) for node in self.sources)

    def choices(self, place: int, axis: int, position: int) -> Counter[int]:
        """The values of one parameter, each with how many ways it leaves."""
        self._count()
        found: Counter[int] = Counter()
        if place == INPUT:
            for node in self.sources:
                found[node[0][axis]] += self._number(0, node)
            return +found
        for node, ways in self._reach(place).items():
            for edge in self.edges(place, node):
                some = edge.each[axis]
                number = ways * self._number(place + 1, edge.out) * (edge.settings // len(some))
                if number:
                    for setting in some:
                        found[setting[position]] += number
        return found

    def drawn(self, draws: Draws) -> Way:
        """One way, each as likely as any other; there must be one."""
        self._count()
        node = self._picked(draws, [(one, self._number(0, one)) for one in self.sources])
        state, path = node[0], []
        for place in range(self._ways.layers):
            edges = self.edges(place, node)
            edge = self._picked(draws, [(one, one.settings * self._number(place + 1, one.out)) for one in edges])
            path.append(tuple([some[draws.below(len(some))] for some in edge.each]))
            node = edge.out
        return Way(state, tuple(path))

    def edges(self, place: int, node: Node) -> list[Edge]:
        """The settings that lead on from a node and have the values that are given."""
        found = self._edges.get((place, node))
        if found is None:
            found = self._edges[place, node] = [*self._edges_of(place, node)]
        return found

    def _edges_of(self, place: int, node: Node) -> Iterator[Edge]:
        if place in self._whole:
            yield from self._only(place, node, self._whole[place])
            return
        ways, axes = self._ways, range(self.axes)
        wanted = [self._wanted.get((place, axis), ()) for axis in axes]
        for group, (choice, out) in enumerate(ways.expansion.groups(place, node[0])):
            each: Sequence[list[Setting]] = ways.leading(place, choice, node[0], out)
            if any(wanted):
                each = [
                    [one for one in some if all(one[position] == value for position, value in values)]
                    if values
                    else some
                    for some, values in zip(each, wanted, strict=True)
                ]
            if not all(each):
                continue
            if ways.plain:
                yield Edge(each, (out, ()), group)
                continue
            alike: list[dict[object, list[Setting]]] = [{} for _ in each]
            for known, some in zip(alike, each, strict=True):
                for setting in some:  # of those of which conditions read the same, one stands for all
                    known.setdefault(ways.read_of(place, setting), []).append(setting)
            for joint in product(*(known.values() for known in alike)):
                stands = tuple([some[0] for some in joint])
                for number, following in enumerate(ways.onward(place, node, stands, out)):
                    yield Edge(joint, following, group, number)

    def _only(self, place: int, node: Node, settings: Settings) -> Iterator[Edge]:
        """The one edge of a layer whose settings are all given, where it may have them."""
        ways, state = self._ways, node[0]
        out, choice = ways.out(place, settings, state), ways.choice(place, settings)
        if out is None or choice is None or out not in ways.graph.live[place + 1]:
            return
        each = zip(ways.leading(place, choice, state, out), settings, strict=True)
        if all(setting in some for some, setting in each):
            for number, following in enumerate(ways.onward(place, node, settings, out)):
                yield Edge([[setting] for setting in settings], following, 0, number)

    def _reach(self, place: int) -> dict[Node, int]:
        """The nodes in front of a layer, each with the number of ways that lead there."""
        # several threads may be here: each place is made whole before others see it
        for before in range(len(self._reached) - 1, place):
            here: dict[Node, int] = {}
            for node, ways in self._reached[before].items():
                for edge in self.edges(before, node):
                    here[edge.out] = here.get(edge.out, 0) + ways * edge.settings
            self._reached[before + 1] = here
        return self._reached[place]

    def _count(self) -> None:
        """The numbers of all nodes that can be reached up to the last layer with a given value."""
        for place in reversed(range(self._last + 1)):
            if place not in self._numbers:
                self._numbers[place] = {
                    node: sum(edge.settings * self._number(place + 1, edge.out) for edge in self.edges(place, node))
                    for node in self._reach(place)
                }

    def _number(self, place: int, node: Node) -> int:
        if place > self._last:
            return self._ways.number(place, node)
        return self._numbers[place][node]

    def _picked(self, draws: Draws, some: Sequence[tuple[Any, int]]) -> Any:  # noqa: ANN401 - one of what is given
        number = draws.below(sum(weight for _, weight in some))
        for one, weight in some:
            number -= weight
            if number < 0:
                return one
        raise AssertionError(number)
