"""What Z3 found, variable by variable, as the solution that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from convsolve.answer import Solution
from convsolve.check.integers import faults
from convsolve.folds import broken
from convsolve.grounding import ground
from convsolve.layers.solved import SolvedLayer
from convsolve.problem import Problem
from convsolve.variables import setting_name, size_name
from convsolve.wiring import resolved


def solution_of(problem: Problem, numbers: Mapping[str, int]) -> Solution:
    """The answer that Z3 found, once it is known to be one."""
    axes, last = range(problem.axes), len(problem.layers)
    sizes = [tuple(numbers[size_name(position, axis)] for axis in axes) for position in range(last + 1)]
    settings = [
        tuple(
            tuple(numbers[setting_name(place, axis, parameter.name)] for parameter in layer.kind.axis_parameters)
            for axis in axes
        )
        for place, layer in enumerate(problem.layers)
    ]
    channels = resolved(problem.layers, problem.channels, settings, sizes)
    layers = [
        SolvedLayer.passing(layer.kind, on_axes, ends, passed)
        for layer, on_axes, ends, passed in zip(
            problem.layers, settings, pairwise(channels), pairwise(sizes), strict=True
        )
    ]
    wrong = [*faults(layers), *_astray(problem, layers)]
    wrong += map(str, broken(ground(problem), numbers))
    if wrong:
        raise AssertionError(f"Z3's answer is none: {wrong[0]}")
    return Solution.of(layers, problem, ("arithmetic", "z3"))


def chosen(problem: Problem, numbers: Mapping[str, int]) -> dict[str, int]:
    """Of an answer's numbers those that make it another one: its settings and, where that is to be found, its input."""
    names = [
        setting_name(place, axis, parameter.name)
        for place, layer in enumerate(problem.layers)
        for axis in range(problem.axes)
        for parameter in layer.kind.axis_parameters
    ]
    return {name: numbers[name] for name in [*names, *(size_name(0, axis) for axis in range(problem.axes))]}


def _astray(problem: Problem, layers: Sequence[SolvedLayer]) -> Iterator[str]:
    """What layers do not keep of the question."""
    ends = tuple(before for before, _ in layers[0].ends), tuple(after for _, after in layers[-1].ends)
    if ends[0] not in problem.input or ends[1] not in problem.target:
        yield "it does not lead from the input to the target"
    for place, (asked, ties, found) in enumerate(zip(problem.layers, problem.ties, layers, strict=True)):
        settings = asked.recounted(found)
        for domains, setting in zip(asked.domains, settings, strict=True):
            if not all(value in domain for value, domain in zip(setting, domains, strict=True)):
                yield f"layer {place} is out of its domains"
        for leaders, values_on in zip(ties, zip(*settings, strict=True), strict=True):
            if any(values_on[leader] != value for leader, value in zip(leaders, values_on, strict=True)):
                yield f"layer {place} breaks a tie"
