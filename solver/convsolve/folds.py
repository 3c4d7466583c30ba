"""What conditions are made of once they are grounded: sentences over variables, and folds over all layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from convsolve.conditions import Condition
from convsolve.language import Expr, evaluated
from convsolve.language.nodes import Name, names, shaped

BEHIND = Name("behind")  # in a fold's step: its value behind the layer
MOST = 10**40  # beyond every number of a question


@dataclass(frozen=True)
class Fold:
    """A value over all layers, from the last to the first.

    Attributes:
        name: what stands for it in sentences.
        start: its value behind the last layer.
        steps: per layer, its value in front of it, over that behind it and the layer's variables; None
            where the layer changes nothing.
    """

    name: str
    start: int
    steps: tuple[Expr | None, ...]

    @cached_property
    def shapes(self) -> tuple[tuple[Expr, tuple[str, ...]] | None, ...]:
        """The steps, each over ``v0``, ``v1`` and so on and `BEHIND`, with the variables that these stand for."""
        return tuple([None if step is None else shaped(step, BEHIND.name) for step in self.steps])

    @cached_property
    def variables(self) -> set[str]:
        """The settings and sizes that it is made of."""
        return {name for shape in self.shapes if shape is not None for name in shape[1]}

    def carried(self, values: Mapping[str, int]) -> list[int]:
        """What it comes to in front of each layer and behind the last, where every variable has a value."""
        known, found = dict(values), [self.start]
        for step in reversed(self.steps):
            known[BEHIND.name] = found[-1]
            found.append(found[-1] if step is None else evaluated(step, known))
        return found[::-1]


@dataclass(frozen=True)
class Instance:
    """One sentence that must hold, and the condition that it comes from."""

    condition: Condition
    sentence: Expr


@dataclass(frozen=True)
class Grounding:
    """All conditions of a question, as sentences over variables and folds.

    Attributes:
        instances: what must hold.
        folds: what they, and the numbers, speak of.
        numbers: the objectives that are no sums of what layers cost, each as it is to be made small.
    """

    instances: tuple[Instance, ...]
    folds: tuple[Fold, ...]
    numbers: tuple[Expr, ...] = ()

    def on(self, axis: int) -> Grounding:
        """What is said of one axis alone."""
        folds = [fold for fold in self.folds if all(_axis(name) == axis for name in fold.variables)]
        known = {fold.name for fold in folds}
        own = [
            one for one in self.instances if all(name in known or _axis(name) == axis for name in names(one.sentence))
        ]
        said = {name for one in own for name in names(one.sentence)}
        return Grounding(tuple(own), tuple(fold for fold in folds if fold.name in said))


def _axis(variable: str) -> int | None:
    """The axis of a variable; None for what is none, as a fold."""
    what, *parts = variable.split(".")
    return int(parts[1]) if what in ("layer", "size") else None


def broken(grounding: Grounding, values: Mapping[str, int]) -> list[Condition]:
    """The conditions that do not hold where every variable has a value."""
    known = _with_folds(grounding, values)
    return [one.condition for one in grounding.instances if not evaluated(one.sentence, known)]


def numbers(grounding: Grounding, values: Mapping[str, int]) -> list[int]:
    """What the grounding's numbers come to where every variable has a value."""
    known = _with_folds(grounding, values)
    return [evaluated(number, known) for number in grounding.numbers]


def _with_folds(grounding: Grounding, values: Mapping[str, int]) -> dict[str, int]:
    known = dict(values)
    return known | {fold.name: fold.carried(values)[0] for fold in grounding.folds}
