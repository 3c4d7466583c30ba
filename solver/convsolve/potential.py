"""The least that the rest of a way costs, exactly: for each state from which the target can be reached.

Found backward, from the target, over the size maps: of the settings that share a map only the one with
the best kernel matters. Objectives are products over the axes, so all axes move together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import product

from convsolve.domains import Domain
from convsolve.graph import Graph
from convsolve.layers.base import LayerKind, SizeMap
from convsolve.prices import Prices
from convsolve.shapes import LARGEST_SIZE
from convsolve.tables import State

Edges = Mapping[tuple[int, int], Collection[int]]  # of a layer on one axis: two sizes, and the kernels between them
EVERY_KERNEL = range(LARGEST_SIZE)
Way = tuple[tuple[int, ...], State]  # kernels, and the state behind them
ANY = 1  # the kernel of a layer whose price does not depend on it


class Potential:
    """The least price of what is still to come, by position and state.

    Attributes:
        prices: what each layer adds.
        least: per position, the states within reach that lead to the target, with the least price behind them.
        best: per layer and axis, the edges that the cheapest ways take from any state.
    """

    def __init__(self, graph: Graph, prices: Prices) -> None:
        self.prices = prices
        self._graph = graph
        self._kernels: dict[tuple[LayerKind, tuple[Domain, ...], int], Mapping[SizeMap, int]] = {}
        within = list(zip(*(graph.reach(axis) for axis in range(graph.axes)), strict=True))
        layers = len(graph.steps)
        self.least: list[dict[State, int]] = [{} for _ in range(layers)]
        self.least.append(dict.fromkeys(product(*graph.narrowed.end(-1)), 0))
        self.best: list[list[Edges]] = []
        for place in reversed(range(layers)):
            self.best.insert(0, self._step(place, within[place]))

    @property
    def best_values(self) -> tuple[int, ...]:
        """The objectives' values that nothing is better than."""
        least = self.least[0]
        return self.prices.values(min(least[state] for state in self._graph.live[0]))

    def rest(self, position: int, state: State, folded: tuple[int, ...] | None = None) -> int | None:
        """The least price behind a state, and behind what folds of conditions come to there; None where nothing is."""
        del folded
        return self.least[position].get(state)

    def price(self, place: int, kernels: Sequence[int], state: State, out: State) -> int:
        """What a layer with these kernels adds between two states."""
        terms = self.prices.terms(place, self._graph.elements(tuple(kernels)))
        return terms.at(self._graph.elements(state), self._graph.elements(out))

    def best_kernels(self, place: int, domains: tuple[Domain, ...]) -> Mapping[SizeMap, int]:
        """The size maps of one axis, each with the kernel_size that is best for the objectives."""
        kind, slope = self._graph.steps[place].layer.kind, self.prices.slope(place)
        found = self._kernels.get((kind, domains, slope))
        if found is None:
            found = self._kernels[kind, domains, slope] = _best_kernels(kind, domains, slope)
        return found

    def _step(self, place: int, within: Sequence[range]) -> list[Edges]:
        """Carry the potential back through one layer; returns the edges that the cheapest ways take."""
        least = self.least[place]
        ways: dict[State, list[Way]] = {}
        terms = cache(lambda kernels: self.prices.terms(place, self._graph.elements(kernels)))
        elements = cache(self._graph.elements)
        for choice in self._graph.steps[place].choices:
            sources = [self._sources(place, domains, sizes) for domains, sizes in zip(choice, within, strict=True)]
            for out, rest in self.least[place + 1].items():
                outputs = elements(out)
                for pairs in product(*(known(size) for known, size in zip(sources, out, strict=True))):
                    state, kernels = zip(*pairs, strict=True)
                    constant, per_input, per_output = terms(kernels)
                    price = rest + constant + per_output * outputs
                    if per_input:
                        price += per_input * elements(state)
                    known_price = least.get(state)
                    if known_price is None or price < known_price:
                        least[state], ways[state] = price, [(kernels, out)]
                    elif price == known_price:
                        ways[state].append((kernels, out))
        barred = self._graph.barred[place]
        if barred is not None and least.pop(barred, None) is not None:
            del ways[barred]
        return self._edges_of(ways.items(), self.prices.slope(place))

    def _edges_of(self, ways: Iterable[tuple[State, Sequence[Way]]], slope: int) -> list[Edges]:
        """On each axis, the edges of some ways on."""
        edges: list[dict[tuple[int, int], set[int]]] = [{} for _ in range(self._graph.axes)]
        for state, some in ways:
            for kernels, out in some:
                for axis, kernel in enumerate(kernels):
                    edges[axis].setdefault((state[axis], out[axis]), set()).add(kernel)
        if not slope:
            return [dict.fromkeys(pairs, EVERY_KERNEL) for pairs in edges]
        return [*edges]

    def _sources(
        self, place: int, domains: tuple[Domain, ...], within: range
    ) -> Callable[[int], list[tuple[int, int]]]:
        """On one axis, the sizes that lead to a size, each with the best kernel that does it."""
        best = self.best_kernels(place, domains)
        slope = self.prices.slope(place)

        @cache
        def sources(size: int) -> list[tuple[int, int]]:
            found: dict[int, int] = {}
            for size_map, kernel in best.items():
                for source in size_map.into(size):
                    if source in within and (source not in found or slope * kernel < slope * found[source]):
                        found[source] = kernel
            return list(found.items())

        return sources


def _best_kernels(kind: LayerKind, domains: tuple[Domain, ...], slope: int) -> dict[SizeMap, int]:
    if not slope:
        return dict.fromkeys(kind.maps(domains), ANY)
    position = kind.positions()["kernel_size"]
    found: dict[SizeMap, int] = {}
    for kernel in domains[position] if slope > 0 else reversed(domains[position]):
        for size_map in kind.maps((*domains[:position], (kernel,), *domains[position + 1 :])):
            found.setdefault(size_map, kernel)
    return found
