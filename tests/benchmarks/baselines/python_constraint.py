"""python-constraint: a variable for each size in between and one for each layer's settings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from constraint import Problem

from tests.benchmarks.baselines.nested_loops import out_size
from tests.benchmarks.question import Layer, Outcome, Question, RefusedError, Setting, bounds


def first(asked: Question, _limit: float) -> Outcome:
    if asked.conditions:
        raise RefusedError("conditions")
    if len(asked.axes) > 1:
        raise RefusedError("axes with ties")
    problem = Problem()
    for place, (low, high) in enumerate(bounds(asked, 0)):
        if low > high:
            return Outcome("impossible")
        problem.addVariable(f"size{place}", range(low, high + 1))
    legal = {layer: _legal(layer) for layer in dict.fromkeys(asked.layers)}
    for place, layer in enumerate(asked.layers):
        problem.addVariable(f"layer{place}", legal[layer])
        problem.addConstraint(_leads(layer), [f"size{place}", f"layer{place}", f"size{place + 1}"])
    found = problem.getSolution()
    if found is None:
        return Outcome("impossible")
    return Outcome("solved", [asked.whole([[found[f"layer{place}"]] for place in range(len(asked.layers))])])


def _legal(layer: Layer) -> list[Setting]:
    return [one for one in product(*layer.domains) if not layer.transposed or one[4] < max(one[1], one[3])]


def _leads(layer: Layer) -> Callable[[int, Setting, int], bool]:
    return lambda size, setting, after: out_size(layer, size, setting) == after
