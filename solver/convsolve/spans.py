"""Which values of a fold can still matter: most sums are either safe or hopeless long before the input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from convsolve.folds import BEHIND, MOST, Fold
from convsolve.language import Expr, evaluated, names
from convsolve.language.nodes import Arithmetic, Compare, Name

TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


class Span(NamedTuple):
    """The values that a sum may have at the input, both ends included."""

    least: int
    most: int

    def within(self, part: int, lowest: int, highest: int) -> Within:
        """The sums behind a layer that matter, where it adds a part and those before it something in between."""
        # what stands for all safe sums must be safe itself, whatever sign the parts in front have
        stands = (
            one for one in (0, self.least, self.most) if self.least <= one + lowest and one + highest <= self.most
        )
        merged = next(stands, None)
        safe = (self.least - lowest - part, self.most - highest - part)
        return Within(part, self.least - highest - part, self.most - lowest - part, *safe, merged)


class Within(NamedTuple):
    """How a sum goes on through a layer.

    Attributes:
        part: what the layer adds.
        least, most: beyond these a sum cannot end inside its span.
        safe_least, safe_most: between these it cannot end outside.
        merged: what stands for all of these, as any of them would do.
    """

    part: int
    least: int
    most: int
    safe_least: int
    safe_most: int
    merged: int | None

    def __call__(self, behind: int) -> int | None:
        """The sum in front of the layer, or None where it is hopeless."""
        if behind < self.least or behind > self.most:
            return None
        if self.merged is not None and self.safe_least <= behind <= self.safe_most:
            return self.merged
        return behind + self.part


def span_of(fold: Fold, final: Sequence[Expr], elsewhere: Iterable[Expr]) -> Span | None:
    """The span of a fold that is a sum, if all that is demanded of it is to lie in one."""
    steps = [step for step in fold.steps if step is not None]
    sums = all(isinstance(step, Arithmetic) and (step.operator, step.left) == ("+", BEHIND) for step in steps)
    if not sums or any(fold.name in names(sentence) for sentence in elsewhere):
        return None
    spans = [_demanded(fold.name, sentence) for sentence in final if fold.name in names(sentence)]
    return None if None in spans else _within_all(spans)


def spanned(name: str, sentences: Iterable[Expr]) -> Span | None:
    """The span in which a fold must lie, by the sentences that speak of nothing else; None where none does."""
    spans = [span for sentence in sentences if (span := _demanded(name, sentence)) is not None]
    return _within_all(spans) if spans else None


def _within_all(spans: Iterable[Span | None]) -> Span:
    known = [span for span in spans if span is not None]
    return Span(max([-MOST, *(span.least for span in known)]), min([MOST, *(span.most for span in known)]))


def _demanded(name: str, sentence: Expr) -> Span | None:
    """The span that a sentence leaves a fold, if that is all that it says."""
    if set(names(sentence)) != {name} or not isinstance(sentence, Compare):
        return None
    each = zip(sentence.operators, pairwise(sentence.operands), strict=True)
    spans = [_bounds(sign, *pair, name) or _bounds(TURNED.get(sign), *pair[::-1], name) for sign, pair in each]
    return None if None in spans else _within_all(spans)


def _bounds(operator: str | None, left: Expr, right: Expr, name: str) -> Span | None:
    """What a comparison of a fold with a number leaves of it."""
    if operator not in TURNED or left != Name(name) or any(names(right)):
        return None
    bound = evaluated(right, {})
    least = bound + (operator == ">") if operator in (">", ">=", "==") else -MOST
    return Span(least, bound - (operator == "<") if operator in ("<", "<=", "==") else MOST)
