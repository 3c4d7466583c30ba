"""The ways on from a state, cheapest first: every joint setting of one layer, listed only when its turn comes.

A decision on the shared parameters leaves sizes on each axis; sizes on all axes are a group of
settings, which are listed when no other group can have a cheaper one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import count, islice, product
from typing import NamedTuple

from convsolve import ranking
from convsolve.bounds import AxisBounds, Class, Floors, idle
from convsolve.cheapest import ANY, EVERYTHING
from convsolve.components import Step
from convsolve.conditioned import Conditioned, Folded
from convsolve.corridor import Corridor
from convsolve.domains import Domain
from convsolve.expansion import Expansion, Settings
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.maps import SizeMap
from convsolve.potential import Potential
from convsolve.ranking import Style
from convsolve.tables import State

SLACK = 4500  # thousandths of a nat, an axis: what the charges for change may come to at first
Active = tuple[ranking.Active, ...]  # a layer's setting on each axis, None where idle


class Member(NamedTuple):
    """One joint setting of a layer on the way from a state; `bound` is of the rest of the way."""

    bound: int  # this layer's cost, no charge for change, and the least behind it
    unequal: int
    settings: Settings
    out: State
    cost: int
    active: Active
    folded: Folded  # what the folds of conditions come to behind it


class _Out(NamedTuple):
    """A size behind one axis: a bound of this layer and the rest, and the maps that lead there."""

    bound: int
    size: int
    maps: tuple[SizeMap, ...]


class _Group(NamedTuple):
    """The settings that lead from a state to another, shared parameters decided; not yet listed."""

    out: State
    choice: int
    maps: tuple[tuple[SizeMap, ...], ...]  # an axis
    objectives: int  # the least that they add, here and behind


class _Choice(NamedTuple):
    """A decision on the shared parameters, with the groups that it still has."""

    choice: int
    groups: Iterator[tuple[int, tuple[_Out, ...]]]
    bound: int  # of the group that comes next, objectives left out
    outs: tuple[_Out, ...]


class Members:
    """The joint settings of a component's layers, state by state.

    Attributes:
        places: the layers with something to choose, as the graph has them.
    """

    def __init__(
        self,
        graph: Graph,
        style: Style,
        expansion: Expansion,
        potential: Potential | None = None,
        conditions: Conditioned | None = None,
    ) -> None:
        self.graph = graph
        self.style = style
        self.expansion = expansion
        self.potential = potential
        self.conditions = conditions
        self.weights = [len(twins) for twins in graph.component.twins]
        self.kinds = [step.layer.kind for step in graph.steps]
        self.places = graph.places
        windowed = [place for place in self.places if "kernel_size" in self.kinds[place].positions()]
        self._stem = windowed[0] if len(windowed) > 1 else None
        self.positions = [*self.places, len(self.kinds)]
        self.columns: Sequence[Sequence[Collection[int]]] = (potential or conditions or expansion).columns
        self.most: list[list[dict[int, int]]] | None = None  # per axis, depth and size: what the rest may cost
        self._outs: dict[tuple[int, int, int, int], list[_Out]] = {}
        self._floor_tables: dict[tuple[Step, bool, int, int], Floors] = {}

    @cached_property
    def bounds(self) -> list[AxisBounds]:
        """On each axis, the least that the rest of a way can cost."""
        found = []
        for axis, floors in enumerate(self.floors):
            live = [self.columns[position][axis] for position in self.positions]
            best = None if self.potential is None else [self.potential.best[place][axis] for place in self.places]
            most = None if self.most is None else self.most[axis]
            found.append(AxisBounds(floors, live, best, most))
        return found

    @cached_property
    def floors(self) -> list[list[Floors]]:
        """On each axis, what the settings of the layers cost at the least, ties left out."""
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
            found.append(floors)
        return found

    @cached_property
    def corridors(self) -> list[Corridor]:
        """On each axis, the sizes by what ways through them cost in style."""
        hulls = self.graph.hulls
        return [
            Corridor(floors, [hulls[position][axis] for position in self.positions])
            for axis, floors in enumerate(self.floors)
        ]

    def caps(self) -> Iterator[int]:
        """What ways may cost in style: a little more than the least, then twice as much more; at last anything.

        Anything is next as soon as that leaves hardly more sizes.
        """
        every, slack = self._sizes(EVERYTHING), SLACK * sum(self.weights)
        while 4 * self._sizes(self.least + slack) < 3 * every:
            yield self.least + slack
            slack *= 2
        yield EVERYTHING

    def _sizes(self, cap: int) -> int:
        return sum(corridor.count(most) for corridor, most in self._shares(cap))

    @cached_property
    def least(self) -> int:
        """What no way costs less than in style."""
        return sum(weight * corridor.least for weight, corridor in zip(self.weights, self.corridors, strict=True))

    @cached_property
    def floor(self) -> int:
        """The same with what it costs that strides change where they must, and are never idle."""
        changes = 0
        last: dict[tuple[str, int], Domain] = {}
        for place in self.places if self.style.growing else ():
            kind, domains = self.kinds[place], self.graph.steps[place].layer.domains
            stride = kind.positions().get("stride", -1)
            for axis, weight in enumerate(self.weights) if stride >= 0 else ():
                strides = domains[axis][stride]
                known = last.get((kind.record, axis), strides)
                last[kind.record, axis] = strides
                changes += weight * ranking.CHANGE * {*known}.isdisjoint(strides)
        return self.least + changes

    def _shares(self, cap: int) -> Iterator[tuple[Corridor, int]]:
        """What ways may cost on each axis, if together with the least on other axes they cost at most so much."""
        for weight, corridor in zip(self.weights, self.corridors, strict=True):
            yield corridor, (cap - self.least) // weight + corridor.least

    def within(self, cap: int) -> Members:
        """The same with only the sizes on ways that cost at most so much."""
        each = [
            corridor.within(most, [self.columns[position][axis] for position in self.positions])
            for axis, (corridor, most) in enumerate(self._shares(cap))
        ]
        found = Members(self.graph, self.style, self.expansion, conditions=self.conditions)
        depths = [bisect_left(self.places, position) for position in range(len(self.kinds) + 1)]
        found.most, found.columns = each, [[sizes[depth] for sizes in each] for depth in depths]
        found.floors, found._floor_tables = self.floors, self._floor_tables
        return found

    def bound(self, depth: int, state: State, active: Active) -> int:
        """The least that the rest of a way can cost in style, after a layer of the same kind with these settings."""
        total = 0
        for axis, (weight, bounds, size) in enumerate(zip(self.weights, self.bounds, state, strict=True)):
            total += weight * bounds.bound(depth, size, _class(active[axis]) if active else None)
        return total

    def rest(self, depth: int, state: State, folded: Folded | None = None) -> int:
        """The least that the objectives add behind a state."""
        if self.potential is None:
            return 0
        found = self.potential.rest(self.positions[depth], state, folded)
        return EVERYTHING if found is None else found

    def _price(self, depth: int, kernels: Sequence[int], state: State, out: State) -> int:
        """What a layer adds to the objectives, with those behind it that have nothing to choose."""
        if self.potential is None:
            return 0
        place, *others = self._layers(depth)
        return self.potential.price(place, kernels, state, out) + self._price_of(others, out)

    def _price_of(self, places: Sequence[int], state: State) -> int:
        """What layers that have nothing to choose add to the objectives."""
        if self.potential is None:
            return 0
        return sum(self.potential.price(place, [ANY] * len(state), state, state) for place in places)

    def _layers(self, depth: int) -> range:
        """A layer with something to choose, and those behind it that have nothing."""
        return range(self.places[depth], self.positions[depth + 1])

    def starts(self) -> list[tuple[State, Folded, int]]:
        """The states of the input, each with what folds come to at the first layer with a choice, and their price."""
        if self.conditions is None:
            states = self.graph.live[0] if self.potential is None else self.potential.states(0)
            found: list[tuple[State, Folded, int]] = [(state, (), 0) for state in sorted(states)]
        else:
            price = (self.potential or self.conditions).at_start
            found = [(state, folded, price(folded)) for state, folded in self.conditions.starts]
            nothing: Settings = ((),) * self.graph.axes
            for place in range(self.positions[0]):
                found = [
                    (state, behind, known)
                    for state, one, known in found
                    for behind in self.conditions.onward(place, state, nothing, state, one)
                ]
        here, leading = self.columns[self.positions[0]], range(self.positions[0])
        return [
            (state, folded, price + self._price_of(leading, state))
            for state, folded, price in found
            if all(size in sizes for size, sizes in zip(state, here, strict=True))
        ]

    def _behind(self, depth: int, state: State, settings: Settings, out: State, folded: Folded) -> list[Folded]:
        """What the folds of conditions may come to behind a layer, if these settings meet them."""
        if self.conditions is None:
            return [()]
        place, *others = self._layers(depth)
        found = self.conditions.onward(place, state, settings, out, folded)
        nothing: Settings = ((),) * len(out)
        for other in others:
            found = [behind for one in found for behind in self.conditions.onward(other, out, nothing, out, one)]
        return found

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
        """Whether it is the first of several layers with windows."""
        return self.places[depth] == self._stem

    def behind(self, depth: int, state: State, folded: Folded) -> Iterator[Member]:
        """Every joint setting on the way from a state, by ascending bound."""
        number = count()
        waiting: list[tuple[int, int, _Choice | _Group]] = []
        members: list[Member] = []
        rest = self.rest(depth, state, folded)
        for choice in range(len(self.graph.steps[self.places[depth]].choices)):
            groups = ascending([self._outs_of(depth, choice, axis, size) for axis, size in enumerate(state)])
            for first in islice(groups, 1):
                heappush(waiting, (first[0] + rest, next(number), _Choice(choice, groups, *first)))
        while waiting or members:
            if members and (not waiting or members[0].bound < waiting[0][0]):
                yield heappop(members)
                continue
            _, _, item = heappop(waiting)
            if isinstance(item, _Choice):
                for following in islice(item.groups, 1):
                    entry = _Choice(item.choice, item.groups, *following)
                    heappush(waiting, (entry.bound + rest, next(number), entry))
                if (group := self._group(depth, state, item)) is not None:
                    heappush(waiting, (item.bound + group.objectives, next(number), group))
            else:
                for member in self._listed(depth, state, folded, item):
                    heappush(members, member)

    def _group(self, depth: int, state: State, choice: _Choice) -> _Group | None:
        """The settings of a choice's next combination of sizes, if that is live."""
        out = tuple([one.size for one in choice.outs])
        if self.potential is None and out not in self.graph.live[self.places[depth] + 1]:
            return None
        rest = self.rest(depth + 1, out)
        if rest == EVERYTHING:
            return None
        maps = tuple([one.maps for one in choice.outs])
        price = self._least_price(depth, choice.choice, maps, state, out)
        return _Group(out, choice.choice, maps, price + rest)

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

    def _outs_of(self, depth: int, choice: int, axis: int, size: int) -> list[_Out]:
        """The sizes behind one axis, by bound."""
        key = (depth, choice, axis, size)
        found = self._outs.get(key)
        if found is None:
            floors, weight, bounds = self._floors(depth, choice, axis), self.weights[axis], self.bounds[axis]
            here = self.columns[self.places[depth] + 1][axis]
            by_size: dict[int, list[SizeMap]] = {}
            for size_map in floors.maps:
                out = size_map.out(size)
                if out is not None and out in here:
                    by_size.setdefault(out, []).append(size_map)
            outs = []
            for out, maps in by_size.items():
                least = min([floors.least(size_map, idle=idle(size_map, size, out)) for size_map in maps])
                outs.append(_Out(weight * (least + bounds.bound(depth + 1, out, None)), out, tuple(maps)))
            found = self._outs[key] = sorted(outs)
        return found

    def _listed(self, depth: int, state: State, folded: Folded, group: _Group) -> Iterator[Member]:
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
                kernels = [now[0] or 0 for now in active] or [ANY] * len(state)
                price = self._price(depth, kernels, state, group.out)
                known[key] = (price, self.bound(depth + 1, group.out, active))
            price, ahead = known[key]
            cost = price + sum([cost for _, cost, _ in combination])
            for behind in self._behind(depth, state, settings, group.out, folded):
                bound = cost + ahead + self.rest(depth + 1, group.out, behind)
                yield Member(bound, unequal(settings), settings, group.out, cost, active, behind)

    def _costed(
        self, kind: LayerKind, setting: Setting, sizes: tuple[int, int], weight: int, *, first: bool
    ) -> tuple[Setting, int, ranking.Active | None]:
        window = kind.window(setting)
        if window is None:
            return setting, weight * kind.charge(setting), None
        cost = weight * self.style.layer_cost(kind.record, window, *sizes, first=first)
        return setting, cost, self.style.active(kind.record, window, *sizes)


def _class(active: ranking.Active) -> Class:
    kernel, stride, *_ = active
    return kernel or 0, stride


def unequal(settings: Sequence[Setting]) -> int:
    """How many further values the parameters have on the other axes; 0 where all axes are equal."""
    if len(settings) == 1:
        return 0
    return sum(len(set(values)) - 1 for values in zip(*settings, strict=True))


def ascending(lists: Sequence[Sequence[_Out]]) -> Iterator[tuple[int, tuple[_Out, ...]]]:
    """All combinations of one entry a list, by ascending sum of their bounds; the lists ascend themselves."""
    if not all(lists):
        return
    start = (0,) * len(lists)
    heap = [(sum(one[0].bound for one in lists), start, 0)]
    while heap:
        least, indices, pivot = heappop(heap)
        yield least, tuple([one[index] for one, index in zip(lists, indices, strict=True)])
        # each combination is reached in one way: an index moves on only where none behind it has
        for place in range(pivot, len(indices)):
            one, index = lists[place], indices[place]
            if index + 1 < len(one):
                more = one[index + 1].bound - one[index].bound
                heappush(heap, (least + more, (*indices[:place], index + 1, *indices[place + 1 :]), place))
