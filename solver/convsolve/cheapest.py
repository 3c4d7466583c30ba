"""The states that cheap ways pass, found forward from the input: where a way within a cap can come, and for how much.

What a state has cost and what the rest costs at least (`outlook`) must come to no more than the cap. The
cap begins at what nothing can be below, and grows until a way to the target is within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from convsolve.components import Choice
from convsolve.domains import Domain
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind
from convsolve.layers.maps import SizeMap
from convsolve.outlook import Outlook
from convsolve.prices import Prices
from convsolve.tables import State

ANY = 1  # the kernel of a layer whose price does not depend on it
EVERYTHING = 1 << 10_000  # beyond every price
GROWTH = 2  # of what is between the cap and the least that is possible

Out = tuple[int, int]  # a size behind one axis, and the best kernel that leads there


class Edge(NamedTuple):
    """A layer between two states, with the best kernels that lead there."""

    price: int
    kernels: tuple[int, ...]
    out: State


class Lows(NamedTuple):
    """What ways through a layer come to at least: all of them, and those of each choice."""

    least: int
    each: list[int]


class Cheapest:
    """The least that it costs to come to a state, for all states that ways within a cap may pass.

    Attributes:
        cap: what the whole way may cost.
        spent: per position, by state.

    Raises:
        ValueError: there is no way.
    """

    def __init__(self, graph: Graph, prices: Prices) -> None:
        self.graph = graph
        self.prices = prices
        self.outlook = Outlook(graph, prices)
        self._kernels: dict[tuple[LayerKind, tuple[Domain, ...], int], Mapping[SizeMap, int]] = {}
        self._outs: dict[tuple[int, tuple[Domain, ...], int, int], list[Out]] = {}
        self._known_lows: dict[tuple[int, int, int], Lows] = {}
        self._known_between: dict[tuple[int, int], tuple[list[range], list[range]] | None] = {}
        self._ways: dict[tuple[int, State], list[tuple[int, Edge]]] = {}
        self._over = EVERYTHING  # while edges are looked at: by how much the cheapest left out is too dear
        self._beyond = EVERYTHING  # what is left out comes to so much at least
        self.cap = self.outlook.floors[0]
        self.spent = self._sweep()
        while not self.spent[-1]:
            if self.cap == EVERYTHING:
                raise ValueError("no way leads to the target")
            self.further()

    @property
    def optimum(self) -> int:
        """The price of the cheapest way."""
        return min(self.spent[-1].values())

    @property
    def best_values(self) -> tuple[int, ...]:
        """The objectives' values that nothing is better than."""
        return self.prices.values(self.optimum)

    def further(self) -> None:
        """Raise the cap: twice as far from the floor, and at least to what was left out; at last to `EVERYTHING`."""
        if self._beyond == EVERYTHING:
            self.cap = EVERYTHING
            return
        floor = self.outlook.floors[0]
        self.cap = max(self._beyond, floor + GROWTH * (self.cap - floor))
        self.spent = self._sweep()

    def _sweep(self) -> list[dict[State, int]]:
        self._over = EVERYTHING
        found: list[dict[State, int]] = [dict.fromkeys(self._sources(), 0)]
        for place in range(len(self.graph.steps)):
            here: dict[State, int] = {}
            for state, spent in found[-1].items():
                for price, _, out in self.edges(place, state, self.cap - spent):
                    known = here.get(out)
                    if known is None or spent + price < known:
                        here[out] = spent + price
            found.append(here)
        self._beyond = EVERYTHING if self._over == EVERYTHING else self.cap + self._over
        return found

    def _sources(self) -> Iterator[State]:
        for state in product(*self.graph.hulls[0]):
            over = self.outlook.rest(0, self.graph.elements(state)) - self.cap
            if over > 0:
                self._miss(over)
            elif state != self.graph.barred[0]:
                yield state

    def edges(self, place: int, state: State, most: int) -> Iterator[Edge]:
        """The ways through a layer that, with the least behind it, come to at most so much."""
        for all_in_all, edge in self._onward(place, state, most):
            if all_in_all > most:
                self._miss(all_in_all - most)
            else:
                yield edge

    def _onward(self, place: int, state: State, most: int) -> Iterable[tuple[int, Edge]]:
        """Ways through a layer, each with what it comes to with the least behind it; those within `most` are there."""
        if len(state) == 1:  # the same few ways, whatever they may cost
            known = self._ways.get((place, state))
            if known is None:
                known = self._ways[place, state] = [*self._through(place, state, EVERYTHING)]
            return known
        return self._through(place, state, most)

    def _through(self, place: int, state: State, most: int) -> Iterator[tuple[int, Edge]]:
        elements, rest = self.graph.elements, self.outlook.rest
        inputs, barred = elements(state), self.graph.barred[place + 1]
        for choice in self._worthwhile(place, state, most):
            outs = [
                self._behind(place, domains, axis, size)
                for axis, (domains, size) in enumerate(zip(choice, state, strict=True))
            ]
            for pairs in product(*(outs if len(outs) == 1 else self._affordable(place, outs, inputs, most))):
                out, kernels = zip(*pairs, strict=True)
                if out != barred:
                    outputs = elements(out)
                    price = self.prices.terms(place, elements(kernels)).at(inputs, outputs)
                    yield price + rest(place + 1, outputs), Edge(price, kernels, out)

    def _worthwhile(self, place: int, state: State, most: int) -> Iterator[Choice]:
        """The choices that are not too dear by what is on one axis alone: of many states, each size is met often."""
        choices = self.graph.steps[place].choices
        if len(state) == 1:
            yield from choices
            return
        every = [self._lows(place, axis, size) for axis, size in enumerate(state)]
        least = max([lows.least for lows in every])
        if EVERYTHING > least > most:
            self._miss(least - most)
            return
        for choice, *lows in zip(choices, *[lows.each for lows in every], strict=True):
            least = max(lows)
            if least <= most:
                yield choice
            elif least < EVERYTHING:
                self._miss(least - most)

    def _lows(self, place: int, axis: int, size: int) -> Lows:
        """What ways through a layer come to at least with what is behind it, with a size on one axis."""
        key = (place, axis, size)
        found = self._known_lows.get(key)
        if found is None:
            choices = self.graph.steps[place].choices
            each = [self._low(place, number, axis, size) for number, _ in enumerate(choices)]
            found = self._known_lows[key] = Lows(min(each), each)
        return found

    def _low(self, place: int, number: int, axis: int, size: int) -> int:
        step, outlook = self.graph.steps[place], self.outlook
        choice = step.choices[number]
        outs, between = self._behind(place, choice[axis], axis, size), self._between(place, number)
        if not outs or between is None:
            return EVERYTHING
        insides, outsides = map(list, between)
        insides[axis], outsides[axis] = range(size, size + 1), range(min(outs)[0], max(outs)[0] + 1)
        inputs, outputs = outlook.ends(insides), outlook.ends(outsides)
        terms = [self.prices.terms(place, kernel) for kernel in set(outlook.kernels(step, choice))]
        least = min([one.at(some, behind) for one in terms for some in inputs for behind in outputs])
        return least + min([outlook.rest(place + 1, behind) for behind in outputs])

    def _between(self, place: int, number: int) -> tuple[list[range], list[range]] | None:
        """On each axis, the sizes in front of a layer and behind it that a choice leaves."""
        key = (place, number)
        if key not in self._known_between:
            self._known_between[key] = self.outlook.between(place, self.graph.steps[place].choices[number])
        return self._known_between[key]

    def _affordable(self, place: int, outs: Sequence[Sequence[Out]], inputs: int, most: int) -> list[list[Out]]:
        """On each axis the sizes that are not too dear by themselves, whatever the other axes have."""
        if not all(outs):
            return [[]]
        elements, slope = self.graph.elements, self.prices.slope(place)
        best = [(max if slope < 0 else min)(kernel for _, kernel in some) for some in outs]
        ends = [min(some)[0] for some in outs], [max(some)[0] for some in outs]
        found: list[list[Out]] = []
        for axis, some in enumerate(outs):
            kept = []
            for size, kernel in some:
                kernels = elements([*best[:axis], kernel, *best[axis + 1 :]])
                constant, per_input, per_output = self.prices.terms(place, kernels)
                around = [elements([*sizes[:axis], size, *sizes[axis + 1 :]]) for sizes in ends]
                least = min([per_output * outputs for outputs in around])
                least += min([self.outlook.rest(place + 1, outputs) for outputs in around])
                over = constant + per_input * inputs + least - most
                if over > 0:
                    self._miss(over)
                else:
                    kept.append((size, kernel))
            if not kept:
                return [[]]
            found.append(kept)
        return found

    def _miss(self, over: int) -> None:
        self._over = min(self._over, over)

    def _behind(self, place: int, domains: tuple[Domain, ...], axis: int, size: int) -> list[Out]:
        """On one axis, the sizes that a size leads to, each with the best kernel that does it."""
        key = (place, domains, axis, size)
        found = self._outs.get(key)
        if found is None:
            within, slope = self.graph.hulls[place + 1][axis], self.prices.slope(place)
            kernels: dict[int, int] = {}
            for size_map, kernel in self.best_kernels(place, domains).items():
                out = size_map.out(size)
                if out is not None and out in within and (out not in kernels or slope * kernel < slope * kernels[out]):
                    kernels[out] = kernel
            found = self._outs[key] = [*kernels.items()]
        return found

    def best_kernels(self, place: int, domains: tuple[Domain, ...]) -> Mapping[SizeMap, int]:
        """The size maps of one axis, each with the kernel_size that is best for the objectives."""
        kind, slope = self.graph.steps[place].layer.kind, self.prices.slope(place)
        found = self._kernels.get((kind, domains, slope))
        if found is None:
            found = self._kernels[kind, domains, slope] = _best_kernels(kind, domains, slope)
        return found


def _best_kernels(kind: LayerKind, domains: tuple[Domain, ...], slope: int) -> dict[SizeMap, int]:
    if not slope:
        return dict.fromkeys(kind.maps(domains), ANY)
    position = kind.positions()["kernel_size"]
    found: dict[SizeMap, int] = {}
    for kernel in domains[position] if slope > 0 else reversed(domains[position]):
        for size_map in kind.maps((*domains[:position], (kernel,), *domains[position + 1 :])):
            found.setdefault(size_map, kernel)
    return found
