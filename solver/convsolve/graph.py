"""The scout: sizes as nodes, size maps as edges with the number of settings that share them.

A state is a tuple of sizes, one for each axis of a component. Numbers of ways are carried from
position to position axis by axis, so that joint maps are never listed.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from functools import cached_property
from math import prod
from operator import contains
from typing import NamedTuple

from convsolve.components import Component, Family, Step, components, families, together
from convsolve.errors import Error
from convsolve.layers.base import SizeMap
from convsolve.problem import Layer, Problem
from convsolve.shapes import LARGEST_SIZE

ANY_SIZE = range(1, LARGEST_SIZE + 1)

State = tuple[int, ...]
Ways = dict[State, int]  # states with numbers of ways from, or to, one end
Sizes = Collection[int]


class Graph:
    """All ways through the layers on the axes of one component.

    Attributes:
        component: the axes.
        steps: one a layer.
        source, target: the states at both ends.
        barred: per position, the state of single elements where the layer behind it refuses that.
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
            lone if stands_for_all and problem.refuses_single(place) else None for place in range(len(self.steps))
        ]
        self.barred.append(None)

    def _step(self, layer: Layer, ties: tuple[tuple[int, ...], ...]) -> Step:
        axes = self.component.axes
        domains = tuple(layer.domains[axis] for axis in axes)
        leaders = tuple(tuple(leader[axis] for axis in axes) for leader in ties)
        return Step(Layer(layer.kind, domains, layer.per_axis), leaders)

    @cached_property
    def totals(self) -> list[Ways]:
        """Per position the live states, on some way from source to target, and the ways from there."""
        alone = [self.alone(axis) for axis in range(len(self.source))]
        hulls = [self._hulls(axis) for axis in range(len(self.source))]
        if len(alone) == 1:
            return _totals(alone[0]._replace(allowed=[[sizes] for sizes in hulls[0]]))
        # each axis by itself first: a size that is dead there is dead in company
        columns = []
        for course, hull in zip(alone, hulls, strict=True):
            ways = _totals(course._replace(allowed=[[sizes] for sizes in hull]))
            columns.append([{state[0] for state in states} for states in ways])
        return _totals(self.course()._replace(allowed=[list(sizes) for sizes in zip(*columns, strict=True)]))

    @property
    def total(self) -> int:
        """The exact number of combinations on these axes."""
        return self.totals[0].get(self.source, 0)

    def course(self) -> Course:
        """The layers on all axes of the component, ties and all."""
        allowed = [[ANY_SIZE] * len(self.source)] * (len(self.steps) + 1)
        return Course([step.families for step in self.steps], self.source, self.target, allowed, self.barred)

    def alone(self, axis: int) -> Course:
        """The layers on one axis of the component, ties left out."""
        if len(self.source) == 1:
            return self.course()
        made = {step: families([[step.maps[axis]]]) for step in dict.fromkeys(self.steps)}
        positions = len(self.steps) + 1
        ends = (self.source[axis],), (self.target[axis],)
        return Course([made[step] for step in self.steps], *ends, [[ANY_SIZE]] * positions, [None] * positions)

    def elements(self, numbers: Sequence[int]) -> int:
        """The product over all axes of the question, those that an axis stands for included."""
        return prod(number ** len(twins) for number, twins in zip(numbers, self.component.twins, strict=True))

    def reach(self, axis: int) -> list[range]:
        """Per position, the sizes between the smallest and the largest that come there from the source."""
        return _reach([tuple(step.maps[axis]) for step in self.steps], self.source[axis])

    def _hulls(self, axis: int) -> list[range]:
        return _hulls([tuple(step.maps[axis]) for step in self.steps], self.source[axis], self.target[axis])


class Course(NamedTuple):
    """Layers to be passed from one state to another.

    Attributes:
        layers: the joint size maps of each.
        source, target: the states at both ends.
        allowed: per position, the sizes that are looked at on each axis.
        barred: per position, a state that the layer behind it refuses as a whole.
    """

    layers: Sequence[Sequence[Family]]
    source: State
    target: State
    allowed: Sequence[Sequence[Sizes]]
    barred: Sequence[State | None]

    def forward(self, ways: Ways, place: int, only: Container[State] | None = None) -> Ways:
        """Numbers of ways, carried through layer `place`."""
        return self._carried(ways, place, place + 1, only)

    def backward(self, ways: Ways, place: int, only: Container[State] | None = None) -> Ways:
        """Numbers of ways to the end, carried back through layer `place`."""
        return self._carried(ways, place, place, only)

    def _carried(self, ways: Ways, place: int, position: int, only: Container[State] | None) -> Ways:
        found: Ways = {}
        for family in self.layers[place]:
            carry(ways, family, self.allowed[position], found, forward=position > place)
        barred = self.barred[position]
        if barred is not None:
            found.pop(barred, None)
        return found if only is None else {state: count for state, count in found.items() if state in only}


def carry(ways: Ways, family: Family, allowed: Sequence[Sizes], found: Ways, *, forward: bool) -> None:
    """Add the ways that a family of maps makes of these, at the sizes that are allowed.

    A shift adds to what comes out of a map upwards and to what goes into one downwards. So it comes
    first or last, and in between each axis goes its own way.
    """
    shifts = [(shift if forward else -shift, count) for shift, count in family.shifts]
    shifts_first = forward is not family.members[0][0][0][0].up
    if shifts_first:
        ways, wanted, gathered = _shifted(ways, shifts), allowed, found
    else:
        wanted, gathered = [_before(sizes, shifts) for sizes in allowed], {}
    for axes in family.members:
        moved = ways
        for axis, maps in enumerate(axes):
            moved = _along(moved, axis, maps, wanted[axis], forward=forward)
        for state, count in moved.items():
            gathered[state] = gathered.get(state, 0) + count
    if not shifts_first:
        for state, count in _shifted(gathered, shifts).items():
            if all(map(contains, allowed, state)):
                found[state] = found.get(state, 0) + count


def _along(
    ways: Ways, axis: int, maps: Sequence[tuple[SizeMap, int]], wanted: Container[int], *, forward: bool
) -> Ways:
    """The ways with one axis carried through its maps."""
    look = _outs if forward else _sources
    known: dict[int, list[tuple[int, int]]] = {}
    found: Ways = {}
    for state, count in ways.items():
        size = state[axis]
        if size not in known:
            known[size] = look(maps, size, wanted)
        before, after = state[:axis], state[axis + 1 :]
        for other, settings in known[size]:
            moved = (*before, other, *after)
            found[moved] = found.get(moved, 0) + count * settings
    return found


def _outs(maps: Sequence[tuple[SizeMap, int]], size: int, wanted: Container[int]) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    for (up, stride, offset, least), settings in maps:
        if size >= least:
            out = stride * size + offset if up else (size + offset) // stride + 1
            if out in wanted:
                found[out] = found.get(out, 0) + settings
    return list(found.items())


def _sources(maps: Sequence[tuple[SizeMap, int]], size: int, wanted: Container[int]) -> list[tuple[int, int]]:
    found: dict[int, int] = {}
    for size_map, settings in maps:
        for source in size_map.into(size):
            if source in wanted:
                found[source] = found.get(source, 0) + settings
    return list(found.items())


def _shifted(ways: Ways, shifts: Sequence[tuple[int, int]]) -> Ways:
    """The ways with the same number added on every axis, for each shift."""
    if shifts == [(0, 1)]:
        return ways
    found: Ways = {}
    for shift, choices in shifts:
        for state, count in ways.items():
            moved = tuple([size + shift for size in state])
            found[moved] = found.get(moved, 0) + count * choices
    return found


def _before(sizes: Sizes, shifts: Sequence[tuple[int, int]]) -> Sizes:
    """The numbers that some shift brings among the sizes."""
    if isinstance(sizes, range):
        return range(sizes.start - max(shifts)[0], sizes.stop - min(shifts)[0])
    return {size - shift for size in sizes for shift, _ in shifts}


def _reach(maps: Sequence[Sequence[SizeMap]], source: int) -> list[range]:
    bounds = [range(source, source + 1)]
    for here in maps:
        usable = [m for m in here if bounds[-1] and m.least <= bounds[-1][-1]]
        lows = [m.out(max(bounds[-1][0], m.least)) or 1 for m in usable]
        highs = [m.out(bounds[-1][-1]) or 1 for m in usable]
        bounds.append(range(min(lows, default=1), max(highs, default=0) + 1))
    return bounds


def _hulls(maps: Sequence[Sequence[SizeMap]], source: int, target: int) -> list[range]:
    """Per position, the sizes between the smallest and the largest that could be on a way."""
    reached = _reach(maps, source)
    hulls = [range(target, target + 1) if target in reached[-1] else range(0)]
    for here, reach in zip(reversed(maps), reversed(reached[:-1]), strict=True):
        low, high = reach.start, reach.stop - 1
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


def meet(course: Course, most: int | None = None) -> tuple[list[Ways], list[Ways]]:
    """States that can be reached from the source, and states that lead to the target.

    The first list begins at the source, with numbers of ways from there; the second ends at the
    target, with numbers of ways to it. The last of the first and the first of the second are at the
    same position, unless `most` states were exceeded before: the smaller of both always moves.
    """
    front, back = [_end(course, 0)], [_end(course, -1)]
    first, last = 0, len(course.layers)
    while first < last and (most is None or min(len(front[-1]), len(back[0])) <= most):
        if len(front[-1]) <= len(back[0]):
            front.append(course.forward(front[-1], first))
            first += 1
        else:
            last -= 1
            back.insert(0, course.backward(back[0], last))
    return front, back


def _end(course: Course, position: int) -> Ways:
    state = course.target if position else course.source
    inside = all(size in here for size, here in zip(state, course.allowed[position], strict=True))
    return {state: 1} if inside and state != course.barred[position] else {}


def _totals(course: Course) -> list[Ways]:
    front, back = meet(course)
    middle = len(front) - 1
    found = [{state: count for state, count in back[0].items() if state in front[-1]}]
    reached = found[0]
    for place in range(middle, len(course.layers)):
        ahead = back[place - middle + 1]
        narrow = list(course.allowed)
        narrow[place + 1] = _columns(ahead, len(course.source))
        reached = course._replace(allowed=narrow).forward(dict.fromkeys(reached, 1), place, only=ahead)
        found.append({state: count for state, count in ahead.items() if state in reached})
    for place in reversed(range(middle)):
        narrow = list(course.allowed)
        narrow[place] = _columns(front[place], len(course.source))
        found.insert(0, course._replace(allowed=narrow).backward(found[0], place, only=front[place]))
    return found


def _columns(states: Iterable[State], axes: int) -> list[set[int]]:
    return [{state[axis] for state in states} for axis in range(axes)]


def whole_graph(problem: Problem) -> Graph:
    """One graph of all axes together, for what is not chosen axis by axis."""
    return Graph(problem, together(problem))


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
        lone = all((1,) * len(graph.source) in graph.totals[place] for graph in found)
        if len(found) > 1 and lone and problem.refuses_single(place):
            raise Error(
                "unsupported",
                f"layer {place} ({layer.kind.name}) refuses a single element, which axes that are not tied may leave",
                help=["leave --tie out, or take the layer out of the stack and give it to --norm"],
            )
    return found
