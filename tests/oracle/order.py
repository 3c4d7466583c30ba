"""Where a combination stands in the order of answers, from the definition: nothing of the search is known here."""

from __future__ import annotations

from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.ranking import standard


def place_in_order(problem: Problem, combination: Combination) -> tuple[int, int, Combination]:
    """Score, unequal axes, settings."""
    style = standard()
    score = 0
    for axis in range(problem.axes):
        size = problem.input.size[axis]
        before: dict[str, tuple[int | None, ...]] = {}
        chosen = [place for place, layer in enumerate(problem.layers) if layer.kind.axis_parameters]
        for place, (layer, settings) in enumerate(zip(problem.layers, combination, strict=True)):
            out = layer.kind.size_map(settings[axis]).out(size)
            assert out is not None
            window = layer.kind.window(settings[axis])
            if window is not None:
                record = layer.kind.record
                first = len(chosen) > 1 and place == chosen[0]
                score += style.layer_cost(record, window, size, out, first=first)
                now = style.active(record, window, size, out)
                if record in before:
                    score += style.change_cost(record, before[record], now)
                before[record] = now
            size = out
    unequal = sum(len(set(values)) - 1 for settings in combination for values in zip(*settings, strict=True))
    return score, unequal, combination
