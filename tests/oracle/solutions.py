"""Solutions made by hand or drawn, without asking the solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import prod
from random import Random
from typing import Any

from convsolve.answer import Solution
from convsolve.layers.base import LayerKind
from convsolve.layers.solved import SolvedLayer
from convsolve.registry import kind_named

Part = tuple[str, Mapping[str, Any]]  # a kind's name, and its parameters, axis ones as a number or one an axis
Channels = Sequence[int | None]  # in front of the first convolution, then behind each


def solution(in_size: Sequence[int], parts: Sequence[Part], channels: Channels = ()) -> Solution:
    """The layers with the sizes that they have; every layer must be legal."""
    found = attempt(in_size, parts, channels)
    assert found is not None, (in_size, parts)
    return found


def attempt(in_size: Sequence[int], parts: Sequence[Part], channels: Channels = ()) -> Solution | None:
    """The same, or None where a layer is not legal."""
    layers: list[SolvedLayer] = []
    size = tuple(in_size)
    stages = iter(channels or [None] * (len(parts) + 1))
    current = next(stages)
    for name, parameters in parts:
        kind, settings = _kind(name, dict(parameters), len(size))
        after = tuple(kind.size_map(s).out(n) for s, n in zip(settings, size, strict=True))
        into, current = current, next(stages) if kind.weighted else current
        legal = tuple(n for n in after if n is not None)
        if len(legal) < len(after):
            return None
        layers.append(SolvedLayer(kind, settings, into, current, size, legal))
        size = legal
    return Solution(tuple(layers))


def drawn(draw: Random, dims: int | None = None, most: int = 4, *, known: bool = True) -> Solution:
    """One to four legal layers of up to 2000 elements a channel."""
    while True:
        axes = dims or draw.choice((1, 2, 3))
        parts = [_part(draw, axes) for _ in range(draw.randint(1, most))]
        widths = [draw.choice((2, 4, 6)) if known else None for _ in range(len(parts) + 1)]
        in_size = [draw.randint(1, 12) for _ in range(axes)]
        found = attempt(in_size, parts, widths)
        if found is not None and max(prod(layer.out_size) for layer in found.layers) <= 2000:
            return found


def plain(layers: Sequence[SolvedLayer]) -> list[dict[str, Any]]:
    """The layers as `tests.oracle.torch_sizes` takes them."""
    return [layer.to_dict() for layer in layers]


def _part(draw: Random, dims: int) -> Part:
    def number(*choices: int) -> int | tuple[int, ...]:
        return draw.choice(choices) if draw.random() < 0.7 else tuple(draw.choice(choices) for _ in range(dims))

    name = draw.choice(("Conv", "ConvTranspose", "ConvTranspose", "MaxPool", "AvgPool"))
    kernel = {"kernel_size": number(1, 2, 3, 4, 5)}
    if name.endswith("Pool"):
        return name, kernel | {"stride": number(1, 2, 3), "ceil_mode": draw.random() < 0.5}
    common = kernel | {"stride": number(1, 2, 3), "padding": number(0, 1, 2), "dilation": number(1, 1, 1, 2)}
    common |= {"groups": draw.choice((1, 1, 2)), "bias": draw.random() < 0.8}
    if name == "Conv":
        return name, common | {"padding_mode": draw.choice(("zeros", "zeros", "replicate"))}
    # Nothing but the rule of torch limits it: below the stride or the dilation.
    stride = common["stride"]
    top = min(stride) if isinstance(stride, tuple) else int(str(stride))
    return name, common | {"output_padding": draw.randrange(top)}


def _kind(name: str, parameters: dict[str, Any], dims: int) -> tuple[LayerKind, tuple[tuple[int, ...], ...]]:
    kind = kind_named(name)
    known = {field.name for field in fields(kind)}
    columns = []
    for parameter in kind.axis_parameters:
        default = parameters["kernel_size"] if parameter.default == "kernel_size" else parameter.default
        value = (
            parameters.pop(parameter.name, default) if parameter.name != "kernel_size" else parameters["kernel_size"]
        )
        columns.append(value if isinstance(value, tuple) else (value,) * dims)
    options = {key: value for key, value in parameters.items() if key in known}
    return kind(dims=dims, **options), tuple(zip(*columns, strict=True)) if columns else ((),) * dims


def text(layer: SolvedLayer) -> str:
    """The layer as a stack has it, every parameter written."""
    words = {} if layer.kind.word("padding") is None else {"padding": repr(layer.kind.word("padding"))}
    axes = {p.name: str(getattr(layer, p.name)) for p in layer.kind.axis_parameters if len(layer.in_size) > 1}
    axes = axes or {p.name: str(getattr(layer, p.name)[0]) for p in layer.kind.axis_parameters}
    options = {option.name: repr(getattr(layer.kind, option.name)) for option in layer.kind.options}
    written = {name: value for name, value in {**axes, **words, **options}.items() if value != "None"}
    return f"{layer.kind.name}({', '.join(f'{name}={value}' for name, value in written.items())})"
