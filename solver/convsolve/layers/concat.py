"""Concatenation with an earlier layer's output along the channels, as U-Nets do."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.join import Join


@dataclass(frozen=True)
class Concat(Join):
    """The channels of both, one behind the other."""

    name = "Concat"
    record = "concat"

    def joined(self, before: int, other: int) -> int | None:
        return before + other
