"""The scout: sizes as nodes, size maps as edges with the number of settings that share them.

Axes that share parameters move together: a state is a tuple of sizes, one for each such axis. Axes
on which the whole question is the same stand in it once. Axes that share nothing are components of
their own, and what is counted there multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from operator import add, mul

from convsolve.domains import Domain
from convsolve.layers.base import SizeMap
from convsolve.problem import Layer, Problem

State = tuple[int, ...]
Branches = tuple[tuple[SizeMap, "Branches | int"], ...]  # one level an axis; the leaves are weights
Choice = tuple[tuple[Domain, ...], ...]  # the domains of each axis, shared parameters decided


@dataclass(frozen=True)
class Component:
    """Axes that must be chosen together.

    Attributes:
        axes: one axis of each kind.
        twins: for each of them, all axes that it stands for, itself included.
    """

    axes: tuple[int, ...]
    twins: tuple[tuple[int, ...], ...]


def components(problem: Problem) -> tuple[Component, ...]:
    """The axes, parted into those that share parameters, directly or through others."""
    axes = range(problem.axes)
    merged: dict[int, list[int]] = {}
    for axis in axes:
        leader = next((one for one in merged if _twins(problem, one, axis)), axis)
        merged.setdefault(leader, []).append(axis)
    groups = {axis: {axis} for axis in merged}
    for leaders in (tie for layer in problem.ties for tie in layer):
        for one, other in product(merged, merged):
            if leaders[one] == leaders[other] and groups[one] is not groups[other]:
                groups[one] |= groups[other]
                for axis in groups[one]:
                    groups[axis] = groups[one]
    parts = sorted({tuple(sorted(group)) for group in groups.values()})
    return tuple(Component(part, tuple(tuple(merged[axis]) for axis in part)) for part in parts)


def _twins(problem: Problem, one: int, other: int) -> bool:
    """Whether two axes have the same sizes and share every parameter of every layer."""
    return (
        problem.input.size[one] == problem.input.size[other]
        and problem.target.size[one] == problem.target.size[other]
        and all(tie[one] == tie[other] for layer in problem.ties for tie in layer)
        and all(layer.domains[one] == layer.domains[other] for layer in problem.layers)
        and all(len(layer.kind.axis_parameters) > 0 for layer in problem.layers if not layer.fixed)
    )


@dataclass(frozen=True)
class Step:
    """One layer on the axes of one component."""

    layer: Layer
    ties: tuple[tuple[int, ...], ...]  # per parameter, for each axis of the component its leader

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """Every decision on the shared parameters, as the domains that it leaves on each axis."""
        domains = self.layer.domains
        shared = []  # (parameter, axes, values)
        for parameter, leaders in enumerate(self.ties):
            for leader in dict.fromkeys(leaders):
                axes = [axis for axis, other in enumerate(leaders) if other == leader]
                if len(axes) > 1:
                    common = set.intersection(*(set(domains[axis][parameter]) for axis in axes))
                    shared.append((parameter, axes, sorted(common)))
        found = []
        for values in product(*(values for _, _, values in shared)):
            decided = [list(axis) for axis in domains]
            for (parameter, axes, _), value in zip(shared, values, strict=True):
                for axis in axes:
                    decided[axis][parameter] = (value,)
            found.append(tuple(tuple(axis) for axis in decided))
        return tuple(found)

    @cached_property
    def branches(self) -> Branches:
        """All joint size maps, axis by axis, with the number of settings that share them."""
        kind = self.layer.kind
        known: dict[tuple[Domain, ...], dict[SizeMap, int]] = {}

        def maps(domains: tuple[Domain, ...]) -> dict[SizeMap, int]:
            if domains not in known:
                known[domains] = kind.maps(domains)
            return known[domains]

        return join([tuple(maps(axis) for axis in choice) for choice in self.choices])

    @cached_property
    def alone(self) -> tuple[Branches, ...]:
        """The size maps of each axis by itself, ties left out: never fewer than there are."""
        return tuple(join([(self.layer.kind.maps(axis),)]) for axis in self.layer.domains)


def join(
    choices: Sequence[tuple[Mapping[SizeMap, int], ...]],
    times: Callable[[int, int], int] = mul,
    plus: Callable[[int, int], int] = add,
) -> Branches:
    """Weights of joint maps: `times` within a choice, `plus` over the choices that share a map."""
    if not choices or len(choices[0]) == 1:
        total: dict[SizeMap, int] = {}
        for (weights,) in choices:
            for size_map, weight in weights.items():
                total[size_map] = plus(total[size_map], weight) if size_map in total else weight
        return tuple(total.items())
    # by the first axis' map, then the rest of the choices in which it occurs
    nested: dict[SizeMap, list[tuple[Mapping[SizeMap, int], ...]]] = {}
    for first, second, *rest in choices:
        scaled: dict[int, Mapping[SizeMap, int]] = {}
        for size_map, weight in first.items():
            if weight not in scaled:
                scaled[weight] = {m: times(weight, w) for m, w in second.items()}
            nested.setdefault(size_map, []).append((scaled[weight], *rest))
    return tuple((size_map, join(parts, times, plus)) for size_map, parts in nested.items())


def successors(branches: Branches, state: State, allowed: Sequence[Container[int]]) -> dict[State, int]:
    """The states behind a layer, with the number of joint settings that lead there."""
    found: dict[State, int] = {}
    size, here = state[0], allowed[0]
    last = len(state) == 1
    for (up, stride, offset, least), below in branches:
        if size < least:
            continue
        out = stride * size + offset if up else (size + offset) // stride + 1
        if out not in here:
            continue
        if last:
            found[(out,)] = found.get((out,), 0) + below  # type: ignore[operator] - a leaf is a weight
        else:
            for rest, weight in successors(below, state[1:], allowed[1:]).items():  # type: ignore[arg-type] - no leaf
                joined = (out, *rest)
                found[joined] = found.get(joined, 0) + weight
    return found


def predecessors(branches: Branches, state: State, allowed: Sequence[Container[int]]) -> set[State]:
    """The states in front of a layer that can lead to this one."""
    found: set[State] = set()
    last = len(state) == 1
    for size_map, below in branches:
        sources = [size for size in size_map.into(state[0]) if size in allowed[0]]
        if not sources:
            continue
        rests = [()] if last else predecessors(below, state[1:], allowed[1:])  # type: ignore[arg-type] - no leaf
        found.update((source, *rest) for source in sources for rest in rests)
    return found


class Graph:
    """All ways through the layers on the axes of one component.

    Attributes:
        component: the axes.
        steps: one a layer.
        edges: per layer, from each live state the states behind, with numbers of joint settings;
            a state is live where it lies on some way from the input to the target.
    """

    def __init__(self, problem: Problem, component: Component) -> None:
        self.problem = problem
        self.component = component
        self.source: State = tuple(problem.input.size[axis] for axis in component.axes)
        self.target: State = tuple(problem.target.size[axis] for axis in component.axes)
        made: dict[Step, Step] = {}
        self.steps = tuple(
            made.setdefault(step, step) for step in map(self._step, problem.layers, problem.ties)
        )
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
            found.append(
                {
                    state: sum(weight * behind[out] for out, weight in outs.items())
                    for state, outs in edges.items()
                }
            )
        return tuple(reversed(found))

    @property
    def total(self) -> int:
        """The exact number of combinations on these axes."""
        return self.totals[0].get(self.source, 0)

    def cheapest(self, floors: Sequence[Branches]) -> tuple[dict[State, int], ...]:
        """Per position, a lower bound of the cost from each live state to the target.

        Args:
            floors: per layer, joint maps whose leaves are lower bounds of their settings' costs.
        """
        found = [{self.target: 0}]
        for edges, branches in zip(reversed(self.edges), reversed(floors), strict=True):
            behind = found[-1]
            allowed = _columns(behind, len(self.source))
            found.append(
                {state: _lowest(branches, state, allowed, behind, ()) for state in edges}
            )
        return tuple(reversed(found))

    def _edges(self) -> tuple[dict[State, dict[State, int]], ...]:
        axes = range(len(self.source))
        hulls = [_hulls([step.alone[axis] for step in self.steps], self.source[axis], self.target[axis])
                 for axis in axes]
        allowed: list[list[Container[int]]] = [[hull[place] for hull in hulls] for place in range(len(self.steps) + 1)]
        if len(self.source) > 1:
            # each axis by itself first: sizes that are dead there are dead together
            single = [
                _live([step.alone[axis] for step in self.steps], (self.source[axis],), (self.target[axis],),
                      [[hulls[axis][place]] for place in range(len(self.steps) + 1)])
                for axis in axes
            ]
            allowed = [
                [{state[0] for state in _position(single[axis], place)} for axis in axes]
                for place in range(len(self.steps) + 1)
            ]
        return _live([step.branches for step in self.steps], self.source, self.target, allowed)


def _position(edges: Sequence[Mapping[State, Mapping[State, int]]], place: int) -> Iterable[State]:
    if place < len(edges):
        return edges[place]
    return {out for outs in edges[-1].values() for out in outs}


def _columns(states: Iterable[State], axes: int) -> list[set[int]]:
    return [{state[axis] for state in states} for axis in range(axes)]


def _lowest(
    branches: Branches,
    state: State,
    allowed: Sequence[Container[int]],
    behind: Mapping[State, int],
    out: State,
) -> int:
    """The cheapest way on: the joint map's floor and the bound behind it."""
    best = 1 << 62
    size, here = state[len(out)], allowed[len(out)]
    last = len(out) == len(state) - 1
    for (up, stride, offset, least), below in branches:
        if size < least:
            continue
        size_out = stride * size + offset if up else (size + offset) // stride + 1
        if size_out not in here:
            continue
        if last:
            bound = behind.get((*out, size_out))
            if bound is not None and bound + below < best:  # type: ignore[operator] - a leaf
                best = bound + below  # type: ignore[operator] - a leaf
        else:
            best = min(best, _lowest(below, state, allowed, behind, (*out, size_out)))  # type: ignore[arg-type] - no leaf
    return best


def _hulls(branches: Sequence[Branches], source: int, target: int) -> list[range]:
    """Per position, the sizes between the smallest and the largest that could be on a way."""
    bounds = [(source, source)]
    for maps in branches:
        low, high = bounds[-1]
        outs = [
            size for m, _ in maps for size in (m.out(max(low, m.least)), m.out(high)) if size and high >= m.least
        ]
        bounds.append((min(outs, default=1), max(outs, default=0)))
    hulls = [range(target, target + 1)]
    for maps, (low, high) in zip(reversed(branches), reversed(bounds[:-1]), strict=True):
        goal = hulls[-1]
        first, end = high + 1, low
        for m, _ in maps:
            if not goal:
                break
            if m.up:
                lowest, highest = -((m.offset - goal[0]) // m.stride), (goal[-1] - m.offset) // m.stride
            else:
                lowest, highest = (goal[0] - 1) * m.stride - m.offset, goal[-1] * m.stride - 1 - m.offset
            lowest, highest = max(lowest, m.least, low), min(highest, high)
            if lowest <= highest:
                first, end = min(first, lowest), max(end, highest + 1)
        hulls.append(range(first, end))
    return hulls[::-1]


def _live(
    branches: Sequence[Branches], source: State, target: State, allowed: Sequence[Sequence[Container[int]]]
) -> tuple[dict[State, dict[State, int]], ...]:
    """The live edges, found from both ends: the smaller frontier moves, until the two meet."""
    front, back = meet(branches, source, target, allowed)
    middle = len(front) - 1
    edges: list[dict[State, dict[State, int]]] = [{} for _ in branches]
    goal = front[middle] & back[0]
    for place in reversed(range(middle)):
        here = _columns(goal, len(source))
        for state in sorted(front[place]):
            outs = successors(branches[place], state, here)
            live = {out: weight for out, weight in outs.items() if out in goal}
            if live:
                edges[place][state] = live
        goal = set(edges[place])
    states = front[middle] & back[0]
    for place in range(middle, len(branches)):
        ahead = back[place - middle + 1]
        here = _columns(ahead, len(source))
        reached: set[State] = set()
        for state in sorted(states):
            outs = successors(branches[place], state, here)
            edges[place][state] = {out: weight for out, weight in outs.items() if out in ahead}
            reached |= edges[place][state].keys()
        states = reached
    return tuple(edges)


def meet(
    branches: Sequence[Branches],
    source: State,
    target: State,
    allowed: Sequence[Sequence[Container[int]]],
    most: int | None = None,
) -> tuple[list[set[State]], list[set[State]]]:
    """States that can be reached from the input, and states that lead to the target.

    The first list begins at the input, the second ends at the target, and the last of the first and
    the first of the second are at the same position, unless `most` states were exceeded before.
    """
    inside = all(size in here for size, here in zip(source, allowed[0], strict=True))
    within = all(size in here for size, here in zip(target, allowed[-1], strict=True))
    front, back = [{source} if inside else set()], [{target} if within else set()]
    first, last = 0, len(branches)
    while first < last and (most is None or min(len(front[-1]), len(back[0])) <= most):
        if len(front[-1]) <= len(back[0]):
            here = allowed[first + 1]
            front.append({out for state in front[-1] for out in successors(branches[first], state, here)})
            first += 1
        else:
            here = allowed[last - 1]
            back.insert(0, {s for state in back[0] for s in predecessors(branches[last - 1], state, here)})
            last -= 1
    return front, back


def total(graphs: Iterable[Graph]) -> int:
    """The exact number of combinations of the whole question."""
    return prod(graph.total for graph in graphs)


def graphs(problem: Problem) -> Iterator[Graph]:
    """One graph a component."""
    return (Graph(problem, component) for component in components(problem))
