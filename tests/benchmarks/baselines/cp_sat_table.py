"""A layer for CP-SAT as a table: every kernel_size, stride and dilation with the offsets that they can have.

Then one product or one division. Padding and output_padding are looked up when the offset is known, which makes the
table five times smaller; where whole settings are asked for, in a listing, the table has them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

from tests.benchmarks.baselines.cp_sat import MOST, Statement
from tests.benchmarks.question import Layer, RefusedError, Setting


def state(
    model: Any, layer: Layer, settings: list[Sequence[Any]], into: list[Any], out: list[Any], *, whole: bool = False
) -> None:
    rows = sorted(
        {(*setting, offset) if whole else (*setting[:2], setting[3], offset) for setting, offset in legal(layer)}
    )
    offsets = [row[-1] for row in rows]
    for (kernel, stride, padding, dilation, extra), size, after in zip(settings, into, out, strict=True):
        offset = model.new_int_var(min(offsets), max(offsets), "offset")
        columns = [kernel, stride, padding, dilation, extra] if whole else [kernel, stride, dilation]
        model.add_allowed_assignments([*columns, offset], rows)
        if layer.transposed:
            spread = model.new_int_var(0, MOST, "spread")
            model.add_multiplication_equality(spread, [size, stride])
            model.add(after == spread + offset)
        else:
            top = model.new_int_var(0, MOST, "top")
            model.add(top == size + offset)
            model.add_division_equality(after - 1, top, stride)


def legal(layer: Layer) -> list[tuple[Setting, int]]:
    """Every setting with its offset."""
    found: list[tuple[Setting, int]] = []
    for k, s, p, d, a in product(*layer.domains):
        reach = d * (k - 1)
        if not layer.transposed:
            found.append(((k, s, p, d, a), 2 * p - reach - 1))
        elif a < max(s, d):
            found.append(((k, s, p, d, a), reach + a + 1 - s - 2 * p))
    return found


def complete(layer: Layer, setting: Setting, size: int, after: int) -> Setting:
    """The setting with a padding and output_padding that lead from one size to the other."""
    kernel, stride, _, dilation, _ = setting
    window = dilation * (kernel - 1) + 1
    for padding, extra in product(layer.domains[2], layer.domains[4]):
        found = (kernel, stride, padding, dilation, extra)
        if layer.transposed:
            if extra < max(stride, dilation) and after == (size - 1) * stride - 2 * padding + window + extra:
                return found
        elif size + 2 * padding >= window and after == (size + 2 * padding - window) // stride + 1:
            return found
    raise RefusedError(f"no padding for {setting} from {size} to {after}")


TABLE = Statement(state, complete, ("params", "macs", "receptive_field"))
WHOLE_TABLE = Statement(partial(state, whole=True))
