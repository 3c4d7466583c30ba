"""Concatenation with an earlier layer's output along the channels, as U-Nets do."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.join import Join, Numbers


@dataclass(frozen=True)
class Concat(Join):
    """The channels of both, one behind the other."""

    name = "Concat"
    record = "concat"

    adds_channels = True

    def completed(self, before: int | None, other: int | None, after: int | None) -> Numbers | None:
        if before is not None and other is not None:
            return (before, other, before + other) if after in (None, before + other) else None
        if after is not None and before is not None:
            other = after - before
        elif after is not None and other is not None:
            before = after - other
        positive = all(number is None or number > 0 for number in (before, other))
        return (before, other, after) if positive else None
