"""The scout: sizes as nodes, size maps as edges with the number of settings that share them.

A state is a tuple of sizes, one for each axis of a component.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from math import prod
from typing import NamedTuple

from convsolve.components import Component, Slope, Step, Table, components
from convsolve.errors import Error
from convsolve.layers.base import SizeMap
from convsolve.problem import Layer, Problem
from convsolve.shapes import LARGEST_SIZE

ANY_SIZE = range(1, LARGEST_SIZE + 1)

State = tuple[int, ...]
Options = dict[Slope, list[tuple[int, int]]]  # (number of the map, size at its other end)
Edges = dict[State, dict[State, int]]  # from each state, the states behind with numbers of settings


class Graph:
    """All ways through the layers on the axes of one component.

    Attributes:
        component: the axes.
        steps: one a layer.
        source, target: the states at both ends.
        barred: per position, the state of single elements where the layer behind it refuses that.
        edges: per layer, from each live state the states behind, with numbers of joint settings;
            a state is live where it lies on some way from the source to the target.
    """

    def __init__(self, problem: Problem, component: Component) -> None:
        self.component = component
        self.source: State = tuple(problem.input.size[axis] for axis in component.axes)
        self.target: State = tuple(problem.target.size[axis] for axis in component.axes)
        made: dict[Step, Step] = {}
        self.steps = tuple(made.setdefault(step, step) for step in map(self._step, problem.layers, problem.ties))
        stands_for_all = sum(map(len, component.twins)) == problem.axes
        lone = (1,) * len(component.axes)
        self.barred: list[State | None] = [
            lone if stands_for_all and problem.lone_rule(place) else None for place in range(len(self.steps))
        ]
        self.barred.append(None)
        self.edges = self._edges()

    def _step(self, layer: Layer, ties: tuple[tuple[int, ...], ...]) -> Step:
        axes = self.component.axes
        domains = tuple(layer.domains[axis] for axis in axes)
        leaders = tuple(tuple(leader[axis] for axis in axes) for leader in ties)
        return Step(Layer(layer.kind, domains, layer.per_axis), leaders)

    @cached_property
    def totals(self) -> tuple[dict[State, int], ...]:
        """Per position, how many ways lead from each live state to the target."""
        found = [{self.target: 1}]
        for edges in reversed(self.edges):
            behind = found[-1]
            found.append({state: sum([n * behind[out] for out, n in outs.items()]) for state, outs in edges.items()})
        return tuple(reversed(found))

    @property
    def total(self) -> int:
        """The exact number of combinations on these axes."""
        return self.totals[0].get(self.source, 0)

    def _edges(self) -> tuple[Edges, ...]:
        axes = range(len(self.source))
        alone = [self.alone(axis) for axis in axes]
        hulls = [
            _hulls([crossing.maps[0] for crossing in one.crossings], one.source[0], one.target[0]) for one in alone
        ]
        if len(self.source) == 1:
            return _live(self.course([[sizes] for sizes in hulls[0]]))
        # each axis by itself first: a size that is dead there is dead in company
        columns = []
        for one, sizes in zip(alone, hulls, strict=True):
            last: Edges = {one.target: {}}
            edges = _live(one._replace(allowed=[[here] for here in sizes]))
            columns.append([{state[0] for state in here} for here in (*edges, last)])
        return _live(self.course([list(here) for here in zip(*columns, strict=True)]))

    def course(self, allowed: Sequence[Sequence[Container[int]]] | None = None) -> Course:
        """The layers on all axes of the component, ties and all."""
        made = {step: Crossing(step.maps, step.table) for step in self.steps}
        crossings = [made[step] for step in self.steps]
        return Course(crossings, self.source, self.target, allowed or self._anything(len(self.source)), self.barred)

    def alone(self, axis: int) -> Course:
        """The layers on one axis of the component, ties left out."""
        made: dict[Step, Crossing] = {}
        for step in self.steps:
            if step not in made:
                table: Table = {}
                for number, (size_map, count) in enumerate(step.alone[axis].items()):
                    table.setdefault(size_map[:2], {})[number] = count
                made[step] = Crossing((step.maps[axis],), table)
        crossings = [made[step] for step in self.steps]
        barred = self.barred if len(self.source) == 1 else [None] * (len(self.steps) + 1)
        here = slice(axis, axis + 1)
        return Course(crossings, self.source[here], self.target[here], self._anything(1), barred)

    def _anything(self, axes: int) -> list[list[Container[int]]]:
        return [[ANY_SIZE] * axes for _ in range(len(self.steps) + 1)]


class Course(NamedTuple):
    """Layers to be passed from one state to another.

    Attributes:
        crossings: one a layer.
        source, target: the states at both ends.
        allowed: per position, the sizes that are looked at on each axis.
        barred: per position, a state that the layer behind it refuses as a whole.
    """

    crossings: Sequence[Crossing]
    source: State
    target: State
    allowed: Sequence[Sequence[Container[int]]]
    barred: Sequence[State | None]


class Crossing:
    """A layer's joint maps, to be crossed from either side."""

    def __init__(self, maps: tuple[tuple[SizeMap, ...], ...], table: Table) -> None:
        self.maps = maps
        self.table = table

    def outs(self, axis: int, size: int, allowed: Container[int]) -> Options:
        """The maps that accept a size on one axis, with what comes out."""
        found: Options = {}
        for number, (up, stride, offset, least) in enumerate(self.maps[axis]):
            if size >= least:
                out = stride * size + offset if up else (size + offset) // stride + 1
                if out in allowed:
                    found.setdefault((up, stride), []).append((number, out))
        return found

    def sources(self, axis: int, size: int, allowed: Container[int]) -> Options:
        """The maps that give a size on one axis, with what went in."""
        found: Options = {}
        for number, size_map in enumerate(self.maps[axis]):
            for source in size_map.into(size):
                if source in allowed:
                    found.setdefault(size_map[:2], []).append((number, source))
        return found


class Sight:
    """Options through one crossing, kept axis by axis: many states share their sizes."""

    def __init__(
        self,
        crossing: Crossing,
        allowed: Sequence[Container[int]],
        barred: State | None,
        *,
        backward: bool = False,
    ) -> None:
        self._table = crossing.table
        self._look = crossing.sources if backward else crossing.outs
        self._allowed = allowed
        self._barred = barred
        self._known: list[dict[int, Options]] = [{} for _ in allowed]

    def __call__(self, state: State) -> dict[State, int]:
        """The states at the other end, with the number of joint settings that lead there."""
        options = []
        for axis, size in enumerate(state):
            known = self._known[axis]
            if size not in known:
                known[size] = self._look(axis, size, self._allowed[axis])
            if not known[size]:
                return {}
            options.append(known[size])
        found: dict[State, int] = {}
        _cross(self._table, options, (), found)
        if self._barred is not None:
            found.pop(self._barred, None)
        return found


def _cross(table: Table, options: Sequence[Options], before: State, found: dict[State, int]) -> None:
    here, *rest = options
    for slope, row in table.items():
        for number, size in here.get(slope, ()):
            if number not in row:
                continue
            state = (*before, size)
            if rest:
                _cross(row[number], rest, state, found)
            else:
                found[state] = found.get(state, 0) + row[number]


def _hulls(maps: Sequence[Sequence[SizeMap]], source: int, target: int) -> list[range]:
    """Per position, the sizes between the smallest and the largest that could be on a way."""
    bounds = [(source, source)]
    for here in maps:
        low, high = bounds[-1]
        usable = [m for m in here if m.least <= high]
        lows = [m.out(max(low, m.least)) or 1 for m in usable]
        highs = [m.out(high) or 1 for m in usable]
        bounds.append((min(lows, default=1), max(highs, default=0)))
    low, high = bounds[-1]
    hulls = [range(target, target + 1) if low <= target <= high else range(0)]
    for here, (low, high) in zip(reversed(maps), reversed(bounds[:-1]), strict=True):
        goal = hulls[-1]
        first, last = high + 1, low - 1
        for m in here if goal else ():
            if m.up:
                lowest, highest = -((m.offset - goal[0]) // m.stride), (goal[-1] - m.offset) // m.stride
            else:
                lowest = (goal[0] - 1) * m.stride - m.offset
                highest = goal[-1] * m.stride - 1 - m.offset
            lowest, highest = max(lowest, m.least, low), min(highest, high)
            if lowest <= highest:
                first, last = min(first, lowest), max(last, highest)
        hulls.append(range(first, last + 1))
    return hulls[::-1]


def _live(course: Course) -> tuple[Edges, ...]:
    """The live edges, found from both ends: the smaller frontier moves, until the two meet."""
    front, back = meet(course)
    middle = len(front) - 1
    goal = set(front[middle]) & set(back[0])
    edges: list[Edges] = [{} for _ in course.crossings]
    for place in reversed(range(middle)):
        for state, outs in front[place].items():
            live = {out: count for out, count in outs.items() if out in goal}
            if live:
                edges[place][state] = live
        goal = set(edges[place])
    states = set(front[middle]) & set(back[0])
    for place in range(middle, len(course.crossings)):
        ahead = back[place - middle + 1]
        sight = Sight(course.crossings[place], _columns(ahead, len(course.source)), course.barred[place + 1])
        reached: set[State] = set()
        for state in sorted(states):
            outs = {out: count for out, count in sight(state).items() if out in ahead}
            edges[place][state] = outs
            reached.update(outs)
        states = reached
    return tuple(edges)


def meet(course: Course, most: int | None = None) -> tuple[list[Edges], list[Edges]]:
    """States that can be reached from the source, and states that lead to the target.

    The first list begins at the source, with the moves forward of each state but those of its last
    entry; the second ends at the target, with moves backward. The last of the first and the first
    of the second are at the same position, unless `most` states were exceeded before.
    """
    front, back = [_end(course, 0)], [_end(course, -1)]
    first, last = 0, len(course.crossings)
    while first < last and (most is None or min(len(front[-1]), len(back[0])) <= most):
        if len(front[-1]) <= len(back[0]):
            first += 1
            sight = Sight(course.crossings[first - 1], course.allowed[first], course.barred[first])
            front.append(_advance(front[-1], sight))
        else:
            last -= 1
            sight = Sight(course.crossings[last], course.allowed[last], course.barred[last], backward=True)
            back.insert(0, _advance(back[0], sight))
    return front, back


def _end(course: Course, position: int) -> Edges:
    state = course.target if position else course.source
    inside = all(size in here for size, here in zip(state, course.allowed[position], strict=True))
    return {state: {}} if inside and state != course.barred[position] else {}


def _advance(frontier: Edges, sight: Sight) -> Edges:
    for state in frontier:
        frontier[state] = sight(state)
    return {state: {} for state in sorted({other for others in frontier.values() for other in others})}


def _columns(states: Iterable[State], axes: int) -> list[set[int]]:
    return [{state[axis] for state in states} for axis in range(axes)]


def total(graphs: Iterable[Graph]) -> int:
    """The exact number of combinations of the whole question."""
    return prod(graph.total for graph in graphs)


def graphs(problem: Problem) -> list[Graph]:
    """One graph a component.

    Raises:
        Error: a layer refuses a single element, axes are chosen independently of each other, and all
            of them could come down to 1 there: what the graphs count would not be exact.
    """
    found = [Graph(problem, component) for component in components(problem)]
    for place, layer in enumerate(problem.layers):
        lone = all((1,) * len(graph.source) in graph.edges[place] for graph in found)
        if len(found) > 1 and lone and problem.lone_rule(place):
            raise Error(
                "unsupported",
                f"layer {place} ({layer.kind.name}) refuses a single element, which axes that are not tied may leave",
                help=["leave --tie out, or take the layer out of the stack and give it to --norm"],
            )
    return found
