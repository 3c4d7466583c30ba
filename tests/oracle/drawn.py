"""Stacks drawn at random, legal and illegal ones, as the plain data that `torch_run` builds."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracle.brute_force import out_size

Spec = dict[str, Any]
MODES = ("zeros", "reflect", "replicate", "circular")
SIZES = {1: 24, 2: 12, 3: 7}
LARGEST = 40  # beyond, a layer is drawn again: three dimensions of transposed layers grow fast


def layer(draw: Random, dims: int, channels: int, kinds: tuple[str, ...]) -> Spec:
    """One layer behind so many channels; sizes are not looked at, so that many do not fit."""
    kind = draw.choice(kinds)

    def each(values: list[int]) -> tuple[int, ...]:
        # equal on all axes half of the time, as networks are
        return (draw.choice(values),) * dims if draw.random() < 0.5 else tuple(draw.choices(values, k=dims))

    if kind == "Act":
        return {"kind": kind}
    if kind == "Norm":
        function = draw.choice(["batch", "instance", "group"])
        return {"kind": kind, "function": function} | (
            {"groups": draw.choice([1, 2, 4])} if function == "group" else {}
        )
    spec: Spec = {"kind": kind, "k": each([1, 2, 3, 3, 4, 5])}
    if kind in ("MaxPool", "AvgPool"):
        if draw.random() < 0.6:
            spec["s"] = each([1, 2, 2, 3, 4, 6])
        spec["p"] = each([0, 0, 1, 1, 2, 3])
        if kind == "MaxPool":
            spec["d"] = each([1, 1, 2, 3])
        return spec | {"ceil_mode": draw.random() < 0.5}
    spec |= {"s": each([1, 1, 2, 2, 3]), "p": each([0, 0, 1, 1, 2, 3]), "d": each([1, 1, 1, 2, 3])}
    spec |= {"out_channels": draw.choice([1, 2, 4]), "groups": draw.choice([1, 1, 1, 2, channels])}
    spec |= {"bias": draw.random() < 0.7}
    if kind == "ConvTranspose":
        return spec | {"op": each([0, 0, 0, 1, 2])}
    if draw.random() < 0.2:
        spec["p"] = draw.choice(["same", "same", "valid"])
        if draw.random() < 0.8 and spec["p"] == "same":
            spec["s"] = (1,) * dims
    return spec | {"padding_mode": draw.choice(["zeros", *MODES])}


def stack(
    draw: Random,
    kinds: tuple[str, ...] = ("Conv", "Conv", "ConvTranspose", "ConvTranspose", "MaxPool", "AvgPool", "Norm", "Act"),
    *,
    most: int = 6,
    legal: float = 0.8,
) -> tuple[int, tuple[int, ...], list[Spec]]:
    """Channels and sizes that go in, and one to six layers in one to three dimensions.

    `legal` is how often a layer that seems not to fit is drawn again: of layers that are drawn
    blindly so few fit that hardly a stack of three would be legal.
    """
    dims = draw.choice([1, 2, 2, 3])
    channels = draw.choice([1, 2, 4])
    size = tuple(draw.randint(1, SIZES[dims]) for _ in range(dims))
    first = (channels, size)
    specs: list[Spec] = []
    for _ in range(draw.randint(1, most)):
        spec = layer(draw, dims, channels, kinds)
        behind = _behind(spec, channels, size)
        while behind is None and draw.random() < legal:
            spec = layer(draw, dims, channels, kinds)
            behind = _behind(spec, channels, size)
        specs.append(spec)
        if behind is None:
            break
        channels, size = behind
    return *first, specs


def _behind(spec: Spec, channels: int, size: tuple[int, ...]) -> tuple[int, tuple[int, ...]] | None:
    """What comes out, roughly: a judgement on legality is torch's."""
    if spec["kind"] in ("Act", "Norm"):
        return (channels, size) if channels % spec.get("groups", 1) == 0 else None
    kind = {"ConvTranspose": "conv_transpose", "MaxPool": "max_pool", "AvgPool": "avg_pool", "Conv": "conv"}[
        spec["kind"]
    ]
    if channels % spec.get("groups", 1) or spec.get("out_channels", channels) % spec.get("groups", 1):
        return None
    if spec["p"] == "same":
        return spec["out_channels"], size
    zeros = (0,) * len(size)
    paddings = zeros if spec["p"] == "valid" else spec["p"]
    ones = (1,) * len(size)
    stride = spec["s"] if "s" in spec else spec["k"]
    columns = (spec["k"], stride, paddings, spec.get("d", ones), spec.get("op", zeros))
    out = [
        out_size(kind, len(size), number, setting, ceil_mode=spec.get("ceil_mode", False))
        for number, setting in zip(size, zip(*columns, strict=True), strict=True)
    ]
    sizes = tuple(number for number in out if number is not None and number <= LARGEST)
    return (spec.get("out_channels", channels), sizes) if len(sizes) == len(size) else None
