"""Combinations in the graph's own order, however many there are.

Layer by layer the order is: what axes share, then the state behind the layer, then the settings, axis by axis.
From some position on all the ways to the target are held, so that a combination is two tuples joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice, takewhile
from operator import add
from typing import Generic, TypeVar

from convsolve.conditioned import Conditioned, Folded
from convsolve.expansion import Expansion, Settings
from convsolve.graph import Walk
from convsolve.layers.base import Setting
from convsolve.problem import Problem
from convsolve.tables import State

Path = tuple[Settings, ...]  # layer by layer, axis by axis of a component
Combination = tuple[tuple[Setting, ...], ...]  # layer by layer, every axis of the question
Node = tuple[State, Folded]  # where a way is, and what conditions come to behind it
Item = TypeVar("Item")
# What is listed of a layer, from its place, its settings, and the sizes in front and behind, of every axis.
Dress = Callable[[int, tuple[Setting, ...], State, State], Item]

HELD = 50_000  # ways to the target that are held, over all nodes of one position
DEEPEST = 32  # layers that such ways have


def in_graph_order(problem: Problem, expansions: Sequence[Expansion]) -> Iterator[Combination]:
    """The combinations of the whole question, component by component."""
    if len(expansions) == 1:
        return dressed(problem, expansions[0], None, _settings)
    # the axes as they come, component by component, and where each axis of the question is among them
    axes = [axis for one in expansions for twins in one.graph.component.twins for axis in twins]
    order = [axes.index(axis) for axis in range(problem.axes)]
    listings = []
    for expansion in expansions:
        twins = expansion.graph.component.twins
        listings.append(_on_axes(expansion, None, _settings, [place for place, some in enumerate(twins) for _ in some]))
    joined = _joined(listings)
    if order == [*range(problem.axes)]:
        return joined
    return (tuple([tuple([settings[at] for at in order]) for settings in combination]) for combination in joined)


def _joined(listings: Sequence[Listing[tuple[Setting, ...]]]) -> Iterator[Combination]:
    """One way of each, layer by layer put side by side."""
    first, *others = listings
    if not others:
        yield from first
        return
    for one in first:
        for other in _joined(others):
            yield tuple(map(add, one, other))


def meeting(problem: Problem, expansion: Expansion, conditions: Conditioned) -> Iterator[Combination]:
    """The combinations that meet conditions; what the folds come to is part of a state."""
    return dressed(problem, expansion, conditions, _settings)


def dressed(
    problem: Problem, expansion: Expansion, conditions: Conditioned | None, dress: Dress[Item]
) -> Iterator[tuple[Item, ...]]:
    """The combinations of a question whose axes are all in one component, each layer as it is to be listed."""
    order = [expansion.graph.component.place(axis) for axis in range(problem.axes)]
    return iter(_on_axes(expansion, conditions, dress, order))


def _on_axes(
    expansion: Expansion, conditions: Conditioned | None, dress: Dress[Item], order: Sequence[int]
) -> Listing[Item]:
    """A listing in which axes that stand for several come as often as `order` has them."""
    if [*order] == [*range(expansion.graph.axes)]:
        return Listing(expansion, conditions, dress)

    def spread(place: int, settings: tuple[Setting, ...], state: State, out: State) -> Item:
        each = [tuple([of[at] for at in order]) for of in (state, out)]
        return dress(place, tuple([settings[at] for at in order]), *each)

    return Listing(expansion, conditions, spread)


def _settings(_: int, settings: tuple[Setting, ...], __: State, ___: State) -> tuple[Setting, ...]:
    return settings


class Listing(Generic[Item]):
    """All the ways through one graph, a tuple each, with an item a layer.

    Args:
        expansion: the graph's ways.
        conditions: what the ways must meet.
        dress: what is listed of a layer.
    """

    def __init__(self, expansion: Expansion, conditions: Conditioned | None, dress: Dress[Item]) -> None:
        self._expansion = expansion
        self._conditions = conditions
        self._dress = dress
        self._layers = len(expansion.graph.steps)
        self._known: dict[tuple[int, Node], list[tuple[Item, ...]]] = {}

    def __iter__(self) -> Iterator[tuple[Item, ...]]:
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[Iterable[tuple[Item, ...]]]:
        """The ways in order, as many at once as begin alike; not by recursion, as there may be a thousand layers."""
        held, graph = self._held, self._expansion.graph
        starts: list[Node]
        if self._conditions is None:
            starts = [(state, ()) for state in sorted(graph.live[0])]
        else:
            starts = self._conditions.starts
        if held == 0:
            yield from (self._tails(0, node) for node in starts)
            return
        path: list[Item] = []
        first = chain.from_iterable(self._onward(0, node) for node in starts)
        waiting: list[Iterator[tuple[Item, Node]]] = [first]
        while waiting:
            if len(waiting) == held:
                # what is left of this layer, and all that is behind it
                head, ways = tuple(path), waiting.pop()
                if held == self._layers:
                    yield ((*head, item) for item, _ in ways)
                else:
                    for item, node in ways:
                        one = (*head, item)
                        yield [one + tail for tail in self._tails(held, node)]
            elif (way := next(waiting[-1], None)) is not None:
                item, node = way
                path.append(item)
                waiting.append(self._onward(len(path), node))
                continue
            else:
                waiting.pop()
            if path:
                path.pop()

    def _onward(self, place: int, node: Node) -> Iterator[tuple[Item, Node]]:
        """What is listed of a layer from a node on, with the node behind."""
        state, folded = node
        dress, conditions = self._dress, self._conditions
        for settings, out in self._expansion.ways(place, state):
            if conditions is None:
                yield dress(place, settings, state, out), (out, ())
            elif behind := conditions.onward(place, state, settings, out, folded):
                item = dress(place, settings, state, out)
                for following in behind:
                    yield item, (out, following)

    def _tails(self, place: int, node: Node) -> list[tuple[Item, ...]]:
        """All ways from a node to the target."""
        if place == self._layers:
            return [()]
        found = self._known.get((place, node))
        if found is None:
            found = []
            for item, following in self._onward(place, node):
                found += [(item, *tail) for tail in self._tails(place + 1, following)]
            self._known[place, node] = found
        return found

    @cached_property
    def _held(self) -> int:
        """The first position from which on all ways to the target can be held."""
        few = (number <= HELD for number in islice(self._numbers(), DEEPEST))
        return self._layers - sum(1 for _ in takewhile(bool, few))

    def _numbers(self) -> Iterator[int]:
        """How many ways lead from each position to the target, the last but one first."""
        graph = self._expansion.graph
        if self._conditions is not None:
            yield from (sum(sum(here.values()) for here in at.values()) for at in self._conditions.counts[-2::-1])
            return
        walk = Walk(graph.narrowed, counting=True)
        table = walk.end(-1)
        for place in reversed(range(self._layers)):
            table = walk.backward(table, place, graph.live[place])
            yield sum(number for _, number in table.items())


def spread(problem: Problem, twins: Sequence[Sequence[Sequence[int]]], paths: Sequence[Path]) -> Combination:
    """Paths of components as settings of every axis."""
    if len(paths) == 1 and len(twins[0]) == 1:
        return tuple(settings * problem.axes for settings in paths[0])
    places = {
        axis: (part, position)
        for part, groups in enumerate(twins)
        for position, group in enumerate(groups)
        for axis in group
    }
    order = [places[axis] for axis in range(problem.axes)]
    return tuple(
        tuple(paths[part][layer][position] for part, position in order) for layer in range(len(problem.layers))
    )
