"""Combinations in order: most conventional first, or as the graph has them.

Best first is exact: a partial stack is bounded by what it cost so far and, for each layer that is
still to come, the cheapest that any setting there can be (charges for change left out).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import groupby, product
from operator import add, itemgetter
from typing import NamedTuple

from convsolve.expansion import Expansion, Settings
from convsolve.graph import Branches, Graph, State, Step, join
from convsolve.layers.base import Setting, SizeMap
from convsolve.problem import Problem
from convsolve.ranking import Style

Path = tuple[Settings, ...]  # layer by layer, axis by axis of a component
Combination = tuple[tuple[Setting, ...], ...]  # layer by layer, every axis of the question


class Ranked(NamedTuple):
    """A path and its place in the order: score, then unequal axes, then the settings themselves."""

    score: int
    unequal: int
    path: Path


class _Group(NamedTuple):
    """The settings that lead from a state to another, shared parameters decided; not yet listed."""

    bound: int  # of the rest of the way, this layer included
    out: State
    choice: int
    maps: tuple[tuple[SizeMap, ...], ...]  # an axis


Active = tuple[tuple[int | None, ...], ...]  # a layer's setting on each axis, None where idle


class _Node(NamedTuple):
    place: int
    state: State
    cost: int
    previous: tuple[tuple[str, Active], ...]  # by kind: its last layer's active settings


class BestFirst:
    """The paths of one component by ascending score."""

    def __init__(self, graph: Graph, style: Style, expansion: Expansion) -> None:
        self.graph = graph
        self.style = style
        self.expansion = expansion
        self.weights = [len(twins) for twins in graph.component.twins]
        self.kinds = [step.layer.kind for step in graph.steps]
        self.expanded = 0
        self._groups: dict[tuple[int, State], list[_Group]] = {}
        self._outs: dict[tuple[int, int, int, int], dict[int, tuple[int, list[SizeMap]]]] = {}
        self._floor_tables: dict[tuple[Step, int, int], dict[SizeMap, int]] = {}

    def paths(self, most: int | None = None) -> Iterator[Ranked]:
        """Every path, or the first `most`, in the total order of `Ranked`."""
        # An entry is a lower bound, in that very order, of all paths that it can still become. The
        # index keeps a node (-1) before its groups, so that nothing behind it is compared.
        visits: dict[tuple[object, ...], int] = {}
        root = _Node(0, self.graph.source, 0, ())
        heap: list[tuple[int, int, Path, int, _Node]] = []
        if root.state in self.bounds[0]:
            heap.append((self.bounds[0][root.state], 0, (), -1, root))
        while heap:
            score, uneven, path, index, node = heappop(heap)
            if node.place == len(self.kinds):
                yield Ranked(score, uneven, path)
                continue
            groups = self._groups_of(node.place, node.state)
            if index >= 0:
                for settings, cost, previous in self._members(node, groups[index]):
                    after = _Node(node.place + 1, groups[index].out, node.cost + cost, previous)
                    bound = after.cost + self.bounds[after.place][after.state]
                    heappush(heap, (bound, uneven + unequal(settings), (*path, settings), -1, after))
            elif most is not None:
                # whoever comes here after `most` others can only end behind them
                key = (node.place, node.state, node.previous)
                visits[key] = visits.get(key, 0) + 1
                if visits[key] > most:
                    continue
            if index + 1 < len(groups):
                bound = node.cost + groups[index + 1].bound
                heappush(heap, (bound, uneven, path, index + 1, node))

    @cached_property
    def bounds(self) -> tuple[dict[State, int], ...]:
        """Per position and state, the least that the rest of the way can cost."""
        made: dict[Step, Branches] = {}
        for place, step in enumerate(self.graph.steps):
            if step not in made:
                choices = [
                    tuple(self._floors(place, choice, axis) for axis in range(len(self.weights)))
                    for choice in range(len(step.choices))
                ]
                made[step] = join(choices, times=add, plus=min)
        return self.graph.cheapest([made[step] for step in self.graph.steps])

    def _floors(self, place: int, choice: int, axis: int) -> dict[SizeMap, int]:
        key = (self.graph.steps[place], choice, axis)
        found = self._floor_tables.get(key)
        if found is None:
            found = self._floor_tables[key] = {
                size_map: self.weights[axis] * min(self._floor(place, setting) for setting in settings)
                for size_map, settings in self.expansion.settings(place, choice, axis).items()
            }
        return found

    def _floor(self, place: int, setting: Setting) -> int:
        window = self.kinds[place].window(setting)
        return 0 if window is None else self.style.layer_floor(self.kinds[place].record, window)

    def _groups_of(self, place: int, state: State) -> list[_Group]:
        found = self._groups.get((place, state))
        if found is None:
            self.expanded += 1
            live, ahead = self.graph.edges[place][state], self.bounds[place + 1]
            found = []
            for choice in range(len(self.graph.steps[place].choices)):
                on_axes = [self._outs_of(place, choice, axis, n) for axis, n in enumerate(state)]
                for combination in product(*(outs.items() for outs in on_axes)):
                    out = tuple(size for size, _ in combination)
                    if out in live:
                        floor = sum(floor for _, (floor, _) in combination)
                        maps = tuple(tuple(maps) for _, (_, maps) in combination)
                        found.append(_Group(floor + ahead[out], out, choice, maps))
            found.sort()
            self._groups[place, state] = found
        return found

    def _outs_of(
        self, place: int, choice: int, axis: int, size: int
    ) -> dict[int, tuple[int, list[SizeMap]]]:
        """The sizes behind one axis, each with its floor and the size maps that lead there."""
        key = (place, choice, axis, size)
        found = self._outs.get(key)
        if found is None:
            found = self._outs[key] = {}
            here = self.expansion.columns[place + 1][axis]
            for size_map, floor in self._floors(place, choice, axis).items():
                out = size_map.out(size)
                if out is None or out not in here:
                    continue
                known = found.get(out)
                if known is None:
                    found[out] = (floor, [size_map])
                else:
                    known[1].append(size_map)
                    found[out] = (min(known[0], floor), known[1])
        return found

    def _members(
        self, node: _Node, group: _Group
    ) -> Iterator[tuple[Settings, int, tuple[tuple[str, Active], ...]]]:
        """The group's settings, with their cost, the charge for change included."""
        place, kind = node.place, self.kinds[node.place]
        on_axes = []
        for axis, maps in enumerate(group.maps):
            by_map = self.expansion.settings(place, group.choice, axis)
            on_axes.append([setting for size_map in maps for setting in by_map[size_map]])
        others = tuple(item for item in node.previous if item[0] != kind.record)
        before = dict(node.previous).get(kind.record)
        for settings in product(*on_axes):
            windows = [kind.window(setting) for setting in settings]
            if windows[0] is None:
                yield settings, 0, node.previous
                continue
            active: list[tuple[int | None, ...]] = []
            cost = 0
            for axis, window in enumerate(windows):
                if window is None:
                    continue
                sizes = (node.state[axis], group.out[axis])
                now = self.style.active(kind.record, window, *sizes)
                charge = self.style.layer_cost(kind.record, window, *sizes)
                if before is not None:
                    charge += self.style.change_cost(kind.record, before[axis], now)
                cost += self.weights[axis] * charge
                active.append(now)
            yield settings, cost, (*others, (kind.record, tuple(active)))


def unequal(settings: Sequence[Setting]) -> int:
    """How many further values the parameters have on the other axes; 0 where all axes are equal."""
    if len(settings) == 1:
        return 0
    return sum(len(set(values)) - 1 for values in zip(*settings, strict=True))


def conventional(
    problem: Problem, searches: Sequence[BestFirst], most: int
) -> Iterator[Combination]:
    """The first `most` combinations of the whole question, most conventional first."""
    if len(searches) == 1:
        component = searches[0].graph.component
        for ranked in searches[0].paths(most):
            yield _spread(problem, [component.twins], [ranked.path])
        return
    twins = [search.graph.component.twins for search in searches]
    sums = _merged([_Listed(search.paths()) for search in searches])
    for _, tied in groupby(sums, key=itemgetter(0)):
        batch = [_spread(problem, twins, paths) for _, paths in tied]
        yield from sorted(batch, key=lambda combination: (sum(map(unequal, combination)), combination))


class _Listed:
    """An iterator that can be read by index."""

    def __init__(self, source: Iterator[Ranked]) -> None:
        self._source = source
        self._read: list[Ranked] = []

    def get(self, index: int) -> Ranked | None:
        while len(self._read) <= index:
            following = next(self._source, None)
            if following is None:
                return None
            self._read.append(following)
        return self._read[index]


def _merged(lists: Sequence[_Listed]) -> Iterator[tuple[int, list[Path]]]:
    """All combinations of one entry a list, by ascending sum of their scores."""

    def entry(indices: tuple[int, ...]) -> tuple[int, list[Path]] | None:
        found = [part for part in (l.get(i) for l, i in zip(lists, indices, strict=True)) if part]
        if len(found) < len(lists):
            return None
        return sum(ranked.score for ranked in found), [ranked.path for ranked in found]

    start = (0,) * len(lists)
    first = entry(start)
    heap = [(first[0], start, first[1])] if first else []
    seen = {start}
    while heap:
        score, indices, paths = heappop(heap)
        yield score, paths
        for place in range(len(indices)):
            following = (*indices[:place], indices[place] + 1, *indices[place + 1 :])
            if following not in seen and (found := entry(following)):
                seen.add(following)
                heappush(heap, (found[0], following, found[1]))


def in_graph_order(problem: Problem, expansions: Sequence[Expansion]) -> Iterator[Combination]:
    """The combinations of the whole question by ascending settings, component by component."""
    twins = [expansion.graph.component.twins for expansion in expansions]

    def combined(place: int) -> Iterator[list[Path]]:
        if place == len(expansions):
            yield []
            return
        for path in _ascending(expansions[place], 0, expansions[place].graph.source):
            for rest in combined(place + 1):
                yield [path, *rest]

    return (_spread(problem, twins, paths) for paths in combined(0))


def _ascending(expansion: Expansion, place: int, state: State) -> Iterator[Path]:
    if place == len(expansion.graph.steps):
        yield ()
        return
    for way in expansion.ways(place, state):
        for rest in _ascending(expansion, place + 1, way.out):
            yield (way.settings, *rest)


def _spread(
    problem: Problem, twins: Sequence[Sequence[Sequence[int]]], paths: Sequence[Path]
) -> Combination:
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
        tuple(paths[part][layer][position] for part, position in order)
        for layer in range(len(problem.layers))
    )
