"""The ways through one graph, numbered: the number of a way and the way of a number, in the graph's order.

From every node the ways on are counted, so a number leads from layer to layer as digits do: which group of
settings, which of its settings, and what is left for the layers behind.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, product
from math import prod
from typing import Generic, NamedTuple, TypeVar

from convsolve.conditioned import Conditioned
from convsolve.expansion import Expansion, Settings
from convsolve.graph import Graph
from convsolve.layers.base import Setting
from convsolve.listing import Dress, Node, Path
from convsolve.tables import State

Item = TypeVar("Item")


class Way(NamedTuple):
    """One way through a graph: where it begins, and its settings layer by layer."""

    state: State
    path: Path


class Run(Generic[Item]):
    """Settings between two nodes, any of one axis with any of another, in ascending order.

    Attributes:
        out: the node behind.
        each: the settings, an axis each.
        behind: how many ways lead on from there.
        total: how many ways begin with these settings.
    """

    __slots__ = ("_ahead", "_items", "_place", "_state", "_ways", "behind", "each", "out", "total")

    def __init__(self, ways: Ways[Item], place: int, state: State, each: Sequence[list[Setting]], out: Node) -> None:
        self._ways = ways
        self._place = place
        self._state = state
        self._items: dict[int, Item] = {}
        self._ahead: Crossing[Item] | None = None
        self.each = each
        self.out = out
        self.behind = ways.number(place + 1, out)
        self.total = self.behind * prod(map(len, each))

    def at(self, number: int) -> tuple[Item, Crossing[Item], int]:
        """What is made of the settings of a way, where it is then, and its number from there on."""
        which, rest = divmod(number, self.behind)
        item = self._items.get(which)
        if item is None:
            item = self._items[which] = self._ways.dress(self._place, self.settings(which), self._state, self.out[0])
        return item, self._ahead or self.ahead, rest

    @property
    def runs(self) -> Sequence[Run[Item]]:
        """Itself: as a bundle has them."""
        return (self,)

    def settings(self, which: int) -> Settings:
        """The settings at one place of the order."""
        found = []
        for some in reversed(self.each):
            which, at = divmod(which, len(some))
            found.append(some[at])
        return tuple(found[::-1])

    @property
    def ahead(self) -> Crossing[Item]:
        """The node behind."""
        if self._ahead is None:
            self._ahead = self._ways.crossing(self._place + 1, self.out)
        return self._ahead

    def place_of(self, settings: Settings, out: Node) -> int | None:
        """How many ways come before those that begin so; None where there are none."""
        if out != self.out:
            return None
        which = 0
        for some, setting in zip(self.each, settings, strict=True):
            at = bisect_left(some, setting)
            if at == len(some) or some[at] != setting:
                return None
            which = which * len(some) + at
        return which * self.behind


class Bundle(Generic[Item]):
    """Likewise where conditions are asked: settings between two states, with what comes to be carried behind each."""

    __slots__ = ("_built", "_each", "_node", "_out", "_place", "_ways", "total")

    def __init__(self, ways: Ways[Item], place: int, node: Node, each: Sequence[list[Setting]], out: State) -> None:
        self._ways = ways
        self._place = place
        self._node = node
        self._each = each
        self._out = out
        self._built: tuple[list[Run[Item]], list[int]] | None = None
        # of settings of which conditions read the same, one stands for all
        alike = [Counter[tuple[int, ...]]() for _ in each]
        stands: list[dict[tuple[int, ...], Setting]] = [{} for _ in each]
        for counts, first, some in zip(alike, stands, each, strict=True):
            for setting in some:
                known = ways.read_of(place, setting)
                counts[known] += 1
                first.setdefault(known, setting)
        self.total = sum(
            prod([counts[known] for counts, known in zip(alike, joint, strict=True)])
            * sum(
                ways.number(place + 1, following)
                for following in ways.onward(
                    place, node, tuple([first[known] for first, known in zip(stands, joint, strict=True)]), out
                )
            )
            for joint in product(*alike)
        )

    def at(self, number: int) -> tuple[Item, Crossing[Item], int]:
        """As for a run."""
        runs, starts = self._runs_with_starts
        at = bisect_right(starts, number) - 1
        return runs[at].at(number - starts[at])

    @property
    def runs(self) -> list[Run[Item]]:
        """The settings that lead on, run by run."""
        return self._runs_with_starts[0]

    @property
    def _runs_with_starts(self) -> tuple[list[Run[Item]], list[int]]:
        """The settings with what may be carried behind them, those in a row that differ in nothing else together."""
        if self._built is None:
            ways, place, state = self._ways, self._place, self._node[0]
            found: list[tuple[list[list[Setting]], Node]] = []
            several = False  # nodes behind the settings before
            for settings in product(*self._each):
                nodes = [*ways.onward(place, self._node, settings, self._out)]
                if len(settings) == len(nodes) == 1 and found and found[-1][1] == nodes[0] and not several:
                    found[-1][0][0].append(settings[0])
                else:
                    found += [([[setting] for setting in settings], node) for node in nodes]
                several = len(nodes) > 1
            runs = [Run(ways, place, state, each, node) for each, node in found]
            self._built = runs, [*accumulate((run.total for run in runs), initial=0)]
        return self._built

    def place_of(self, settings: Settings, out: Node) -> int | None:
        """As for a run."""
        runs, starts = self._runs_with_starts
        for start, run in zip(starts, runs, strict=False):
            inside = run.place_of(settings, out)
            if inside is not None:
                return start + inside
        return None


class Crossing(Generic[Item]):
    """A node with the groups of settings that lead on from it.

    Attributes:
        starts: how many ways come before each group.
        groups: the groups.
    """

    __slots__ = ("_places", "groups", "starts")

    def __init__(self, places: Sequence[tuple[int, State]], groups: Sequence[Run[Item] | Bundle[Item]]) -> None:
        self.groups = groups
        self.starts = [*accumulate([group.total for group in groups], initial=0)]
        self._places = {place: number for number, place in enumerate(places)}

    def place_of(self, choice: int, settings: Settings, out: Node) -> int | None:
        """How many ways from here come before those that begin so; None where there are none."""
        number = self._places.get((choice, out[0]))
        if number is None:
            return None
        before = self.groups[number].place_of(settings, out)
        return None if before is None else self.starts[number] + before


class Ways(Generic[Item]):
    """All ways through one graph that meet its conditions.

    Args:
        graph: the axes of one component.
        conditions: what the ways must meet.
        dress: what is made of a layer.
    """

    def __init__(self, graph: Graph, conditions: Conditioned | None, dress: Dress[Item]) -> None:
        self.graph = graph
        self.conditions = conditions
        self.dress = dress
        self.expansion = Expansion(graph)
        self.layers = len(graph.steps)
        self._crossings: dict[tuple[int, Node], Crossing[Item]] = {}
        # conditions on single settings leave settings out; others are asked of each way
        self.plain = conditions is None or conditions.separate
        self._allowed: dict[tuple[int, int, int, int, int], list[Setting]] = {}
        self._choices: dict[int, dict[tuple[int, ...], int]] = {}

    @cached_property
    def sources(self) -> list[Node]:
        """Where ways begin: at each size of the input; with conditions for each that folds may come to in all."""
        if self.conditions is None:
            return [(state, ()) for state in sorted(self.graph.live[0])]
        return [*self.conditions.starts]

    @cached_property
    def total(self) -> int:
        """How many ways there are."""
        return self.graph.total if self.conditions is None else self.conditions.total

    def number(self, place: int, node: Node) -> int:
        """How many ways lead on from a node."""
        state, folded = node
        if self.conditions is None:
            return self.graph.totals[place].get(state, 0)
        return self.conditions.counts[place].get(state, {}).get(folded, 0)

    def onward(self, place: int, node: Node, settings: Settings, out: State) -> Iterator[Node]:
        """The nodes that settings lead to."""
        if self.conditions is None or self.plain:
            yield out, ()
            return
        for folded in self.conditions.onward(place, node[0], settings, out, node[1]):
            yield out, folded

    def read_of(self, place: int, setting: Setting) -> tuple[int, ...]:
        """What conditions read of a setting."""
        return () if self.conditions is None else self.conditions.read_of(place, setting)

    def crossing(self, place: int, node: Node) -> Crossing[Item]:
        """The ways on from a node; behind the last layer there are none."""
        found = self._crossings.get((place, node))
        if found is None:
            found = self._crossings[place, node] = self._crossing(place, node)
        return found

    def way(self, number: int) -> list[Item]:
        """What is made of the layers of a way."""
        starts = self._first_starts
        at = bisect_right(starts, number) - 1
        number -= starts[at]
        crossing = self._first[at]
        found = []
        for _ in range(self.layers):
            before = crossing.starts
            at = bisect_right(before, number) - 1
            item, crossing, number = crossing.groups[at].at(number - before[at])
            found.append(item)
        return found

    def number_of(self, way: Way) -> int | None:
        """The number of a way; None where it is none of these."""
        nodes = self.nodes(way)
        at = None if nodes is None else self._source_places.get(nodes[0])
        if nodes is None or at is None:
            return None
        number = self._first_starts[at]
        for place, settings in enumerate(way.path):
            choice = self.choice(place, settings)
            if choice is None:
                return None
            before = self.crossing(place, nodes[place]).place_of(choice, settings, nodes[place + 1])
            if before is None:
                return None
            number += before
        return number

    def nodes(self, way: Way) -> list[Node] | None:
        """Where a way is at each position; None where it does not lead from an input to a target."""
        states = [way.state]
        for place, settings in enumerate(way.path):
            out = self.out(place, settings, states[-1])
            if out is None:
                return None
            states.append(out)
        if states[0] not in self.graph.live[0] or states[-1] not in self.graph.live[-1]:
            return None
        if self.conditions is None:
            return [(state, ()) for state in states]
        folds = self.conditions.folds_of(way.path, states)
        return None if folds is None else [*zip(states, folds, strict=True)]

    def out(self, place: int, settings: Settings, state: State) -> State | None:
        """The state behind a layer; None where it refuses."""
        size_maps = map(self.graph.steps[place].layer.kind.size_map, settings)
        outs = [size_map.out(size) for size_map, size in zip(size_maps, state, strict=True)]
        found = tuple([out for out in outs if out is not None])
        return found if len(found) == len(outs) else None

    def choice(self, place: int, settings: Settings) -> int | None:
        """Which decision on the parameters that axes share settings have made; None where they do not agree."""
        step = self.graph.steps[place]
        shared = [
            (parameter, [axis for axis, one in enumerate(leaders) if one == leader])
            for parameter, leaders in enumerate(step.ties)
            for leader in dict.fromkeys(leaders)
            if leaders.count(leader) > 1
        ]
        if any(len({settings[axis][parameter] for axis in axes}) > 1 for parameter, axes in shared):
            return None
        if place not in self._choices:
            decided = [tuple([choice[axes[0]][parameter][0] for parameter, axes in shared]) for choice in step.choices]
            self._choices[place] = {values: number for number, values in enumerate(decided)}
        return self._choices[place].get(tuple([settings[axes[0]][parameter] for parameter, axes in shared]))

    def leading(self, place: int, choice: int, state: State, out: State) -> list[list[Setting]]:
        """The settings that lead from one state to another and are allowed by themselves, an axis each."""
        ends = enumerate(zip(state, out, strict=True))
        return [self._leading(place, choice, axis, size, following) for axis, (size, following) in ends]

    def between(self, place: int, state: State, out: State) -> Iterator[Settings]:
        """The settings of a layer that lead from one state to another."""
        for group in self.expansion.groups(place, state):
            if group.out == out:
                yield from product(*self.leading(place, group.choice, state, out))

    def settings(self, place: int, axis: int) -> list[Setting]:
        """All settings of one axis that are allowed by themselves, ties left out."""
        step = self.graph.steps[place]
        every = step.layer.kind.settings(step.layer.domains[axis])
        return [setting for setting in every if self._allows(place, axis, setting)]

    def _leading(self, place: int, choice: int, axis: int, size: int, out: int) -> list[Setting]:
        if self.conditions is None or not self.plain:
            return self.expansion.leading(place, choice, axis, size, out)
        key = (place, choice, axis, size, out)
        found = self._allowed.get(key)
        if found is None:
            every = self.expansion.leading(*key)
            found = self._allowed[key] = [one for one in every if self._allows(place, axis, one)]
        return found

    def _allows(self, place: int, axis: int, setting: Setting) -> bool:
        return self.conditions is None or self.conditions.allows(place, axis, setting)

    def holds(self, way: Way) -> bool:
        """Whether a way of settings that are allowed by themselves meets the conditions, too."""
        if self.plain:
            return True
        nodes = self.nodes(way)
        return nodes is not None and nodes[0] in self._source_places

    @cached_property
    def _source_places(self) -> dict[Node, int]:
        return {node: place for place, node in enumerate(self.sources)}

    @cached_property
    def _first(self) -> list[Crossing[Item]]:
        return [self.crossing(0, node) for node in self.sources]

    @cached_property
    def _first_starts(self) -> list[int]:
        return [*accumulate((self.number(0, node) for node in self.sources), initial=0)]

    def _crossing(self, place: int, node: Node) -> Crossing[Item]:
        if place == self.layers:
            return Crossing((), ())
        state, _ = node
        places, groups = [], []
        for choice, out in self.expansion.groups(place, state):
            each = self.leading(place, choice, state, out)
            group: Run[Item] | Bundle[Item] = (
                Run(self, place, state, each, (out, ())) if self.plain else Bundle(self, place, node, each, out)
            )
            if group.total:
                places.append((choice, out))
                groups.append(group)
        return Crossing(places, groups)
