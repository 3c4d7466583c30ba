"""A layer for CP-SAT as a table: every legal setting with its offset, then one product or one division."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from tests.benchmarks.question import Layer

MOST = 1 << 40


def state(model: Any, layer: Layer, settings: list[Sequence[Any]], into: list[Any], out: list[Any]) -> None:
    rows = []
    for k, s, p, d, a in product(*layer.domains):
        reach = d * (k - 1)
        if layer.transposed and a < max(s, d):
            rows.append((k, s, p, d, a, reach + a + 1 - s - 2 * p))
        elif not layer.transposed:
            rows.append((k, s, p, d, a, 2 * p - reach - 1))
    offsets = [row[-1] for row in rows]
    for setting, size, after in zip(settings, into, out, strict=True):
        offset = model.new_int_var(min(offsets), max(offsets), "offset")
        model.add_allowed_assignments([*setting, offset], rows)
        stride = setting[1]
        if layer.transposed:
            spread = model.new_int_var(0, MOST, "spread")
            model.add_multiplication_equality(spread, [size, stride])
            model.add(after == spread + offset)
        else:
            top = model.new_int_var(0, MOST, "top")
            model.add(top == size + offset)
            model.add_division_equality(after - 1, top, stride)
