"""A layer for CP-SAT by its formula: AddDivisionEquality, and AddMultiplicationEquality for the transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.baselines.cp_sat import MOST, Statement
from tests.benchmarks.question import Layer


def state(model: Any, layer: Layer, settings: list[Sequence[Any]], into: list[Any], out: list[Any]) -> None:
    _, strides, _, dilations, extras = layer.domains
    for (kernel, stride, padding, dilation, extra), size, after in zip(settings, into, out, strict=True):
        reach = dilations[0] * (kernel - 1)
        if len(dilations) > 1:
            reach = model.new_int_var(0, MOST, "reach")
            model.add_multiplication_equality(reach, [dilation, kernel - 1])
        if not layer.transposed:
            top = model.new_int_var(0, MOST, "top")
            model.add(top == size + 2 * padding - reach - 1)
            model.add_division_equality(after - 1, top, stride)
            continue
        spread = model.new_int_var(0, MOST, "spread")
        model.add_multiplication_equality(spread, [size - 1, stride])
        model.add(after == spread - 2 * padding + reach + extra + 1)
        if max(extras) < min(dilations):
            continue
        larger = stride  # max(stride, dilation), where that must be said
        if min(strides) < max(dilations):
            larger = model.new_int_var(1, max(*strides, *dilations), "larger")
            model.add_max_equality(larger, [stride, dilation])
        model.add(extra < larger)


DIVISION = Statement(state)
