"""How many combinations lead from one size to another: a plain dynamic programme, setting by setting.

What a layer allows and makes of a size is `brute_force`'s; nothing is shared with convsolve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from tests.oracle import brute_force

State = tuple[int, ...]
NAMES = {"conv": "Conv", "conv_transpose": "ConvTranspose", "max_pool": "MaxPool", "avg_pool": "AvgPool"}


def by_position(
    source: State, target: State, layers: Sequence[brute_force.Layer], tie: str = "default"
) -> list[dict[State, int]]:
    """Per position, the states on some way, each with the number of ways from there to the target."""
    axes = len(source)
    choices = [list(brute_force._combinations(source, target, layers, place, tie)) for place in range(len(layers))]
    reached: list[dict[State, Counter[State]]] = []
    states = {source}
    for one, settings in zip(layers, choices, strict=True):
        edges: dict[State, Counter[State]] = {}
        for state in states:
            edges[state] = Counter()
            for together in settings:
                out = [
                    brute_force.out_size(one.kind, axes, size, setting, ceil_mode=one.ceil_mode)
                    for size, setting in zip(state, together, strict=True)
                ]
                edges[state][tuple(size or 0 for size in out)] += None not in out
        reached.append(edges)
        states = {state for outs in edges.values() for state, number in outs.items() if number}
    found = [{target: 1}] if target in states else [{}]
    for edges in reversed(reached):
        ways = {
            state: sum(number * found[0].get(out, 0) for out, number in outs.items()) for state, outs in edges.items()
        }
        found.insert(0, {state: number for state, number in ways.items() if number})
    return found


class Drawn(NamedTuple):
    """A question in both languages."""

    source: State
    target: State
    stack: str
    tie: str
    layers: list[brute_force.Layer]


def drawn(draw: Random, *, most_axes: int = 3, most_layers: int = 3) -> Drawn:
    """A question with domains that have gaps, axes that are tied in one way or another, several kinds."""
    axes = draw.randint(1, most_axes)
    number = draw.randint(1, most_layers)
    largest = {1: 40, 2: 12, 3: 7}[axes]
    few = {1: 4, 2: 2, 3: 2}[axes]
    source = tuple(draw.randint(1, largest) for _ in range(axes))
    if draw.random() < 0.4:
        source = source[:1] * axes
    layers, texts = [], []
    for _ in range(number):
        kind = draw.choice([*NAMES])
        given: dict[str, Any] = {
            "kernel_size": _domain(draw, range(1, 8), few, axes),
            "stride": _domain(draw, range(1, 5), few, axes),
            "padding": _domain(draw, range(4), few, axes),
        }
        if kind != "avg_pool":
            given["dilation"] = _domain(draw, range(1, 4), 2, axes) if draw.random() < 0.4 else 1
        if kind == "conv_transpose":
            given["output_padding"] = _domain(draw, range(4), few, axes)
        if kind.endswith("pool") and draw.random() < 0.4:
            del given["stride"]
        ceil_mode = kind.endswith("pool") and draw.random() < 0.5
        layers.append(brute_force.layer(kind, axes, ceil_mode=ceil_mode, **given))
        words = [f"{name}={_text(value)}" for name, value in given.items()] + ["ceil_mode=True"] * ceil_mode
        texts.append(f"{NAMES[kind]}({', '.join(words)})")
    tie = draw.choice(["default", "default", "none", "all", "kernel_size", "stride,padding", "kernel_size,stride"])
    # a target that one way at least may reach, as blind ones hardly ever can be
    size: list[int | None] = [*source]
    for one in layers:
        setting = [draw.choice(one.values[name][0]) for name in brute_force.PARAMETERS]
        for axis in range(axes):
            here = size[axis]
            if one.stride_follows:
                setting[1] = setting[0]
            k, s, p, d, a = setting
            out = here and brute_force.out_size(one.kind, axes, here, (k, s, p, d, a), ceil_mode=one.ceil_mode)
            size[axis] = out or here
    target = tuple((here or 1) + (draw.random() < 0.1) for here in size)
    return Drawn(source, target, " >> ".join(texts), tie, layers)


def _domain(draw: Random, values: range, few: int, axes: int) -> tuple[int, ...] | list[tuple[int, ...]]:
    if axes > 1 and draw.random() < 0.1:
        return [_values(draw, values, few) for _ in range(axes)]
    return _values(draw, values, few)


def _values(draw: Random, values: range, few: int) -> tuple[int, ...]:
    return tuple(sorted(draw.sample(values, draw.randint(1, few))))


def _text(value: int | tuple[int, ...] | list[tuple[int, ...]]) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_text, value))})"
    return str(value) if isinstance(value, int) else "{" + ", ".join(map(str, value)) + "}"
