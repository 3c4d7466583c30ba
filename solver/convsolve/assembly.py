"""Solutions made of what was found: settings on their way through the layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from convsolve.answer import Solution
from convsolve.check.integers import faults_of, misjoined
from convsolve.layers.base import LayerKind, Setting
from convsolve.layers.solved import SolvedLayer
from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.scouting import Scout, scout
from convsolve.search import Placed
from convsolve.skips import joins
from convsolve.wiring import resolved

Ends = tuple[int | None, int | None]  # the channels in front of a layer and behind it
Passed = tuple[tuple[Setting, ...], tuple[int, ...]]  # the settings of a layer, and the size in front of it
Answered = tuple[Problem, Solution]  # a solution, and the question with its number of layers


def stream(problem: Problem, found: Scout | None = None) -> Iterator[Solution]:
    """Every combination in the graph's order, one at a time."""
    found, assembly = found or scout(problem), Assembly(problem)
    if assembly.wired or assembly.joins:
        ways = found.listed(_passed)
        return map(assembly, found.combinations()) if ways is None else map(assembly.passed, ways)
    layers = found.listed(assembly.layer)
    made = partial(Solution.of, problem=problem, checked=("arithmetic",))
    return map(assembly, found.combinations()) if layers is None else map(made, layers)


def _passed(_: int, settings: tuple[Setting, ...], size: tuple[int, ...], __: tuple[int, ...]) -> Passed:
    return settings, size


class Assembly:
    """Makes solutions of combinations; each distinct layer is made, and checked, once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        # what settings and sizes make of the channels is known of a whole combination only
        self.joins = [place for place, _ in joins([layer.kind for layer in problem.layers])]
        self.wired = any(problem.channels) and None in problem.channels
        self._layers: dict[tuple[object, ...], SolvedLayer] = {}
        made: dict[LayerKind, int] = {}
        self._alike = [made.setdefault(layer.kind, len(made)) for layer in problem.layers]

    def __call__(self, combination: Combination, size: tuple[int, ...] | None = None) -> Solution:
        """The solution of a combination; the input's size where that is to be found."""
        problem = self.problem
        sizes = [size or problem.input.size]
        for layer, settings in zip(problem.layers, combination, strict=True):
            sizes.append(_out(layer.kind, settings, sizes[-1]))
        if sizes[-1] not in problem.target:
            raise AssertionError(f"{combination} gives {sizes[-1]}")
        channels = resolved(problem.layers, problem.channels, combination, sizes) if self.wired else problem.channels
        each = zip(combination, pairwise(channels), sizes, strict=False)
        layers = [self._layer(place, *one) for place, one in enumerate(each)]
        for place in self.joins:
            if wrong := misjoined(layers[place], layers[:place]):
                raise AssertionError(f"layer {place}{wrong}")
        return Solution.of(layers, problem, ("arithmetic",))

    def passed(self, way: tuple[Passed, ...]) -> Solution:
        """The solution of a way, which knows the size that goes in."""
        return self(tuple(settings for settings, _ in way), way[0][1])

    def placed(self, found: Placed) -> Solution:
        """A combination that has its place in the order."""
        return self(found.combination, found.size)

    def layer(
        self, place: int, settings: tuple[Setting, ...], size: tuple[int, ...], out: tuple[int, ...] | None = None
    ) -> SolvedLayer:
        """One layer behind a size; where the size behind it is said, it must be that."""
        channels = self.problem.channels[place], self.problem.channels[place + 1]
        layer = self._layer(place, settings, channels, size)
        if out is not None and tuple(after for _, after in layer.ends) != out:
            raise AssertionError(f"{layer} does not give {out}")
        return layer

    def _layer(self, place: int, settings: tuple[Setting, ...], channels: Ends, size: tuple[int, ...]) -> SolvedLayer:
        key = (self._alike[place], settings, size, channels)
        layer = self._layers.get(key)
        if layer is None:
            kind = self.problem.layers[place].kind
            layer = SolvedLayer.passing(kind, settings, channels, (size, _out(kind, settings, size)))
            if found := faults_of(layer):
                raise AssertionError(f"layer {place}{found[0]}")
            self._layers[key] = layer
        return layer


def _out(kind: LayerKind, settings: tuple[Setting, ...], size: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([kind.size_map(setting).out(number) or 0 for setting, number in zip(settings, size, strict=True)])
