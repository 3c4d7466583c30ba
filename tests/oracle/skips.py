"""Drawn stacks with skip connections, and their combinations by trying every number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

from tests.oracle.brute_force import out_size

U_NET = (
    "Conv(c=8, k=3, s=1) >> MaxPool(2) >> Conv(c=16, k=3, s=1) >> MaxPool(2) >> Conv(c=32, k=3, s=1) >> MaxPool(2) >> "
    "Conv(c=64, k=3, s=1) >> ConvTranspose(c=32, s=2) >> Concat(4) >> Conv(c=32, k=3, s=1) >> "
    "ConvTranspose(c=16, s=2) >> Concat(2) >> Conv(c=16, k=3, s=1) >> ConvTranspose(c=8, s=2) >> Concat(0) >> "
    "Conv(c=1, k=3, s=1)"
)

Spec = dict[str, Any]  # a layer of a drawn stack: its kind, and a domain for each parameter, or the layer that it joins


RECORDS = {"Conv": "conv", "ConvTranspose": "conv_transpose", "MaxPool": "max_pool"}


NAMES = ("kernel_size", "stride", "padding")


def drawn(draw: Random) -> list[Spec]:
    """Few layers with small domains, some of them joins."""
    specs: list[Spec] = []
    for place in range(draw.randint(3, 6)):
        if place and draw.random() < 0.35:
            specs.append({"kind": draw.choice(("Concat", "Add")), "layer": draw.randrange(place)})
            continue
        kind = draw.choice(("Conv", "Conv", "ConvTranspose", "MaxPool"))
        domains = ((1, 2, 3), (1, 2), (0, 1))
        specs.append({"kind": kind} | {n: sorted(draw.sample(d, 2)) for n, d in zip(NAMES, domains, strict=True)})
    return specs


def text(specs: list[Spec]) -> str:
    parts = []
    for spec in specs:
        said = (
            [str(spec["layer"])]
            if "layer" in spec
            else [f"{name}={{{spec[name][0]}, {spec[name][1]}}}" for name in NAMES]
        )
        said += ["output_padding=0"] if spec["kind"] == "ConvTranspose" else []
        parts.append(f"{spec['kind']}({', '.join(said)})")
    return " >> ".join(parts)


def ways(specs: list[Spec], sizes: list[int], outs: list[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """The settings of every combination that leads on, by trying all: `outs` are the sizes behind layers so far."""
    if len(outs) == len(specs):
        if outs[-1] == sizes[1]:
            yield ()
        return
    spec, size = specs[len(outs)], outs[-1] if outs else sizes[0]
    if "layer" in spec:
        if outs[spec["layer"]] == size:
            yield from (((), *rest) for rest in ways(specs, sizes, [*outs, size]))
        return
    for k, s, p in product(*(spec[name] for name in NAMES)):
        out = out_size(RECORDS[spec["kind"]], 1, size, (k, s, p, 1, 0))
        if out is not None:
            yield from (((k, s, p), *rest) for rest in ways(specs, sizes, [*outs, out]))
