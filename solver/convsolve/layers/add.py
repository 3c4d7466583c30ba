"""Addition of an earlier layer's output, as residual networks do."""

from __future__ import annotations

from dataclasses import dataclass

from convsolve.layers.join import Join


@dataclass(frozen=True)
class Add(Join):
    """The sum of both, which have the same channels."""

    name = "Add"
    record = "add"

    def joined(self, before: int, other: int) -> int | None:
        return before if before == other else None
