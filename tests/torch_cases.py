"""One layer each, drawn where verdicts change, and what torch says of it: ``python -m tests.torch_cases`` measures.

Without an argument every case of the table is run again in torch, at batch 1 and 2, and differences are told;
``make`` draws the table anew. A line of it is the kind and its parameters, the shape that goes in (channels first),
and the shape that comes out, or null where torch refuses or lets an empty tensor pass.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.oracle import torch_run

TABLE = Path(__file__).parent / "data" / "torch_cases.jsonl"
SEED = 5
EACH = 240  # cases of a kind

Spec = dict[str, Any]
Case = tuple[Spec, list[int], list[int] | None]
LARGEST = {1: 40, 2: 14, 3: 7}  # sizes are drawn up to here
FRACTIONS = (0.29, 0.57, 1.15, 0.5, 1.5, 0.25, 2.5, 0.1, 0.3333333333333333, 0.9999, 1.0001, 3.3, 0.7, 0.01)


def load() -> list[Case]:
    """The table."""
    return [(spec, into, out) for spec, into, out in map(json.loads, TABLE.read_text().splitlines())]


def measured(spec: Spec, into: list[int]) -> list[int] | None:
    """What torch makes of a shape."""
    spec = {name: tuple(value) if isinstance(value, list) else value for name, value in spec.items()}
    found = [torch_run.run([spec], into[0], into[1:], batch) for batch in (1, 2)]
    shapes = [None if one.failed_at is not None else [*one.shapes[0]] for one in found]
    assert shapes[0] == shapes[1] or None in shapes, (spec, into, shapes)
    return None if None in shapes else shapes[0]


def _window(draw: Random, dims: int, size: list[int], *, padding: int) -> Spec:
    """A window that just fits, or just does not, on one axis at least."""

    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw.randint(low, high) for _ in range(dims))

    tight = draw.randrange(dims)
    kernel, dilation, pad = list(each(1, 4)), list(each(1, 2)), list(each(0, padding))
    kernel[tight] = max(1, size[tight] + 2 * pad[tight] + draw.choice([-1, 0, 0, 1]))
    if dilation[tight] > 1:
        kernel[tight] = max(1, (kernel[tight] - 1) // dilation[tight] + 1)
    return {"k": tuple(kernel), "s": each(1, 4), "p": tuple(pad), "d": tuple(dilation)}


def _conv(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    spec = _window(draw, dims, size, padding=4) | {"out_channels": 2}
    mode = draw.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
    if mode != "zeros":
        limit = {"reflect": -1, "circular": 0}.get(mode, 1)
        spec |= {"padding_mode": mode, "p": tuple(max(0, n + limit + draw.randint(0, 1)) for n in size)}
    return spec, draw.choice([1, 2])


def _conv_transpose(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del size
    strides = [draw.randint(1, 4) for _ in range(dims)]
    dilations = [draw.randint(1, 3) for _ in range(dims)]
    return {
        "k": tuple(draw.randint(1, 4) for _ in range(dims)),
        "s": tuple(strides),
        "p": tuple(draw.randint(0, 4) for _ in range(dims)),
        "d": tuple(dilations),
        "op": tuple(max(0, max(s, d) + draw.choice([-2, -1, -1, 0])) for s, d in zip(strides, dilations, strict=True)),
        "out_channels": 2,
    }, 1


def _pool(draw: Random, dims: int, size: list[int], *, dilated: bool) -> tuple[Spec, int]:
    spec = _window(draw, dims, size, padding=2)
    spec["p"] = tuple(max(0, k // 2 - draw.choice([0, 0, 1, -1])) for k in spec["k"])
    if not dilated:
        del spec["d"]
    return spec | {"ceil_mode": draw.random() < 0.5}, 2


def _adaptive(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del dims
    return {"output_size": tuple(draw.choice([1, n, n + 1, draw.randint(1, 9)]) for n in size)}, draw.choice([1, 3])


def _upsample(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    mode = draw.choice(["nearest", "nearest", "nearest-exact", {1: "linear", 2: "bilinear", 3: "trilinear"}[dims]])
    spec: Spec = {} if mode == "nearest" else {"mode": mode}
    if draw.random() < 0.2:
        return spec | {"size": tuple(draw.choice([1, n, 2 * n + 1]) for n in size)}, 1
    if draw.random() < 0.2:
        return spec | {"scale_factor": tuple(draw.randint(1, 4) for _ in size)}, 1
    if dims == 1:
        size[0] = draw.choice([size[0], 100, 200, draw.randint(50, 4000)])
    return spec | {"scale_factor": tuple(draw.choice(FRACTIONS) for _ in size)}, 1


def _shuffle(draw: Random, dims: int, size: list[int], *, up: bool) -> tuple[Spec, int]:
    del dims
    factor = draw.randint(1, 4)
    if not up:
        size[:] = [factor * draw.randint(1, 4) + draw.choice([0, 0, 0, 1]) for _ in size]
    return {"factor": factor}, draw.choice([factor**2, factor**2 * 3, factor, factor + 1])


def _pad(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del dims
    mode = draw.choice(["constant", "reflect", "replicate", "circular"])
    sides = [[max(0, draw.choice([0, 1, n - 1, n, n + 1])) for n in size] for _ in range(2)]
    return {"before": tuple(sides[0]), "after": tuple(sides[1]), "mode": mode}, draw.choice([1, 2])


def _crop(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del dims
    before = [draw.randint(0, n) for n in size]
    after = [max(0, n - b - draw.choice([-1, 0, 1, 1, 2])) for n, b in zip(size, before, strict=True)]
    return {"before": tuple(before), "after": tuple(after)}, 1


def _flatten(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del dims, size
    return {}, draw.randint(1, 4)


def _unflatten(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    channels, elements = draw.randint(1, 4), 1
    for n in size:
        elements *= n
    size.clear()
    sizes = [draw.randint(1, 5) for _ in range(dims)]
    whole = channels
    for n in sizes:
        whole *= n
    return {"channels": channels, "sizes": tuple(sizes)}, draw.choice([whole, whole, whole + 1, elements])


def _linear(draw: Random, dims: int, size: list[int]) -> tuple[Spec, int]:
    del dims
    size.clear()
    return {"out_features": draw.randint(1, 9), "bias": draw.random() < 0.5}, draw.randint(1, 9)


KINDS: dict[str, tuple[tuple[int, ...], Callable[[Random, int, list[int]], tuple[Spec, int]]]] = {
    "Conv": ((1, 2, 3), _conv),
    "ConvTranspose": ((1, 2, 3), _conv_transpose),
    "MaxPool": ((1, 2, 3), partial(_pool, dilated=True)),
    "AvgPool": ((1, 2, 3), partial(_pool, dilated=False)),
    "AdaptiveAvgPool": ((1, 2, 3), _adaptive),
    "AdaptiveMaxPool": ((1, 2, 3), _adaptive),
    "Upsample": ((1, 2, 3), _upsample),
    "PixelShuffle": ((2,), partial(_shuffle, up=True)),
    "PixelUnshuffle": ((2,), partial(_shuffle, up=False)),
    "Pad": ((1, 2, 3), _pad),
    "Crop": ((1, 2, 3), _crop),
    "Flatten": ((1, 2, 3), _flatten),
    "Unflatten": ((1, 2, 3), _unflatten),
    "Linear": ((1,), _linear),
}


def drawn(draw: Random) -> Iterator[tuple[Spec, list[int]]]:
    """As many cases of each kind, over all its dimensions."""
    for kind, (dimensions, of_kind) in KINDS.items():
        for number in range(EACH):
            dims = dimensions[number % len(dimensions)]
            size = [draw.choice([1, 2, 3, draw.randint(1, LARGEST[dims])]) for _ in range(dims)]
            spec, channels = of_kind(draw, dims, size)
            yield {"kind": kind} | spec, [channels, *size]


def main() -> int:
    """Measure the table, or make it."""
    if sys.argv[1:] == ["make"]:
        lines = [json.dumps([spec, into, measured(spec, into)]) for spec, into in drawn(Random(SEED))]
        TABLE.write_text("\n".join(dict.fromkeys(lines)) + "\n")
        return 0
    wrong = [(spec, into, out, now) for spec, into, out in load() if (now := measured(spec, into)) != out]
    sys.stdout.writelines(f"{spec} on {into}: the table has {out}, torch {now}\n" for spec, into, out, now in wrong)
    sys.stdout.write(f"{len(wrong)} differ\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
