"""Any one combination, or that there is none, found without counting.

What the axes share is decided layer by layer, depth first; then each axis is by itself, and all its sizes are
carried on at once. Layers in front that may keep the input's size are passed over as long as those behind them
suffice: a deep stack takes hardly longer than a shallow one. Where too many decisions were in vain, the graph's
live states, which leave nothing out, have the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from operator import contains
from typing import NamedTuple

from convsolve import rows
from convsolve.components import Step
from convsolve.expansion import Settings, between
from convsolve.graph import Graph, Walk
from convsolve.layers.fans import AnyFan, Listed, ahead, behind, last, pairs
from convsolve.listing import Combination, spread
from convsolve.passages import Move, move_of
from convsolve.problem import Problem
from convsolve.tables import State, Table

FEW, MANY = 16, 200  # decisions that are tried: with some of the layers, and with all


class Line(NamedTuple):
    """Sizes on one axis: the bytes of a row that begins at a size are 1 where there is one."""

    first: int
    row: int

    @property
    def sizes(self) -> range:
        """All sizes between the smallest and the largest."""
        return range(self.first, self.first + rows.places(self.row, 1))

    def since(self, size: int) -> Line:
        """The part from a size on."""
        return Line(size, self.row >> 8 * (size - self.first)) if self.first < size else self

    def until(self, size: int) -> Line:
        """The part up to a size, that one excluded."""
        room = 8 * max(0, size - self.first)
        return self if self.row.bit_length() <= room else Line(self.first, self.row & ((1 << room) - 1))

    def held(self) -> Iterator[int]:
        """The sizes, one by one."""
        return (size for size, one in enumerate(rows.numbers(self.row, 1), self.first) if one)

    def listed(self, fan: Listed, goal: range) -> Line:
        """The sizes behind maps that are found size by size, as far as they lie in the goal."""
        outs = {size_map.out(size) for size in self.held() for size_map, _ in fan.each}
        found = sorted(out for out in outs if out is not None and out in goal)
        return Line(found[0], rows.packed([(out - found[0], 1) for out in found], 1)) if found else Line(1, 0)

    def carried(self, move: Move, shift: int, *, gathers: bool) -> Line:
        """The sizes behind a move, or, gathered, in front of it."""
        stride, constant, _, parts = move
        if not gathers:
            row = rows.moved(rows.spread(self.row, 1, stride), 1, parts, counting=False)
            return Line(stride * self.first + constant + shift, row)
        first = self.first + constant + shift
        row = rows.moved(self.row, 1, parts, counting=False)
        return Line(-(-first // stride), rows.thinned(row, 1, -first % stride, stride))


class Decision(NamedTuple):
    """What axes share, decided: a fan for each axis, and what is added to their offsets alike."""

    fans: tuple[AnyFan, ...]
    shift: int

    def ahead(self, lines: Sequence[Line], goal: Sequence[range]) -> list[Line]:
        """The sizes on each axis that come out and lie in the goal; none at all where one axis has none."""
        found = []
        for fan, line, sizes in zip(self.fans, lines, goal, strict=True):
            if isinstance(fan, Listed):
                out = line.listed(fan, sizes)
            else:
                out = line.since(fan.least).carried(move_of(fan, forward=True), self.shift, gathers=not fan.up)
            out = out.since(sizes.start).until(sizes.stop)
            if not out.row:
                return []
            found.append(out)
        return found

    def behind(self, axis: int, size: int, line: Line) -> int:
        """The smallest size of a line that leads to a size on an axis."""
        fan = self.fans[axis]
        if isinstance(fan, Listed):
            return next(one for one in line.held() if any(size_map.out(one) == size for size_map, _ in fan.each))
        sources = Line(size, 1).carried(move_of(fan, forward=False), -self.shift, gathers=fan.up)
        first = max(sources.first, line.first, fan.least)
        both = sources.since(first).row & line.since(first).row
        return first + ((both & -both).bit_length() - 1) // 8


class Choices:
    """The decisions on each layer, made ready when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[tuple[AnyFan, ...], list[int]]]] = {}

    def towards(self, step: Step, lines: Sequence[Line], goal: Sequence[range]) -> Iterator[Decision]:
        """The decisions that may lead from some sizes to the goal, into its middle first."""
        known = self._known.get(id(step))
        if known is None:
            known = self._known[id(step)] = _decisions(step)
        axes = [(line.sizes, sizes.start, sizes.stop) for line, sizes in zip(lines, goal, strict=True)]
        ranked = []
        for number, (fans, shifts) in enumerate(known):
            distance = 0.0
            for fan, (sizes, start, stop) in zip(fans, axes, strict=True):
                out = ahead((fan,), sizes)
                low, high = max(out.start + min(shifts), start), min(out.stop + max(shifts), stop)
                if low >= high:
                    break
                distance += abs(low + high - start - stop) / (stop - start)
            else:
                ranked.append((distance, number))
        for _, number in sorted(ranked):
            fans, shifts = known[number]
            for shift in shifts:
                yield Decision(fans, shift)


def _decisions(step: Step) -> list[tuple[tuple[AnyFan, ...], list[int]]]:
    """The fans that go together, and what is added on all axes alike, the middle of it first."""
    found = []
    for fans, least, part in step.joint:
        middle = last(part) / 2
        shifts = sorted([(abs(amount - middle), least + amount) for amount, _ in pairs(part)])
        found += [(some, [shift for _, shift in shifts]) for some in product(*fans)]
    return found


class Way(NamedTuple):
    """A layer on a way: the state in front of it, the one behind it, and the fans that lead there, where known."""

    state: State
    out: State
    fans: Sequence[Sequence[AnyFan]] | None


def first(problem: Problem, graphs: Sequence[Graph]) -> Combination | None:
    """A combination, the same one every time; None where there is none.

    Raises:
        ValueError: the question has conditions, or sizes to be found, which this knows nothing of.

    Example:
        >>> from convsolve.graph import graphs
        >>> from convsolve.posing import ask
        >>> problem = ask(7, 28)
        >>> first(problem, graphs(problem))
        (((1, 4, 0, 1, 3),),)
    """
    if problem.demands or not problem.fixed:
        raise ValueError("conditions, or sizes to be found")
    paths = []
    for graph in graphs:
        ways = _ways(graph)
        if ways is None:
            return None
        known: dict[tuple[int, Way], Settings] = {}
        path = []
        for step, way in zip(graph.steps, ways, strict=True):
            key = id(step), way
            if key not in known:
                known[key] = next(between(step, *way))
            path.append(known[key])
        paths.append(tuple(path))
    return spread(problem, [graph.component.twins for graph in graphs], paths)


def _ways(graph: Graph) -> list[Way] | None:
    """A way through every layer; None where there is none."""
    goals = [[*graph.targets]]  # from the end: sizes that may lead to the target
    choices = Choices()
    near, wait = False, 0
    keeps: dict[int, bool] = {}
    for place in reversed(range(len(graph.steps))):
        fans = graph.steps[place].fans
        goals.append([behind(some, sizes) for some, sizes in zip(fans, goals[-1], strict=True)])
        near = all(map(contains, goals[-1], graph.source))
        if near and (place == 0 or (len(goals) >= wait and _keeps(graph, place, keeps))):
            wait = 2 * len(goals)
            found, over = _dive(graph, place, goals[::-1], choices, FEW if place else MANY)
            ways = [Way(graph.source, graph.source, None)] * place + found
            if found and not any(way.state == barred for way, barred in zip(ways, graph.barred, strict=False)):
                return ways
            if over and not found and place == 0:
                return None
    return _live_ways(graph) if near else None


def _keeps(graph: Graph, place: int, known: dict[int, bool]) -> bool:
    """Whether all layers in front of a place may leave the sizes as they are."""
    for step in graph.steps[:place]:
        if id(step) not in known:
            known[id(step)] = any(True for _ in between(step, graph.source, graph.source))
        if not known[id(step)]:
            return False
    return True


def _dive(
    graph: Graph, place: int, goals: Sequence[Sequence[range]], choices: Choices, most: int
) -> tuple[list[Way], bool]:
    """Ways from layer `place` to the end, depth first; and whether there was nothing left to be tried."""
    lines = [Line(size, 1) for size in graph.source]
    trail: list[tuple[list[Line], Decision]] = []
    waiting = [(lines, choices.towards(graph.steps[place], lines, goals[1]))]
    while waiting and most:
        lines, decisions = waiting[-1]
        decision = next(decisions, None)
        if decision is None:
            waiting.pop()
            if trail:
                trail.pop()
            continue
        most -= 1
        depth = len(waiting)
        if not (found := decision.ahead(lines, goals[depth])):
            continue
        trail.append((lines, decision))
        if place + depth == len(graph.steps):
            return _traced(graph.target, trail), True
        waiting.append((found, choices.towards(graph.steps[place + depth], found, goals[depth + 1])))
    return [], not waiting


def _traced(target: State, trail: Sequence[tuple[Sequence[Line], Decision]]) -> list[Way]:
    """Back from the target, axis by axis, through the lines of a trail."""
    ways: list[Way] = []
    out = target
    for lines, decision in reversed(trail):
        sizes = enumerate(zip(out, lines, strict=True))
        state = tuple([decision.behind(axis, size, line) for axis, (size, line) in sizes])
        fans = tuple([(_shifted(fan, decision.shift),) for fan in decision.fans])
        ways.append(Way(state, out, fans))
        out = state
    return ways[::-1]


def _shifted(fan: AnyFan, shift: int) -> AnyFan:
    return fan if isinstance(fan, Listed) else fan._replace(offset=fan.offset + shift)


def _live_ways(graph: Graph) -> list[Way] | None:
    """From state to state, always to the smallest that is on a way; None where there is none."""
    if not graph.live[0]:
        return None
    walk = Walk(graph.narrowed, counting=False)
    ways: list[Way] = []
    state = graph.source
    for place in range(len(graph.steps)):
        table = walk.forward(Table.single(state, walk.long, counting=False), place, graph.live[place + 1])
        ways.append(Way(state, min(table), None))
        state = ways[-1].out
    return ways
