"""Combinations in order: most conventional first, or as the graph has them.

Best first is exact: a partial stack is bounded by what it cost so far and by the least that the
layers to come can cost (`bounds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import groupby, product
from math import inf
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from convsolve import ranking
from convsolve.bounds import AxisBounds, Floors
from convsolve.components import Step
from convsolve.expansion import Expansion, Settings
from convsolve.graph import Graph, State
from convsolve.layers.base import LayerKind, Setting, SizeMap
from convsolve.potential import ANY, Potential
from convsolve.problem import Problem
from convsolve.ranking import Style

Active = tuple[ranking.Active, ...]  # a layer's setting on each axis, None where idle
Path = tuple[Settings, ...]  # layer by layer, axis by axis of a component
Combination = tuple[tuple[Setting, ...], ...]  # layer by layer, every axis of the question

Item = TypeVar("Item")


class Ranked(NamedTuple):
    """A path and its place in the order: score, then unequal axes, then the settings themselves."""

    score: int
    unequal: int
    path: Path


class Member(NamedTuple):
    """One joint setting of a layer on the way from a state; `bound` is of the rest of the way."""

    bound: int  # this layer's cost, no charge for change, and the least behind it
    unequal: int
    settings: Settings
    out: State
    cost: int
    active: Active


class _Group(NamedTuple):
    """The settings that lead from a state to another, shared parameters decided; not yet listed."""

    bound: int
    out: State
    choice: int
    maps: tuple[tuple[SizeMap, ...], ...]  # an axis


_Outs = dict[int, tuple[int, list[SizeMap]]]  # sizes behind an axis: a bound, and the maps that lead there
NEVER = inf


class _Node(NamedTuple):
    depth: int  # layers chosen so far, of those with something to choose
    state: State
    cost: int
    previous: tuple[tuple[str, Active], ...]  # by kind: its last layer's active settings


class _Listed(Generic[Item]):
    """An iterator that can be read by index, and remembers."""

    def __init__(self, source: Iterator[Item]) -> None:
        self._source = source
        self._read: list[Item] = []

    def get(self, index: int) -> Item | None:
        while len(self._read) <= index:
            following = next(self._source, None)
            if following is None:
                return None
            self._read.append(following)
        return self._read[index]


class BestFirst:
    """The paths of one component by ascending score; with a potential, by its objectives first."""

    def __init__(self, graph: Graph, style: Style, expansion: Expansion, potential: Potential | None = None) -> None:
        self.graph = graph
        self.style = style
        self.expansion = expansion
        self.potential = potential
        self.weights = [len(twins) for twins in graph.component.twins]
        self.kinds = [step.layer.kind for step in graph.steps]
        # layers with something to choose; the others keep every size and are put back at the end
        self.places = [place for place, kind in enumerate(self.kinds) if kind.axis_parameters]
        self.expanded = 0
        self._streams: dict[tuple[int, State], _Listed[Member]] = {}
        self._outs: dict[tuple[int, int, int, int], _Outs] = {}
        self._floor_tables: dict[tuple[Step, bool, int, int], Floors] = {}

    def paths(self, most: int | None = None) -> Iterator[Ranked]:
        """Every path, or the first `most`, in the total order of `Ranked`."""
        # An entry is a lower bound, in that very order, of all paths that it can still become. The
        # index keeps a node (-1) before the members of its stream, so that nothing behind it is compared.
        visits: dict[tuple[object, ...], int] = {}
        heap: list[tuple[int, int, Path, int, _Node]] = []
        if self.graph.total:
            root = _Node(0, self.graph.source, 0, ())
            heap.append((self._bound(0, root.state, ()), 0, (), -1, root))
        while heap:
            score, uneven, path, index, node = heappop(heap)
            if node.depth == len(self.places):
                yield Ranked(score, uneven, self._whole(path))
                continue
            stream = self._stream(node.depth, node.state)
            if index >= 0:
                member = stream.get(index)
                if member is None:
                    continue
                charge, previous = self._change(node, member)
                after = _Node(node.depth + 1, member.out, node.cost + member.cost + charge, previous)
                entry = (node.cost + member.bound + charge, uneven + member.unequal, (*path, member.settings))
                heappush(heap, (*entry, -1, after))
            elif most is not None:
                # whoever comes here after `most` others can only end behind them
                key = (node.depth, node.state, node.previous)
                visits[key] = visits.get(key, 0) + 1
                if visits[key] > most:
                    continue
            following = stream.get(index + 1)
            if following is not None:
                heappush(heap, (node.cost + following.bound, uneven, path, index + 1, node))

    def _whole(self, path: Path) -> Path:
        if len(path) == len(self.kinds):
            return path
        chosen = dict(zip(self.places, path, strict=True))
        nothing: Settings = ((),) * len(self.weights)
        return tuple(chosen.get(place, nothing) for place in range(len(self.kinds)))

    @cached_property
    def bounds(self) -> list[AxisBounds]:
        """On each axis, the least that the rest of a way can cost."""
        positions = [*self.places, len(self.kinds)]
        found = []
        for axis in range(len(self.weights)):
            made: dict[tuple[Step, bool], Floors] = {}
            floors = []
            for depth, place in enumerate(self.places):
                key = (self.graph.steps[place], self._first(depth))
                if key not in made:
                    settings = self.expansion.alone(place, axis)
                    made[key] = Floors(self.kinds[place], settings, self.style, first=self._first(depth))
                floors.append(made[key])
            live = [self.expansion.columns[position][axis] for position in positions]
            best = None if self.potential is None else [self.potential.best[place][axis] for place in self.places]
            found.append(AxisBounds(floors, live, self.style, best))
        return found

    def _bound(self, depth: int, state: State, active: Active) -> int:
        total = 0
        for axis, (weight, bounds, size) in enumerate(zip(self.weights, self.bounds, state, strict=True)):
            total += weight * bounds.bound(depth, size, active[axis][:2] if active else None)
        return total + self._rest(depth, state)

    def _rest(self, depth: int, state: State) -> int:
        """The least that the objectives add behind a state."""
        if self.potential is None:
            return 0
        position = self.places[depth] if depth < len(self.places) else len(self.kinds)
        return self.potential.least[position][state]

    def _price(self, depth: int, kernels: Sequence[int], state: State, out: State) -> int:
        """What a layer adds to the objectives, with those behind it that have nothing to choose."""
        if self.potential is None:
            return 0
        place, *others = range(self.places[depth], [*self.places, len(self.kinds)][depth + 1])
        price = self.potential.price(place, kernels, state, out)
        return price + sum(self.potential.price(other, [ANY] * len(out), out, out) for other in others)

    def _floors(self, depth: int, choice: int, axis: int) -> Floors:
        place = self.places[depth]
        key = (self.graph.steps[place], self._first(depth), choice, axis)
        found = self._floor_tables.get(key)
        if found is None:
            settings = self.expansion.settings(place, choice, axis)
            found = Floors(self.kinds[place], settings, self.style, first=self._first(depth))
            self._floor_tables[key] = found
        return found

    def _first(self, depth: int) -> bool:
        """Whether it is the first of several layers that have something to choose."""
        return depth == 0 and len(self.places) > 1

    def _stream(self, depth: int, state: State) -> _Listed[Member]:
        found = self._streams.get((depth, state))
        if found is None:
            self.expanded += 1
            found = self._streams[depth, state] = _Listed(self._members(depth, state))
        return found

    def _members(self, depth: int, state: State) -> Iterator[Member]:
        """Every joint setting on the way from a state, by ascending bound; what is dear is listed late."""
        choices = sorted(self._choices(depth, state), key=itemgetter(0), reverse=True)
        groups: list[_Group] = []
        members: list[Member] = []
        while choices or groups or members:
            dearer = min(choices[-1][0] if choices else NEVER, groups[0].bound if groups else NEVER)
            if members and members[0].bound < dearer:
                yield heappop(members)
            elif groups and groups[0].bound == dearer:
                for member in self._listed(depth, state, heappop(groups)):
                    heappush(members, member)
            else:
                _, choice, on_axes = choices.pop()
                for group in self._groups(depth, state, choice, on_axes):
                    heappush(groups, group)

    def _choices(self, depth: int, state: State) -> Iterator[tuple[int, int, list[_Outs]]]:
        """The decisions on shared parameters, each with a bound and what it leaves on each axis."""
        for choice in range(len(self.graph.steps[self.places[depth]].choices)):
            on_axes = [self._outs_of(depth, choice, axis, size) for axis, size in enumerate(state)]
            if all(on_axes):
                least = sum([min([bound for bound, _ in outs.values()]) for outs in on_axes])
                yield least + self._rest(depth, state), choice, on_axes

    def _groups(self, depth: int, state: State, choice: int, on_axes: Sequence[_Outs]) -> Iterator[_Group]:
        live = self.graph.totals[self.places[depth] + 1]
        for combination in product(*(outs.items() for outs in on_axes)):
            out = tuple([size for size, _ in combination])
            if out in live:
                bound = sum([bound for _, (bound, _) in combination])
                group = tuple([tuple(maps) for _, (_, maps) in combination])
                bound += self._least_price(depth, choice, group, state, out) + self._rest(depth + 1, out)
                yield _Group(bound, out, choice, group)

    def _least_price(
        self, depth: int, choice: int, group: Sequence[Sequence[SizeMap]], state: State, out: State
    ) -> int:
        """What a layer adds to the objectives between two states with the best kernels that lead there."""
        if self.potential is None:
            return 0
        place = self.places[depth]
        slope = self.potential.prices.slope(place)
        kernels = []
        for domains, maps in zip(self.graph.steps[place].choices[choice], group, strict=True):
            best = self.potential.best_kernels(place, domains)
            kernels.append(slope * min([slope * best[size_map] for size_map in maps]) if slope else ANY)
        return self._price(depth, kernels, state, out)

    def _outs_of(self, depth: int, choice: int, axis: int, size: int) -> _Outs:
        """The sizes behind one axis, each with a bound of the rest of the way and the maps that lead there."""
        key = (depth, choice, axis, size)
        found = self._outs.get(key)
        if found is None:
            found = self._outs[key] = {}
            here = self.expansion.columns[self.places[depth] + 1][axis]
            floors, weight = self._floors(depth, choice, axis), self.weights[axis]
            for size_map in floors.maps:
                out = size_map.out(size)
                if out is None or out not in here:
                    continue
                bound = weight * (floors.least(size_map) + self.bounds[axis].bound(depth + 1, out, None))
                least, maps = found.get(out, (bound, []))
                maps.append(size_map)
                found[out] = (min(least, bound), maps)
        return found

    def _listed(self, depth: int, state: State, group: _Group) -> Iterator[Member]:
        """A group's settings, each with what it costs on these very sizes."""
        place = self.places[depth]
        kind, first = self.kinds[place], self._first(depth)
        on_axes = []
        for axis, maps in enumerate(group.maps):
            by_map = self.expansion.settings(place, group.choice, axis)
            sizes, weight = (state[axis], group.out[axis]), self.weights[axis]
            every = (setting for size_map in maps for setting in by_map[size_map])
            on_axes.append([self._costed(kind, setting, sizes, weight, first=first) for setting in every])
        known: dict[tuple[object, ...], tuple[int, int]] = {}
        for combination in product(*on_axes):
            settings = tuple([setting for setting, _, _ in combination])
            active = tuple([now for _, _, now in combination if now is not None])
            key = tuple([now[:2] for now in active])
            if key not in known:
                price = self._price(depth, [now[0] or 0 for now in active], state, group.out)
                known[key] = (price, self._bound(depth + 1, group.out, active))
            price, ahead = known[key]
            cost = price + sum([cost for _, cost, _ in combination])
            yield Member(cost + ahead, unequal(settings), settings, group.out, cost, active)

    def _costed(
        self, kind: LayerKind, setting: Setting, sizes: tuple[int, int], weight: int, *, first: bool
    ) -> tuple[Setting, int, ranking.Active | None]:
        window = kind.window(setting)
        if window is None:
            return setting, 0, None
        cost = weight * self.style.layer_cost(kind.record, window, *sizes, first=first)
        return setting, cost, self.style.active(kind.record, window, *sizes)

    def _change(self, node: _Node, member: Member) -> tuple[int, tuple[tuple[str, Active], ...]]:
        """The charge for settings that differ from those of the last layer of the same kind."""
        if not member.active:
            return 0, node.previous
        record = self.kinds[self.places[node.depth]].record
        charge, others = 0, []
        for kind, before in node.previous:
            if kind == record:
                for weight, was, now in zip(self.weights, before, member.active, strict=True):
                    charge += weight * self.style.change_cost(record, was, now)
            else:
                others.append((kind, before))
        return charge, (*others, (record, member.active))


def unequal(settings: Sequence[Setting]) -> int:
    """How many further values the parameters have on the other axes; 0 where all axes are equal."""
    if len(settings) == 1:
        return 0
    return sum(len(set(values)) - 1 for values in zip(*settings, strict=True))


def conventional(problem: Problem, searches: Sequence[BestFirst], most: int) -> Iterator[Combination]:
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


def _merged(lists: Sequence[_Listed[Ranked]]) -> Iterator[tuple[int, list[Path]]]:
    """All combinations of one entry a list, by ascending sum of their scores."""

    def entry(indices: tuple[int, ...]) -> tuple[int, list[Path]] | None:
        found = [part for part in (one.get(index) for one, index in zip(lists, indices, strict=True)) if part]
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
        for path in _ascending(expansions[place]):
            for rest in combined(place + 1):
                yield [path, *rest]

    return (_spread(problem, twins, paths) for paths in combined(0))


def _ascending(expansion: Expansion) -> Iterator[Path]:
    """Every path of a component; not by recursion, since there may be a thousand layers."""
    last = len(expansion.graph.steps) - 1
    path: list[Settings] = []
    open_ways = [iter(expansion.ways(0, expansion.graph.source))]
    while open_ways:
        way = next(open_ways[-1], None)
        if way is None:
            open_ways.pop()
            if path:
                path.pop()
        elif len(path) == last:
            yield (*path, way.settings)
        else:
            path.append(way.settings)
            open_ways.append(iter(expansion.ways(len(path), way.out)))


def _spread(problem: Problem, twins: Sequence[Sequence[Sequence[int]]], paths: Sequence[Path]) -> Combination:
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
