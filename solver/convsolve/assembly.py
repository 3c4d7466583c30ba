"""Solutions made of what was found: settings on their way through the layers."""

from __future__ import annotations

from collections.abc import Iterator

from convsolve.answer import Solution
from convsolve.check.integers import faults
from convsolve.layers.base import Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.scouting import Scout, scout
from convsolve.search import Placed

Answered = tuple[Problem, Solution]  # a solution, and the question with its number of layers


def stream(problem: Problem, found: Scout | None = None) -> Iterator[Solution]:
    """Every combination in the graph's order, one at a time."""
    found, assembly = found or scout(problem), Assembly(problem)
    layers = found.listed(assembly.layer)
    return map(assembly, found.combinations()) if layers is None else map(_solution, layers)


def _solution(layers: tuple[SolvedLayer, ...]) -> Solution:
    return Solution(layers, ("arithmetic",))


class Assembly:
    """Makes solutions of combinations; each distinct layer is made, and checked, once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._layers: dict[tuple[int, tuple[Setting, ...], tuple[int, ...]], SolvedLayer] = {}

    def __call__(self, combination: Combination, size: tuple[int, ...] | None = None) -> Solution:
        """The solution of a combination; the input's size where that is to be found."""
        size = size or self.problem.input.size
        layers = []
        for place, settings in enumerate(combination):
            layers.append(self.layer(place, settings, size))
            size = layers[-1].out_size
        if size not in self.problem.target:
            raise AssertionError(f"{combination} gives {size}")
        return _solution(tuple(layers))

    def placed(self, found: Placed) -> Solution:
        """A combination that has its place in the order."""
        return self(found.combination, found.size)

    def layer(
        self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...], out: tuple[int, ...] | None = None
    ) -> SolvedLayer:
        """One layer behind a size; where the size behind it is said, it must be that."""
        layer = self._layers.get((place, settings, size))
        if layer is None:
            layer = self._layers[place, settings, size] = self._solved(place, settings, size)
        if out is not None and layer.out_size != out:
            raise AssertionError(f"{layer} does not give {out}")
        return layer

    def _solved(self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...]) -> SolvedLayer:
        kind, channels = self.problem.layers[place].kind, self.problem.channels
        outs = tuple(kind.size_map(setting).out(number) or 0 for setting, number in zip(settings, size, strict=True))
        layer = SolvedLayer(kind, settings, channels[place], channels[place + 1], size, outs)
        if found := faults([layer]):
            raise AssertionError(found[0])
        return layer
