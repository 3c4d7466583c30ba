"""What a fold can still come to where only the first layers are known: ways that cannot end well are left early.

A fold is carried from the last layer to the first. Of the layers that are not known yet it comes to something between
a least and a most; where layers only add to it, and to few values, also which values these are. The layers that are
known lead on from there, and none of them turns the order of two values round more than the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from convsolve.folds import BEHIND, Fold, Grounding
from convsolve.foregone import Ranges
from convsolve.language import Expr, compiled, names
from convsolve.language.intervals import Interval, interval
from convsolve.language.nodes import Arithmetic, Call, Name, Negative, children
from convsolve.spans import Span, spanned

Step = Callable[..., int]  # of the settings and the sizes of a way, and of what is behind a layer

MOST_CASES = 2_000  # of the settings that one layer adds by
WIDEST = 50_000  # between the least and the most sum of which each is told apart


class Sums(NamedTuple):
    """Which values a fold may have behind a position: bit 0 stands for the least of them."""

    least: int
    bits: int

    def any_within(self, least: int, most: int) -> bool:
        """Whether one of them lies between two, both ends included."""
        low = max(0, least - self.least)
        high = min(most - self.least, self.bits.bit_length())
        return low <= high and bool(self.bits >> low & ((2 << high - low) - 1))

    def joined(self, parts: Sequence[int]) -> Sums | None:
        """The same in front of a layer that adds one of some parts; None where they are too many to be told apart."""
        least = min(parts)
        if self.bits.bit_length() + max(parts) - least > WIDEST:
            return None
        bits = 0
        for part in dict.fromkeys(parts):
            bits |= self.bits << part - least
        return Sums(self.least + least, bits)


class Stepped(NamedTuple):
    """A step of a fold, as it is for all layers that differ in nothing but their place.

    Attributes:
        function: of the variables and of what is behind the layer; alike steps have the same one.
        said: the variables.
        sentence: the step over ``v0``, ``v1`` and so on.
    """

    function: Callable[..., int]
    said: tuple[str, ...]
    sentence: Expr

    @classmethod
    def of(cls, sentence: Expr, said: tuple[str, ...]) -> Stepped:
        """A step, or any sentence, by its shape."""
        parameters = (*(f"v{number}" for number in range(len(said))), BEHIND.name)
        return cls(compiled(sentence, parameters), said, sentence)


class Prospect:
    """What one fold may come to in front of the first layer, by what is known of a way.

    Args:
        start: what the fold is behind the last layer.
        span: where it must lie in the end.
        each: its steps, layer by layer, which must be `foreseeable`.
        steps: the same as functions of a way.
        known: how many layers are known of a way, by the number of those with a choice that it has.
        ranges: what settings and sizes may be.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a fold, and what is known of its layers
        self,
        start: int,
        span: Span,
        each: Sequence[Stepped | None],
        steps: Sequence[Step | None],
        known: Sequence[int],
        ranges: Ranges,
    ) -> None:
        self._span = span
        self._steps = [[step for step in reversed(steps[:layers]) if step is not None] for layers in known]
        known_parts: dict[object, list[int] | None] = {}
        rests = [Interval(start, start)]
        told_apart: list[Sums | None] = [Sums(start, 1)]
        for step in reversed(each):
            rest, last = rests[-1], told_apart[-1]
            if step is not None:
                parts = _parts(step, ranges, known_parts)
                last = last.joined(parts) if last is not None and parts else None
                rest = _added(rest, parts) if parts else _interval(step, rest, ranges)
            rests.append(rest)
            told_apart.append(last)
        self._rests = [rests[-1 - layers] for layers in known]
        # where all layers only add, those that are known do, too
        exactly = told_apart[-1] is not None
        self._sums = [told_apart[-1 - layers] if exactly else None for layers in known]

    def may(self, depth: int, path: Sequence[object], sizes: Sequence[object]) -> bool:
        """Whether a way that begins like this, with so many layers with a choice, may end well."""
        (low, high), (least, most) = self._rests[depth], self._span
        sums = self._sums[depth]
        if sums is not None:
            more = 0
            for step in self._steps[depth]:
                more = step(path, sizes, more)
            return sums.any_within(least - more, most - more)
        for step in self._steps[depth]:
            low, high = step(path, sizes, low), step(path, sizes, high)
        return min(low, high) <= most and max(low, high) >= least


class Foreseen(NamedTuple):
    """A fold, and what it may come to, where that is asked and can be said.

    Attributes:
        fold: the fold.
        steps: its steps as functions of a way.
        prospect: what it may come to.
    """

    fold: Fold
    steps: Sequence[Step | None]
    prospect: Prospect | None

    def value(self, path: Sequence[object], sizes: Sequence[object]) -> int:
        """What the fold comes to of a whole way."""
        value = self.fold.start
        for step in reversed(self.steps):
            if step is not None:
                value = step(path, sizes, value)
        return value


def foreseen(
    grounding: Grounding, ranges: Ranges, known: Sequence[int], step_of: Callable[[Stepped], Step]
) -> Iterator[Foreseen]:
    """All folds of some conditions.

    Args:
        grounding: the conditions.
        ranges: as for `Prospect`.
        known: as for `Prospect`.
        step_of: makes a step a function of a way.
    """
    sentences = [one.sentence for one in grounding.instances]
    for fold in grounding.folds:
        each = [None if shape is None else Stepped.of(*shape) for shape in fold.shapes]
        steps = [None if step is None else step_of(step) for step in each]
        span = spanned(fold.name, sentences)
        able = span is not None and foreseeable(each)
        yield Foreseen(fold, steps, Prospect(fold.start, span, each, steps, known, ranges) if span and able else None)


def foreseeable(each: Sequence[Stepped | None]) -> bool:
    """Whether no step of a fold has its least or its most between the ends of what is behind it."""
    alike = {step.function: step.sentence for step in each if step is not None}
    return all(map(_one_way, alike.values()))


def _one_way(step: Expr) -> bool:
    """Whether a step can only rise, or only fall, with what is behind the layer."""
    if [*names(step)].count(BEHIND.name) != 1:
        return BEHIND.name not in names(step)
    match step:
        case Name():
            return True
        case Arithmetic("+" | "-" | "*", left, right) | Call("min" | "max", (left, right)):
            return all(BEHIND.name not in names(part) or _one_way(part) for part in (left, right))
        case Arithmetic("//", left, right):
            return BEHIND.name not in names(right) and _one_way(left)
        case Negative(part):
            return _one_way(part)
    return False


def _interval(step: Stepped, behind: Interval, ranges: Ranges) -> Interval:
    """What a step may come to."""
    known = {f"v{number}": ranges.intervals[name] for number, name in enumerate(step.said)}
    return interval(step.sentence, {**known, BEHIND.name: behind})


def _added(behind: Interval, parts: Sequence[int]) -> Interval:
    return Interval(behind.least + min(parts), behind.most + max(parts))


def _parts(step: Stepped, ranges: Ranges, known: dict[object, list[int] | None]) -> list[int] | None:
    """What a step adds, of all settings that it reads, if it adds; None where it does more, or they are too many."""
    if not all(name in ranges.domains for name in step.said):
        return None
    domains = tuple([ranges.domains[name] for name in step.said])
    key = step.function, domains
    if key not in known:
        few = prod(map(len, domains)) <= MOST_CASES
        settings = [*product(*domains)] if few and _linear(step.sentence) else []
        found = [step.function(*setting, 0) for setting in settings]
        more = [step.function(*setting, 1) for setting in settings]
        known[key] = found if all(one + 1 == other for one, other in zip(found, more, strict=True)) else None
    return known[key]


def _linear(step: Expr) -> bool:
    """Whether what is behind a layer is only added to, or multiplied."""
    if BEHIND.name not in names(step):
        return True
    match step:
        case Name():
            return True
        case Arithmetic("+" | "-" | "*") | Negative():
            return all(map(_linear, children(step)))
    return False
