"""Where a combination stands in the order of answers, from the definition: nothing of the search is known here."""

from __future__ import annotations

from collections.abc import Iterable

from convsolve.listing import Combination
from convsolve.problem import Problem
from convsolve.ranking import standard
from convsolve.search import Placed


def settings(found: Iterable[Placed]) -> list[Combination]:
    """The settings alone, of what was found in order."""
    return [one.combination for one in found]


def place_in_order(
    problem: Problem, combination: Combination, start: tuple[int, ...] | None = None
) -> tuple[int, int, Combination]:
    """Score, unequal axes, settings; `start` is the input's size where that is to be found."""
    style = standard()
    score = 0
    for axis in range(problem.axes):
        size = (start or problem.input.size)[axis]
        before: dict[str, tuple[int | None, ...]] = {}
        windowed = [place for place, layer in enumerate(problem.layers) if "kernel_size" in layer.kind.positions()]
        for place, (layer, on_axes) in enumerate(zip(problem.layers, combination, strict=True)):
            out = layer.kind.size_map(on_axes[axis]).out(size)
            assert out is not None
            window = layer.kind.window(on_axes[axis])
            if window is None:
                score += layer.kind.charge(on_axes[axis])
            else:
                record = layer.kind.record
                first = len(windowed) > 1 and place == windowed[0]
                score += style.layer_cost(record, window, size, out, first=first)
                now = style.active(record, window, size, out)
                if record in before:
                    score += style.change_cost(record, before[record], now)
                before[record] = now
            size = out
    unequal = sum(len(set(values)) - 1 for layer in combination for values in zip(*layer, strict=True))
    return score, unequal, combination
