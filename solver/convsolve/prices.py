"""What a layer adds to the objectives, as one number.

Several objectives become one: each is shifted beyond all that the ones behind it can come to, so that
sums compare in the order of importance. Under the last of them is room for the style.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

from convsolve.graph import Graph
from convsolve.problem import Problem
from convsolve.ranking import STYLE_BITS


class Terms(NamedTuple):
    """A layer's price: constant + per_input * elements of its input + per_output * elements of its output.

    Both are counted without channels.
    """

    constant: int
    per_input: int
    per_output: int

    def at(self, inputs: int, outputs: int) -> int:
        """The price at these sizes."""
        return self.constant + self.per_input * inputs + self.per_output * outputs


class Prices:
    """The prices of all layers of a question.

    Args:
        problem: the question, with objectives and known channels.
        graph: all axes together, for how far sizes reach.
        numbers: what the objectives may come to that are no sums of what layers cost, in their order; they
            have no part in a layer's price, and room in that of the whole.
    """

    def __init__(self, problem: Problem, graph: Graph, numbers: Iterable[Sequence[int]] = ()) -> None:
        self.problem = problem
        others = [number for number, objective in enumerate(problem.objectives) if not objective.additive]
        largest_of = dict(zip(others, map(_largest, zip(*numbers, strict=True)), strict=False))
        reach = zip(*(graph.reach(axis) for axis in range(graph.axes)), strict=True)
        largest = [graph.elements(tuple(sizes[-1] if sizes else 0 for sizes in here)) for here in reach]
        self._known: dict[tuple[int, int], Terms] = {}
        self._shifts: list[int] = []
        shift = STYLE_BITS
        for number in reversed(range(len(problem.objectives))):
            self._shifts.insert(0, shift)
            most = largest_of.get(number, 0)
            for place in range(len(problem.layers)):
                _, elements = self.kernels(place)
                most += abs(self._single(number, place, elements).at(largest[place], largest[place + 1]))
            shift += most.bit_length() + 1

    def kernels(self, place: int) -> tuple[int, int]:
        """The elements of a layer's smallest and of its largest kernel; 1 where it has none."""
        layer = self.problem.layers[place]
        position = layer.kind.positions().get("kernel_size")
        if position is None:
            return 1, 1
        return prod(axis[position][0] for axis in layer.domains), prod(axis[position][-1] for axis in layer.domains)

    def terms(self, place: int, elements: int) -> Terms:
        """The price of a layer whose kernel has so many elements."""
        found = self._known.get((place, elements))
        if found is None:
            each = [self._single(number, place, elements) for number in range(len(self._shifts))]
            sums = (
                sum(part << shift for part, shift in zip(parts, self._shifts, strict=True))
                for parts in zip(*each, strict=True)
            )
            found = self._known[place, elements] = Terms(*sums)
        return found

    def slope(self, place: int) -> int:
        """Whether a larger kernel makes the layer dearer (1), cheaper (-1) or neither (0)."""
        more = self.terms(place, 2).at(1, 1) - self.terms(place, 1).at(1, 1)
        return (more > 0) - (more < 0)

    def values(self, price: int) -> tuple[int, ...]:
        """The objectives' values, of a sum of prices."""
        found = []
        for objective, shift in zip(self.problem.objectives, self._shifts, strict=True):
            value = (price + (1 << (shift - 1))) >> shift
            price -= value << shift
            found.append(objective.sign * value)
        return tuple(found)

    def of_numbers(self, numbers: Sequence[int]) -> int:
        """The price of objectives that are no sums of what layers cost, each as it is to be made small."""
        others = (pair for pair in zip(self.problem.objectives, self._shifts, strict=True) if not pair[0].additive)
        return sum(number << shift for (_, shift), number in zip(others, numbers, strict=True))

    def _single(self, number: int, place: int, elements: int) -> Terms:
        """One objective's terms, to be made small."""
        if not self.problem.objectives[number].additive:
            return Terms(0, 0, 0)
        objective = self.problem.objectives[number]
        constant, per_input, per_output = self._own(objective.cost, place, elements)
        for hung in self.problem.hanging.borne.get(place, ()):
            fixed, each = hung.cost(objective.cost)
            constant += fixed
            if self.problem.layers[place].kind.lifts:
                per_output += each
            else:
                per_input += each
        return Terms(objective.sign * constant, objective.sign * per_input, objective.sign * per_output)

    def _own(self, cost: str, place: int, elements: int) -> Terms:
        """What a layer costs where it is counted by itself."""
        if place in self.problem.hanging.places:
            return Terms(0, 0, 0)
        kind = self.problem.layers[place].kind
        before, after = self.problem.hanging.ends(place)
        match cost:
            case "params":
                return Terms(kind.weight_count(elements, before, after), 0, 0)
            case "macs":
                each = kind.mac_count(elements, before, after, ((1,), (1,)))
                return Terms(0, each, 0) if kind.on_input else Terms(0, 0, each)
        return Terms(0, 0, after)


def _largest(numbers: Iterable[int]) -> int:
    return max(map(abs, numbers))
