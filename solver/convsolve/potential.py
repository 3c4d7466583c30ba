"""The least that the rest of a way costs, exactly: what guides the search by objectives.

Of the settings that share a map only the one with the best kernel matters. Objectives are products over the
axes, so all axes move together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from convsolve.cheapest import EVERYTHING, Cheapest
from convsolve.domains import Domain
from convsolve.layers.maps import SizeMap
from convsolve.ranking import STYLE_BITS
from convsolve.shapes import LARGEST_SIZE
from convsolve.tables import State

Edges = Mapping[tuple[int, int], Collection[int]]  # of a layer on one axis: two sizes, and the kernels between them
EVERY_KERNEL = range(LARGEST_SIZE)


class Way(NamedTuple):
    """A layer with some kernels from one state to another."""

    kernels: tuple[int, ...]
    state: State
    out: State


class Potential(ABC):
    """The least price of what is still to come, by position and state.

    Attributes:
        prices: what each layer adds.
        best: per layer and axis, the edges that the cheapest ways take from any state.
    """

    def __init__(self, cheapest: Cheapest) -> None:
        self.prices = cheapest.prices
        self.best: list[list[Edges]] = []
        self._cheapest = cheapest
        self._graph = cheapest.graph

    @abstractmethod
    def states(self, position: int) -> Iterable[State]:
        """Those behind which the least price is known."""

    @abstractmethod
    def rest(self, position: int, state: State, folded: tuple[int, ...] | None = None) -> int | None:
        """The least price behind a state, and behind what folds of conditions come to there; None where nothing is."""

    def at_start(self, folded: tuple[int, ...]) -> int:
        """What a way costs beside the prices of its layers, by what folds come to in all."""
        del folded
        return 0

    def knows(self, price: int) -> bool:
        """Whether all ways of this price, style included, lead through states that are known."""
        del price
        return True

    @cached_property
    def columns(self) -> list[list[set[int]]]:
        """Per position and axis, the sizes of the states."""
        axes, positions = range(self._graph.axes), range(len(self._graph.steps) + 1)
        return [[{state[axis] for state in self.states(position)} for axis in axes] for position in positions]

    def price(self, place: int, kernels: Sequence[int], state: State, out: State) -> int:
        """What a layer with these kernels adds between two states."""
        terms = self.prices.terms(place, self._graph.elements(tuple(kernels)))
        return terms.at(self._graph.elements(state), self._graph.elements(out))

    def best_kernels(self, place: int, domains: tuple[Domain, ...]) -> Mapping[SizeMap, int]:
        """The size maps of one axis, each with the kernel_size that is best for the objectives."""
        return self._cheapest.best_kernels(place, domains)

    def _edges_of(self, ways: Iterable[Sequence[Way]], slope: int) -> list[Edges]:
        """On each axis, the edges of some ways on."""
        edges: list[dict[tuple[int, int], set[int]]] = [{} for _ in range(self._graph.axes)]
        for way in (way for some in ways for way in some):
            for on_axis, kernel, size, out in zip(edges, *way, strict=True):
                on_axis.setdefault((size, out), set()).add(kernel)
        if not slope:
            return [dict.fromkeys(pairs, EVERY_KERNEL) for pairs in edges]
        return [*edges]


class WithinCap(Potential):
    """The potential of the states that ways within a cap pass, without conditions.

    Args:
        cheapest: what it costs to come to a state.
        cap: the price of the dearest way that shall be known; no more than the cap of `cheapest`.
    """

    def __init__(self, cheapest: Cheapest, cap: int) -> None:
        super().__init__(cheapest)
        self._cap = cap
        self._least: list[dict[State, int]] = [dict.fromkeys(cheapest.spent[-1], 0)]
        for place in reversed(range(len(self._graph.steps))):
            self.best.insert(0, self._step(place))

    def states(self, position: int) -> Iterable[State]:
        return self._least[position]

    def rest(self, position: int, state: State, folded: tuple[int, ...] | None = None) -> int | None:
        del folded
        return self._least[position].get(state)

    def knows(self, price: int) -> bool:
        return price < self._cap + (1 << STYLE_BITS)

    def _step(self, place: int) -> list[Edges]:
        """Carry the potential back through one layer; returns the edges that the cheapest ways take."""
        behind, least = self._least[0], dict[State, int]()
        ways: dict[State, list[Way]] = {}
        for state, spent in self._cheapest.spent[place].items():
            for price, kernels, out in self._cheapest.edges(place, state, self._cap - spent):
                rest = behind.get(out)
                if rest is None or spent + price + rest > self._cap:
                    continue
                known = least.get(state)
                if known is None or price + rest < known:
                    least[state], ways[state] = price + rest, [Way(kernels, state, out)]
                elif price + rest == known:
                    ways[state].append(Way(kernels, state, out))
        self._least.insert(0, least)
        return self._edges_of(ways.values(), self.prices.slope(place))


def growing(cheapest: Cheapest) -> Iterator[WithinCap]:
    """Potentials of the best ways, then of more and more: each knows all that the one before it knew."""
    cap = cheapest.optimum
    while True:
        yield WithinCap(cheapest, cap)
        if cap == EVERYTHING:
            return
        if cap == cheapest.cap:
            cheapest.further()
        cap = cheapest.cap
