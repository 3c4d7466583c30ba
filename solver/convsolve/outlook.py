"""The least that the rest of a way can cost, as far as one can see without walking it.

At each position every axis has a smallest and a largest size that may be on a way, seen by itself. What is
decided for a layer, its kernel above all, narrows the sizes on both sides of it, so that a large step costs
a large kernel; a layer costs at least what the best decision does on the best sizes that it leaves. Of the
layer that comes next the elements in front are known, too: so the outlook of a state is a line over its
elements, or the lower one of two, and at least what it is for all states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from convsolve.components import Choice, Step
from convsolve.graph import Graph, common
from convsolve.layers.fans import ahead, behind
from convsolve.prices import Prices


class Line(NamedTuple):
    """constant + slope * elements."""

    constant: int
    slope: int


class Outlook:
    """Bounds of the rest of a way, for all ways whose sizes are within the hulls of the graph.

    Attributes:
        floors: per position, the least for all states.
        lines: per position, the lowest of these at a state's elements is a bound, too.
    """

    def __init__(self, graph: Graph, prices: Prices) -> None:
        self._graph = graph
        self._prices = prices
        self._decisions: dict[int, list[Choice]] = {}
        self.floors = [0]
        self.lines: list[tuple[Line, ...]] = [(Line(0, 0),)]
        for place in reversed(range(len(graph.steps))):
            after = self.floors[0]
            self.floors.insert(0, after + self._least(place))
            ends = self.ends(graph.hulls[place + 1])
            here = []
            for kernel in dict.fromkeys(prices.kernels(place)):
                constant, per_input, per_output = prices.terms(place, kernel)
                here.append(Line(constant + min([per_output * end for end in ends]) + after, per_input))
            self.lines.insert(0, tuple(here))

    def rest(self, position: int, elements: int) -> int:
        """The least that the rest of a way can cost behind a state with so many elements."""
        lowest = min([constant + slope * elements for constant, slope in self.lines[position]])
        return max(lowest, self.floors[position])

    def _least(self, place: int) -> int:
        """The least that a layer can cost."""
        step, prices = self._graph.steps[place], self._prices
        found = []
        for choice in self._decided(step):
            sizes = self.between(place, choice)
            if sizes is None:
                continue
            insides, outsides = map(self.ends, sizes)
            for kernel in dict.fromkeys(self.kernels(step, choice)):
                constant, per_input, per_output = prices.terms(place, kernel)
                least = min([per_input * end for end in insides]) + min([per_output * end for end in outsides])
                found.append(constant + least)
        return min(found)

    def _decided(self, step: Step) -> list[Choice]:
        """The decisions on what axes share; on one axis by itself, on its kernel."""
        found = self._decisions.get(id(step))
        if found is None:
            position = step.layer.kind.positions().get("kernel_size")
            found = [*step.choices]
            if len(step.ties[0] if step.ties else ()) == 1 and position is not None:
                ((domains,),) = found
                before, after = domains[:position], domains[position + 1 :]
                decided: list[Choice] = [((*before, (kernel,), *after),) for kernel in domains[position]]
                found = decided
            self._decisions[id(step)] = found
        return found

    def between(self, place: int, choice: Choice) -> tuple[list[range], list[range]] | None:
        """On each axis, the sizes in front of a layer and behind it that a decision leaves."""
        kind, hulls = self._graph.steps[place].layer.kind, self._graph.hulls
        sources, outs = [], []
        for domains, before, after in zip(choice, hulls[place], hulls[place + 1], strict=True):
            fans = kind.fans(domains)
            sources.append(common(behind(fans, after), before))
            outs.append(common(ahead(fans, sources[-1]), after))
            if not sources[-1] or not outs[-1]:
                return None
        return sources, outs

    def kernels(self, step: Step, choice: Choice) -> tuple[int, int]:
        """The elements of the smallest kernel and of the largest that a decision leaves."""
        position = step.layer.kind.positions().get("kernel_size")
        if position is None:
            return 1, 1
        few, many = ([domains[position][end] for domains in choice] for end in (0, -1))
        return self._graph.elements(few), self._graph.elements(many)

    def ends(self, sizes: Sequence[range]) -> tuple[int, int]:
        """The elements of the smallest state and of the largest."""
        return self._graph.elements([some[0] for some in sizes]), self._graph.elements([some[-1] for some in sizes])
