"""What lists of channels can come to at best, by the kernels that can stand behind each other.

A cost is a sum over layers of the elements of a kernel, of sizes, or of both, times a number that channels make. Which
kernels lead from the input to the target at all, and over which sizes, is the same whatever the channels are: found
once, it bounds the costs of every list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import product
from math import gcd, prod
from operator import itemgetter, le, mul
from typing import NamedTuple

from convsolve.conditions import Condition
from convsolve.graph import Graph
from convsolve.language.nodes import Compare, Expr, Name, Number
from convsolve.monotone import Direction, bound_of
from convsolve.objectives import COSTS
from convsolve.problem import Problem

MOST_WAYS = 20_000  # rows of kernels
MOST_SIZES = 4_000  # on all positions of an axis
MOST_WORK = 20_000_000  # rows of kernels that are put to lists of channels; some ten seconds

Numbers = tuple[int, ...]
Masks = tuple[int, ...]  # an axis, the sizes as bits


class Span(NamedTuple):
    """What a cost's channels are multiplied with, layer by layer, at the least and at the most."""

    least: Numbers
    most: Numbers


class Bound(NamedTuple):
    """A cost that must be at most, or at least, so much."""

    cost: str
    least: bool  # it is to be small
    number: int


class Promise:
    """Bounds of the costs of lists of channels, in one question.

    Args:
        problem: the question.
        graphs: of all its components; the same for every list.

    Attributes:
        bounds: those that conditions set.
        others: the other conditions.
        says_all: whether these do not speak of channels.
    """

    def __init__(self, problem: Problem, graphs: Sequence[Graph]) -> None:
        self.problem = problem
        self._graphs = graphs
        read = {one: _read(one.sentences[0]) for one in problem.where if len(one.sentences) == 1}
        self._read = {one: bound for one, bound in read.items() if bound and bound.cost in COSTS}
        self.bounds = [*self._read.values()]
        self.others = tuple(one for one in problem.where if one not in self._read)
        speaking = Direction.of((*self.others, *problem.relations))
        self.says_all = bool(self.bounds) and not (speaking.least or speaking.most or speaking.others)
        first = problem.objectives[0] if problem.objectives else None
        self.objective = first if first is not None and first.cost in COSTS else None
        if None in problem.channels:  # they hang on what is chosen
            self.bounds, self.objective, self.says_all = [], None, False
        self._work = MOST_WORK

    def __bool__(self) -> bool:
        """Whether anything is asked of costs."""
        return bool(self.costs)

    @cached_property
    def costs(self) -> list[str]:
        """Those that something is asked of."""
        asked = [bound.cost for bound in self.bounds] + ([self.objective.cost] if self.objective else [])
        return [*dict.fromkeys(asked)]

    def undecided(self, one: Problem) -> list[Condition]:
        """The conditions that bound a cost, without those that every combination of a list meets."""
        found = []
        for condition, (cost, least, number) in self._read.items():
            numbers, more = _factors(one, cost)
            span = self._hull[cost]
            worst = sum(map(mul, span.most if least else span.least, numbers)) + more
            if (worst > number) if least else (worst < number):
                found.append(condition)
        return found

    def floor(self, one: Problem, *, exactly: bool) -> int | None:
        """What the first objective of a list cannot be below, as it is to be made small; None where bounds exclude it.

        Args:
            one: the question with a list of channels.
            exactly: by the kernels that can stand behind each other, else by the least and the most of each layer.
        """
        factors = {cost: _factors(one, cost) for cost in self.costs}
        ways = self._ways if exactly and self._work > 0 else [self._hull]
        self._work -= len(ways)
        found: int | None = None
        for way in ways:
            if found is not None and self.objective is None:
                break
            value = self._of_way(way, factors)
            if value is not None and (found is None or value < found):
                found = value
        return found

    def _of_way(self, way: Mapping[str, Span], factors: Mapping[str, tuple[Numbers, int]]) -> int | None:
        """The least of the objective on some ways, or 0 without one; None where a bound is not met."""
        for cost, least, number in self.bounds:
            numbers, more = factors[cost]
            if least and sum(map(mul, way[cost].least, numbers)) + more > number:
                return None
            if not least and sum(map(mul, way[cost].most, numbers)) + more < number:
                return None
        if self.objective is None:
            return 0
        numbers, more = factors[self.objective.cost]
        if self.objective.least:
            low = sum(map(mul, way[self.objective.cost].least, numbers)) + more
            limits = [number for cost, least, number in self.bounds if cost == self.objective.cost and not least]
            return _rounded(max([low, *limits]), numbers, more, up=True)
        high = sum(map(mul, way[self.objective.cost].most, numbers)) + more
        limits = [number for cost, least, number in self.bounds if cost == self.objective.cost and least]
        return -_rounded(min([high, *limits]), numbers, more, up=False)

    @cached_property
    def _hull(self) -> dict[str, Span]:
        """The least and the most of each layer, whatever stands in front of it and behind it."""
        kernels = [[prod(choice) for choice in choices] for choices in self._kernels]
        ends = [
            tuple(
                prod(
                    end(sizes) ** len(twins) if sizes else 1
                    for graph in self._graphs
                    for sizes, twins in zip(graph.hulls[position], graph.component.twins, strict=True)
                )
                for position in range(len(self.problem.layers) + 1)
            )
            for end in (min, max)
        ]
        return self._spans([tuple(map(min, kernels)), tuple(map(max, kernels))], ends)

    def _spans(self, kernels: Sequence[Numbers], sizes: Sequence[Numbers]) -> dict[str, Span]:
        """What costs are made of, from the elements of kernels, layer by layer, and of sizes, position by position."""
        on_input = [layer.kind.on_input for layer in self.problem.layers]
        laid = [tuple(here[place + (not inside)] for place, inside in enumerate(on_input)) for here in sizes]
        each = {
            "params": kernels,
            "macs": [tuple(map(mul, *both)) for both in zip(kernels, laid, strict=True)],
            "activations": [here[1:] for here in sizes],
        }
        return {cost: Span(*each[cost]) for cost in self.costs}

    @cached_property
    def _kernels(self) -> list[list[Numbers]]:
        """Per layer the kernels that it may have, one number an axis; a single 1 where it has no weights."""
        found = []
        for layer, ties in zip(self.problem.layers, self.problem.ties, strict=True):
            position = layer.kind.positions().get("kernel_size")
            if position is None or not layer.kind.weighted:
                found.append([(1,) * self.problem.axes])
                continue
            leaders = ties[position]
            values = {
                leader: sorted(set.intersection(*(set(layer.domains[axis][position]) for axis in alike)))
                for leader in dict.fromkeys(leaders)
                if (alike := [axis for axis, other in enumerate(leaders) if other == leader])
            }
            every = (dict(zip(values, some, strict=True)) for some in product(*values.values()))
            found.append([tuple(one[leader] for leader in leaders) for one in every])
        return found

    @cached_property
    def _ways(self) -> list[dict[str, Span]]:
        """All rows of kernels that lead to the target, those left out that others are better than whatever is asked."""
        axes = [(graph, place) for graph in self._graphs for place in range(graph.axes)]
        sizes = max(sum(len(here[place]) for here in graph.hulls) for graph, place in axes)
        if prod(map(len, self._kernels)) > MOST_WAYS or sizes > MOST_SIZES:
            return [self._hull]
        found: dict[tuple[Span, ...], dict[str, Span]] = {}
        for kernels, ends in _Rows(self.problem, axes, self._kernels).all(sized=self.costs != ["params"]):
            spans = self._spans([kernels] * 2, ends)
            found[tuple(spans.values())] = spans
        wishes = [bound.least for bound in self.bounds] + [one.least for one in [self.objective] if one]
        if all(wishes):
            return _undominated(found.values(), lambda span: span.least)
        if not any(wishes):
            return _undominated(found.values(), lambda span: tuple(-number for number in span.most))
        return [*found.values()]


class _Rows:
    """The rows of kernels that lead from the input to the target on each axis by itself."""

    def __init__(
        self, problem: Problem, axes: Sequence[tuple[Graph, int]], kernels: Sequence[Sequence[Numbers]]
    ) -> None:
        self._problem = problem
        self._axes = axes
        self._kernels = kernels
        self._out: dict[tuple[int, int, int], dict[int, int]] = {}
        self._onward: dict[tuple[int, int, int, int], int] = {}

    def all(self, *, sized: bool) -> Iterator[tuple[Numbers, list[Numbers]]]:
        """The elements of kernels, layer by layer, with those of the smallest and the largest sizes on the way."""
        start = tuple(_mask(graph.hulls[0][place]) for graph, place in self._axes)
        yield from self._through((), [start], sized=sized)

    def _through(
        self, row: tuple[Numbers, ...], masks: list[Masks], *, sized: bool
    ) -> Iterator[tuple[Numbers, list[Numbers]]]:
        place = len(row)
        if place == len(self._kernels):
            yield tuple(map(prod, row)), self._ends(row, masks) if sized else [(1,) * len(masks)] * 2
            return
        for kernel in self._kernels[place]:
            outs = tuple(
                self._image(place, axis, kernel[graph.component.axes[at]], masks[-1][axis])
                for axis, (graph, at) in enumerate(self._axes)
            )
            if all(outs):
                yield from self._through((*row, kernel), [*masks, outs], sized=sized)

    def _ends(self, row: tuple[Numbers, ...], masks: Sequence[Masks]) -> list[Numbers]:
        live = [masks[-1]]
        for place in reversed(range(len(row))):
            here = []
            for axis, (graph, at) in enumerate(self._axes):
                outs = self._outs(place, axis, row[place][graph.component.axes[at]])
                here.append(sum(1 << size for size in _sizes(masks[place][axis]) if outs[size] & live[0][axis]))
            live.insert(0, tuple(here))
        counts = [len(graph.component.twins[at]) for graph, at in self._axes]
        low = [prod(((m & -m).bit_length() - 1) ** n for m, n in zip(here, counts, strict=True)) for here in live]
        high = [prod((m.bit_length() - 1) ** n for m, n in zip(here, counts, strict=True)) for here in live]
        return [tuple(low), tuple(high)]

    def _image(self, place: int, axis: int, kernel: int, mask: int) -> int:
        key = place, axis, kernel, mask
        if key not in self._onward:
            outs, found = self._outs(place, axis, kernel), 0
            for size in _sizes(mask):
                found |= outs[size]
            self._onward[key] = found
        return self._onward[key]

    def _outs(self, place: int, axis: int, kernel: int) -> dict[int, int]:
        """For each size in front of a layer, the sizes behind it."""
        key = place, axis, kernel
        if key not in self._out:
            graph, at = self._axes[axis]
            layer = self._problem.layers[place]
            domains = [*layer.domains[graph.component.axes[at]]]
            if layer.kind.weighted and "kernel_size" in layer.kind.positions():
                domains[layer.kind.positions()["kernel_size"]] = (kernel,)
            maps = [size_map for fan in layer.kind.fans(domains) for size_map, _ in fan.maps()]
            allowed = graph.hulls[place + 1][at]
            self._out[key] = {
                size: sum({1 << out for one in maps if (out := one.out(size)) is not None and out in allowed})
                for size in graph.hulls[place][at]
            }
        return self._out[key]


class Promises:
    """The bounds of lists of channels, made once for all that have their graphs in common."""

    def __init__(self) -> None:
        self._known: dict[int, Promise] = {}

    def of(self, problem: Problem, graphs: Sequence[Graph]) -> Promise:
        """Those of one list; of a family those with other strides have graphs of their own."""
        if id(graphs) not in self._known:
            self._known[id(graphs)] = Promise(problem, graphs)
        return self._known[id(graphs)]


def in_turn(
    every: Iterable[tuple[int, Problem]],
    promised: Callable[[Problem], Promise],
    floors: Callable[[Problem], tuple[int, ...]],
) -> Iterator[tuple[tuple[int, ...], Problem]]:
    """Lists of channels by what their objectives cannot be below, then the usual ones first.

    Args:
        every: how unusual it is, and the question with the list.
        promised: what bounds the first objective of a question.
        floors: what the objectives of a question cannot be below, by what its conditions do not say.
    """
    heap: list[tuple[tuple[int, ...], int, int, bool, Problem]] = []
    for number, (charge, one) in enumerate(every):
        promise = promised(one)
        alone = promise.objective is not None and len(one.objectives) == 1
        first = promise.floor(one, exactly=False)
        if first is not None:
            known = (first,) if alone else floors(one) if promise.objective is None else _raised(floors(one), first)
            heap.append((known, charge, number, False, one))
    heapify(heap)
    while heap:
        known, charge, number, exactly, one = heappop(heap)
        if exactly:
            yield known, one
        elif (first := promised(one).floor(one, exactly=True)) is not None:
            heappush(heap, (_raised(known, first) if promised(one).objective else known, charge, number, True, one))


def _raised(floors: tuple[int, ...], first: int) -> tuple[int, ...]:
    return max(first, floors[0]), *floors[1:]


def _read(sentence: Expr) -> Bound | None:
    if bound_of(sentence) is None or not isinstance(sentence, Compare):
        return None
    first, second = sentence.operands
    name, number = (first, second) if isinstance(first, Name) else (second, first)
    if not isinstance(name, Name) or not isinstance(number, Number):
        return None
    least = bound_of(sentence) == "<"
    strict = "=" not in sentence.operators[0]
    return Bound(name.name, least, number.value + (strict and (-1 if least else 1)))


def _factors(problem: Problem, cost: str) -> tuple[Numbers, int]:
    """What a cost is of each element of kernels, of sizes, or of both; and what is added to it."""
    found, more = [], 0
    for place, layer in enumerate(problem.layers):
        before, after = problem.channels[place : place + 2]
        if before is None or after is None:
            raise ValueError("channels are unknown")
        if cost == "params":
            fixed = layer.kind.weight_count(0, before, after)
            more += fixed
            found.append(layer.kind.weight_count(1, before, after) - fixed)
        else:
            each = layer.kind.mac_count(1, before, after, ((1,), (1,)))
            found.append(each if cost == "macs" else after)
    return tuple(found), more


def _rounded(number: int, factors: Numbers, more: int, *, up: bool) -> int:
    """The next sum of multiples of the factors, and of what is added."""
    step = gcd(*factors)
    if not step:
        return number
    rest = (number - more) % step
    return number - rest + (step if up and rest else 0)


def _undominated(ways: Iterable[dict[str, Span]], numbers: Callable[[Span], Numbers]) -> list[dict[str, Span]]:
    """Those that no other is at least as small as everywhere."""
    kept: dict[Numbers, dict[str, Span]] = {}
    for some, way in sorted(((sum(map(numbers, way.values()), ()), way) for way in ways), key=itemgetter(0)):
        if not any(all(map(le, other, some)) for other in kept):
            kept[some] = way
    return [*kept.values()]


def _mask(sizes: Iterable[int]) -> int:
    return sum(1 << size for size in sizes)


def _sizes(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
