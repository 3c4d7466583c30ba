"""Spaces of all sorts to put the verbs of a space to, small enough to look at every combination."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from convsolve.posing import ask
from convsolve.problem import Problem
from convsolve.space import Space
from tests.oracle import brute_force, ways

CONDITIONED: tuple[tuple[Any, ...], ...] = (
    ("3@7", "8@28", {"layers": 2, "where": ["kernel_size >= stride", "params <= 400"]}),
    ("2@9", "4@9", {"layers": 3, "kernel_size": "1..3", "stride": "1..2", "where": "sum(kernel_size) in {4, 5, 6, 7}"}),
    ("1@6", "1@12", {"layers": 3, "kernel_size": "1..4", "stride": "1,2", "where": "padding[0] < kernel_size[-1] - 1"}),
    ("3x4", "7x9", {"layers": 2, "kernel_size": "2..4", "stride": "1..2", "where": "max(kernel_size) == 4"}),
    ("3x3", "7x7", {"layers": 2, "kernel_size": "1..4", "where": ["receptive_field <= 2", "out_size[0] % 2 == 1"]}),
    ("3x4", "7x9", {"layers": 1, "tie": "none", "no_checkerboard": True}),
    ("12", "12", {"stack": "Conv(k='1..3', s='1..2') >> Act('relu') >> MaxPool('2,3') >> ConvTranspose(k='2..4')",
                  "where": "min(kernel_size) >= 2", "monotone": False}),
)  # fmt: skip
OPEN: tuple[tuple[Any, ...], ...] = (
    ("[4..8]", "[15..18]", {"layers": 2, "kernel_size": "2..4", "stride": "1..2"}),
    ("7", "?", {"layer": "conv_transpose", "kernel_size": "1..3"}),
    ("[3..5]x[3..5]", "7x?", {"layer": "conv_transpose", "kernel_size": "2..3", "stride": "1..2", "tie": "none"}),
    ("[3..5]x4", "[6..7]x9", {"layers": 2, "kernel_size": "2..3", "stride": "1..2", "where": "out_size[0] % 2 == 1"}),
    ("[1..3]", "[50..60]", {"kernel_size": "1..2"}),
)
DEPTHS: tuple[tuple[Any, ...], ...] = (
    ("7", "28", {"layers": "1..3", "kernel_size": "2..3", "stride": "1..3"}),
    ("9", "4", {"layers": "1,3", "kernel_size": "1..3", "stride": "1..2", "padding": "0..1"}),
    ("3x4", "12x16", {"layers": "1..2", "kernel_size": "3,4"}),
    ("2@[5..6]", "3@20", {"layers": "1..3", "kernel_size": "2..3", "where": ["layers != 2", "params <= 100"]}),
    ("28", "7", {"stack": 'Conv(k=3, s="1..2") * "1..2" >> MaxPool(2) * "1..2"'}),
)
CHANNELS: tuple[tuple[Any, ...], ...] = (
    ("4", "9", {"layers": 2, "channels": "8,4..12:4,3", "kernel_size": "2..3"}),
    ("9", "4", {"layers": 3, "channels": "2,?,?,8", "kernel_size": "2..3", "stride": "1..2", "where": "params <= 150"}),
)
KINDS: tuple[tuple[Any, ...], ...] = (
    ("3@8x8", "10@", {"stack": "Conv(k='2..3', s='1..2', c=4) >> Flatten() >> Linear(10)"}),
    ("16@7x7", "4@28x28", {"stack": "PixelShuffle('1..2') >> Conv(k='1..3', s=1, c=4) >> Upsample('1..3')"}),
    ("3@20", "8@5", {"stack": "Conv(k='1..3', s='1..3', c=8) >> AdaptiveAvgPool('4..6')"}),
    ("20", "24", {"stack": "Pad() >> Crop() >> Conv(k='1..3', s=1)"}),
    ("20x16", "30x24", {"stack": "Upsample(1.5) >> Conv(k='1..3', s=1)"}),
)


def drawn(seed: int, *, most: int) -> Iterator[tuple[Problem, set[Any] | None]]:
    """Questions with all their combinations by brute force, where that is quick."""
    draw = Random(seed)
    while True:
        one = ways.drawn(draw)
        counts = ways.by_position(one.source, one.target, one.layers, one.tie)
        if counts[0].get(one.source, 0) > most:
            continue
        problem = ask(one.source, one.target, stack=one.stack, tie=one.tie)
        some = None
        if brute_force.space(one.source, one.target, one.layers, one.tie, 3000) < 3000:
            some = set(brute_force.solutions(one.source, one.target, one.layers, one.tie))
        yield problem, some


@cache
def spaces(number: int, *, most: int = 3000) -> tuple[Space, ...]:
    """So many drawn spaces, some empty; with conditions; with sizes or a depth to be found; of further kinds."""
    some = [Space.of(problem) for problem, _ in islice(drawn(8, most=most), number)]
    return (*some, *(Space(*sizes, **question) for *sizes, question in CONDITIONED + OPEN + DEPTHS + CHANNELS + KINDS))
