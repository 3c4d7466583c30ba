"""A stack with skip connections as the lines of a forward pass: blocks of layers, and what joins their outputs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from convsolve.layers.join import Join
from convsolve.layers.solved import SolvedLayer

BLOCK = re.compile(r"(block|encoder|decoder)[1-9][0-9]{0,4}|bottleneck")  # what a block may be called
VALUE = re.compile(r"x|skip[1-9][0-9]{0,4}")  # likewise, what goes through


class Line(NamedTuple):
    """One line of the forward pass.

    Attributes:
        value: the name of what comes out.
        block: the block's name; None for a join.
        layers: the block's layers from the first to the last, or the join alone.
        first: the number of the first of them in the stack.
        of: the names of what goes in: one value for a block, for a join first what comes to it from in front.
    """

    value: str
    block: str | None
    layers: tuple[SolvedLayer, ...]
    first: int
    of: tuple[str, ...]

    @property
    def join(self) -> Join | None:
        """The join, where it is one."""
        kind = self.layers[0].kind
        return kind if isinstance(kind, Join) else None


def lines(layers: Sequence[SolvedLayer]) -> list[Line]:
    """The forward pass through layers of which some are joins.

    A block ends in front of a join, and behind a layer whose output is joined later.

    Example:
        >>> from convsolve.tracing import trace
        >>> stack = "Conv(k=3, p=1) >> MaxPool(2) >> ConvTranspose(k=2, s=2) >> Concat(0) >> Conv(k=1)"
        >>> for line in lines(trace(stack, 8).layers):
        ...     print(line.value, line.block, line.of)
        skip1 encoder1 ('x',)
        x bottleneck ('skip1',)
        x None ('x', 'skip1')
        x decoder1 ('x',)
    """
    joined = sorted({layer.kind.layer for layer in layers if isinstance(layer.kind, Join)})
    names = {place: f"skip{number}" for number, place in enumerate(joined, 1)}
    found: list[Line] = []
    first, value = 0, "x"
    for place, layer in enumerate(layers):
        kind = layer.kind
        ends = place + 1 == len(layers) or isinstance(layers[place + 1].kind, Join) or place in names
        if not ends and not isinstance(kind, Join):
            continue
        of = (value, names[kind.layer]) if isinstance(kind, Join) else (value,)
        value = names.get(place, "x")
        block = None if isinstance(kind, Join) else "block"
        found.append(Line(value, block, tuple(layers[first : place + 1]), first, of))
        first = place + 1
    called = iter(_called(found))
    return [line if line.block is None else line._replace(block=next(called)) for line in found]


def _called(found: Sequence[Line]) -> list[str]:
    """The names of the blocks: those of an encoder and a decoder, where each step up joins its step down."""
    blocks = [line for line in found if line.block is not None]
    levels = len(found) - len(blocks)
    down, rest = found[:levels], found[levels + 1 :]
    mirrored = (
        len(found) == 3 * levels + 1
        and all(line.join is None for line in found[: levels + 1])
        and all((line.join is None) == bool(place % 2) for place, line in enumerate(rest))
        and [line.of[1] for line in rest[::2]] == [line.value for line in reversed(down)]
    )
    # the bottleneck's innermost size is not known from its ends: what goes up behind it comes to the last skip's size
    sizes = [prod(line.layers[-1].out_size) for line in down]
    smallest = min((prod(layer.out_size) for layer in found[levels].layers), default=0) if mirrored else 0
    if mirrored and all(a > b for a, b in zip(sizes, [*sizes[1:], smallest], strict=True)):
        up = range(levels, 0, -1)
        return [*(f"encoder{n}" for n in range(1, levels + 1)), "bottleneck", *(f"decoder{n}" for n in up)]
    return [f"block{number}" for number in range(1, len(blocks) + 1)]
